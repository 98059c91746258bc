/* SPDX-License-Identifier: MIT */
/*
 * system_calls.h - let the n-th system call of the library fail
 *
 * The program that includes it is linked so that calls of these functions come
 * here (`WRAPS:`).  An error is one that the manual page lists and a correct
 * program can meet.
 */
#ifndef COIL_TESTS_SYSTEM_CALLS_H
#define COIL_TESTS_SYSTEM_CALLS_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "test.h"

/* Linux 5.11. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

struct system_call {
    const char *name;
    int errors[6]; /* ends with 0 */
};

/* POSIX lets it fail. */
static const struct system_call attributes_making = { "pthread_attr_init",
                                                      { ENOMEM } };
static const struct system_call thread_making = { "pthread_create",
                                                  { EAGAIN } };
static const struct system_call set_making = { "epoll_create1",
                                               { EMFILE, ENFILE, ENOMEM } };
static const struct system_call event_making = {
    "eventfd", { EMFILE, ENFILE, ENODEV, ENOMEM }
};
static const struct system_call registering = { "epoll_ctl",
                                                { ENOMEM, ENOSPC } };
static const struct system_call set_waiting = { "epoll_wait", { EINTR } };
static const struct system_call exact_waiting = { "epoll_pwait2",
                                                  { EINTR, ENOSYS, EPERM } };
static const struct system_call looking = { "poll", { EINTR, ENOMEM } };

/* Threads make calls at once; one of them is the n-th. */
static atomic_size_t calls_left;  /* to the one that fails; 0: none does */
static atomic_bool calls_fail_on; /* and all that follow, of its kind */
static _Atomic(const struct system_call *) failed_call;
static atomic_size_t error_index; /* which of the call's errors */
static atomic_size_t calls_made;

/* The error, or 0: go on. */
static inline int meet_failure(const struct system_call *call)
{
    size_t left = atomic_load(&calls_left);

    atomic_fetch_add(&calls_made, 1);
    if (atomic_load(&calls_fail_on) && atomic_load(&failed_call) == call)
        return call->errors[atomic_load(&error_index)];
    while (left > 0)
        if (atomic_compare_exchange_weak(&calls_left, &left, left - 1)) {
            if (left > 1)
                return 0;
            atomic_store(&failed_call, call);
            return call->errors[atomic_load(&error_index)];
        }
    return 0;
}

/* As the system's, but for the failure. */
int __real_pthread_attr_init(pthread_attr_t *attributes);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *arg), void *arg);
int __real_epoll_create1(int flags);
int __real_eventfd(unsigned value, int flags);
int __real_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __real_epoll_wait(int set, struct epoll_event *events, int n, int limit);
long __real_syscall(long number, long a, long b, long c, long d, long e,
                    long f);
int __real_poll(struct pollfd *fds, nfds_t n, int limit);

int __wrap_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *arg), void *arg);
int __wrap_epoll_create1(int flags);
int __wrap_eventfd(unsigned value, int flags);
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int set, struct epoll_event *events, int n, int limit);
long __wrap_syscall(long number, long a, long b, long c, long d, long e,
                    long f);
int __wrap_poll(struct pollfd *fds, nfds_t n, int limit);

static inline bool fails(const struct system_call *call)
{
    int error = meet_failure(call);

    if (error)
        errno = error;
    return error;
}

int __wrap_pthread_attr_init(pthread_attr_t *attributes)
{
    int error = meet_failure(&attributes_making);

    return error ? error : __real_pthread_attr_init(attributes);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*fn)(void *arg), void *arg)
{
    int error = meet_failure(&thread_making);

    return error ? error : __real_pthread_create(thread, attributes, fn, arg);
}

int __wrap_epoll_create1(int flags)
{
    return fails(&set_making) ? -1 : __real_epoll_create1(flags);
}

int __wrap_eventfd(unsigned value, int flags)
{
    return fails(&event_making) ? -1 : __real_eventfd(value, flags);
}

/* Taking a registration back needs nothing of the kernel's. */
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    if (operation != EPOLL_CTL_DEL && fails(&registering))
        return -1;
    return __real_epoll_ctl(set, operation, fd, event);
}

int __wrap_epoll_wait(int set, struct epoll_event *events, int n, int limit)
{
    return fails(&set_waiting) ? -1 : __real_epoll_wait(set, events, n, limit);
}

/* Whoever calls it passes fewer; the kernel looks at no more than that. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_epoll_pwait2 && fails(&exact_waiting))
        return -1;
    return __real_syscall(number, a, b, c, d, e, f);
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int limit)
{
    return fails(&looking) ? -1 : __real_poll(fds, n, limit);
}

/* From now on all calls of one kind fail with the first of its errors. */
static inline void fail_all_of(const struct system_call *call)
{
    atomic_store(&error_index, 0);
    atomic_store(&failed_call, call);
    atomic_store(&calls_fail_on, true);
}

/* The n-th call from now fails with its i-th error, 0: none. */
static inline void fail_system_call(size_t n, size_t i, bool forever)
{
    atomic_store(&calls_fail_on, false);
    atomic_store(&failed_call, NULL);
    atomic_store(&calls_made, 0);
    atomic_store(&error_index, i);
    atomic_store(&calls_left, n);
    atomic_store(&calls_fail_on, forever && n > 0);
}

#endif
