/* SPDX-License-Identifier: MIT */
/*
 * backend/epoll.h - the kernel, by epoll(7)
 *
 * What follows coil__epoll_open() is for the backend that has an epoll set of
 * this kind within (uring.h).
 */
#ifndef COIL_BACKEND_EPOLL_H
#define COIL_BACKEND_EPOLL_H

#include "backend/backend.h"

struct epoll_backend;

/* 0, or -ENOMEM, -EMFILE … */
int coil__epoll_open(struct coil__backend **out);

/* The same in zeroed memory, which the caller owns. */
int coil__epoll_init(struct epoll_backend *e);
void coil__epoll_fini(struct epoll_backend *e);

/* In a child of fork(): lose what is shared with the parent. */
void coil__epoll_close_descriptors(struct epoll_backend *e);

/*
 * Wait for events until `deadline`, and attempt the operations that they are
 * for.  Returns how many there were, -EINTR, or an error as wait() does.
 */
int coil__epoll_look(struct epoll_backend *e, coil_time deadline);

/* Report what is lost, and call over() of what has ended. */
void coil__epoll_tell_ended(struct epoll_backend *e);

/* As the functions of struct coil__backend_ops. */
uint64_t coil__epoll_random(struct coil__backend *backend);
int coil__epoll_wait_events(struct coil__backend *backend, coil_time deadline);
void coil__epoll_wake(struct coil__backend *backend);
int coil__epoll_socket(struct coil__backend *backend, int family, int type);
int coil__epoll_adopt_sockets(struct coil__backend *backend, const int *fds,
                              size_t count);
void coil__epoll_adopt_fd(struct coil__backend *backend, int fd);
void coil__epoll_close_socket(struct coil__backend *backend, int fd);
void coil__epoll_give_up(struct coil__backend *backend, int fd);

#endif
