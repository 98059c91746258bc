/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll_wait.h - wait for events of an epoll set until a deadline
 */
#ifndef COIL_BACKEND_EPOLL_WAIT_H
#define COIL_BACKEND_EPOLL_WAIT_H

#include <stdbool.h>
#include <sys/epoll.h>

#include <coil/time.h>

/*
 * Fill `events`, which has room for `count`, from the set `fd`.  Returns how
 * many there are, or -1 and errno.  `*coarse` is set when the kernel first
 * refuses to wait exactly: from then on it waits in whole milliseconds.
 */
int coil__epoll_wait(int fd, struct epoll_event *events, int count,
                     bool *coarse, coil_time deadline);

#endif
