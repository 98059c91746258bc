/* SPDX-License-Identifier: MIT */
/*
 * poll_epoll_test.c - what the programs poll_epoll and poll_epoll_reused share
 */
#include "poll_epoll_test.h"

/* The tests close these themselves, so nothing is lost. */
static void deny_loss(struct coil__backend *backend, int fd)
{
    (void)backend;
    FAIL("descriptor %d is said to be lost", fd);
}

struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_OK(coil__epoll_open(&backend));
    ASSERT(!coil__backend_is_simulated(backend));
    backend->lost = deny_loss;
    return backend;
}

coil_time quiet(struct coil__backend *backend, coil_time limit)
{
    coil_time start = backend->ops->now(backend);

    ASSERT_EQ(backend->ops->wait(backend, start + limit), 0);
    return backend->ops->now(backend) - start;
}

/* ---- descriptors of somebody else ---- */

bool probe_ready(struct coil__backend *backend, struct probe *probe, int fd,
                 unsigned events)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = fd,
        .events = events,
    };
    return probe_begin(backend, probe);
}

void open_pipe(int fd[2])
{
    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
}

void close_pipe(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

void put_byte(int fd)
{
    ASSERT_EQ(write(fd, "x", 1), 1);
}

void take_byte(int fd)
{
    char byte;

    ASSERT_EQ(read(fd, &byte, 1), 1);
}
