/* SPDX-License-Identifier: MIT */
/* poll_epoll_test.h - what the programs poll_epoll and poll_epoll_reused share */
#ifndef COIL_TESTS_POLL_EPOLL_TEST_H
#define COIL_TESTS_POLL_EPOLL_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <coil/fd.h>

#include "base/memory.h"
#include "backend/epoll.h"
#include "backend/epoll_op.h"
#include "poll_test.h"

/* Of what the tests close themselves nothing is lost. */
static inline void deny_loss(struct coil__backend *backend, int fd)
{
    (void)backend;
    FAIL("descriptor %d is said to be lost", fd);
}

static inline struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_OK(coil__epoll_open(&backend));
    ASSERT(!backend->ops->simulated);
    backend->lost = deny_loss;
    return backend;
}

/* How long one wait takes that has nothing to tell, at most `limit`. */
static inline coil_time quiet(struct coil__backend *backend, coil_time limit)
{
    coil_time start = backend->ops->now(backend);

    ASSERT_EQ(backend->ops->wait(backend, start + limit), 0);
    return backend->ops->now(backend) - start;
}

/* ---- descriptors of somebody else ---- */

static inline bool probe_ready(struct coil__backend *backend,
                               struct probe *probe, int fd, unsigned events)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = fd,
        .events = events,
    };
    return probe_begin(backend, probe);
}

static inline void open_pipe(int fd[2])
{
    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
}

static inline void close_pipe(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

static inline void put(int fd)
{
    ASSERT_EQ(write(fd, "x", 1), 1);
}

static inline void take(int fd)
{
    char byte;

    ASSERT_EQ(read(fd, &byte, 1), 1);
}

#endif
