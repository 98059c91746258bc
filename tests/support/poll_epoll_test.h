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

struct coil__backend *open_epoll(void);

/* The duration of one wait in which nothing happens, at most `limit`. */
coil_time quiet(struct coil__backend *backend, coil_time limit);

/* ---- descriptors of somebody else ---- */

bool probe_ready(struct coil__backend *backend, struct probe *probe, int fd,
                 unsigned events);

void open_pipe(int fd[2]);
void close_pipe(const int fd[2]);
void put_byte(int fd);
void take_byte(int fd);

#endif
