/* SPDX-License-Identifier: MIT */
/*
 * backend/sys.h - the system calls of a backend that uses the kernel
 *
 * They return 0, a count or a descriptor, or a negative errno value.
 *
 * For each newer system call there is an older one: a sandbox may forbid the
 * new one, with any error that its author chose.  So the old call is tried
 * after every error but those that the new one itself returns.
 */
#ifndef COIL_BACKEND_SYS_H
#define COIL_BACKEND_SYS_H

#include "backend/backend.h"

coil_time coil__sys_now(void);

/* The time of the kernel's last tick, some milliseconds ago at most. */
coil_time coil__sys_ticked(void);

/* CLOCK_REALTIME, in nanoseconds. */
coil_time coil__sys_time_of_day(void);

/* A number that nobody can predict, if the kernel has one to give. */
uint64_t coil__sys_seed(void);

/* An epoll set that is closed on exec. */
int coil__sys_epoll(void);

/* As the functions of struct coil__backend_ops. */
int coil__sys_socket(int family, int type);
int coil__sys_bind(int fd, const struct coil_address *address);
int coil__sys_set_option(int fd, int level, int name, int value);
int coil__sys_bind_local(int fd, const struct coil_address *address);
int coil__sys_bind_datagrams(int fd, const struct coil_address *address);
int coil__sys_credentials(int fd, struct ucred *credentials);
/* 0 if `fd` is a socket that listens for streams. */
int coil__sys_check_listener(int fd);
void coil__sys_set_flags(int fd); /* those of every socket of coil's */
int coil__sys_shutdown(int fd);
int coil__sys_local_address(int fd, struct coil_address *address);
int coil__sys_peer_address(int fd, struct coil_address *address);
bool coil__sys_is_stale(int fd);

/*
 * Do what `op` asks, without waiting.  Returns its result, or -EAGAIN if it
 * must wait.  `again`: this is not the first attempt.
 */
ptrdiff_t coil__sys_attempt(const struct coil_op *op, bool again);

#endif
