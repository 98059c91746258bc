/* SPDX-License-Identifier: MIT */
/* LABELS: core io threads */
/* TIMEOUT: 120 */
/* WRAPS: pthread_create epoll_create1 eventfd epoll_ctl epoll_wait poll syscall */
/*
 * Programs with other threads, with signals and on foreign loops, of which every
 * allocation and every system call fails in its turn: failures.h, outside.h.
 */
#include "failures.h"

#include "failures_outside.h"
#include "scenarios_kernel.h"
