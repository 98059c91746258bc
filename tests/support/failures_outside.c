/* SPDX-License-Identifier: MIT */
/* failures_outside.c - failures.h for calls of the system */
#include "failures_outside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "failures.h"
#include "outside.h"
#include "test.h"

/* Linux 5.11. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

struct system_call {
    const char *name;
    int errors[6]; /* ends with 0 */
};

/* POSIX allows it to fail. */
static const struct system_call attributes_making = { "pthread_attr_init",
                                                      { ENOMEM } };
const struct system_call thread_making = { "pthread_create", { EAGAIN } };
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
/* Threads make calls at the same time; one of them makes the n-th. */
static atomic_size_t calls_left;  /* until the one that fails; 0: none does */
static atomic_bool calls_fail_on; /* and all later ones of its kind */
static _Atomic(const struct system_call *) failed_call;
static atomic_size_t error_index;
static atomic_size_t calls_made;

/*
 * Whether all calls of the kind fail from now on.  A signal interrupts one call:
 * the caller repeats it until it is not interrupted.
 */
static bool fails_on(const struct system_call *call)
{
    return atomic_load(&calls_fail_on) && atomic_load(&failed_call) == call &&
           call->errors[atomic_load(&error_index)] != EINTR;
}

/* The error, or 0: no failure. */
static int meet_failure(const struct system_call *call)
{
    size_t left = atomic_load(&calls_left);

    atomic_fetch_add(&calls_made, 1);
    if (fails_on(call))
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

/* Like the system's, except for the failure. */
#define WRAPPED(type, name, ...)                                               \
    type __real_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(int, pthread_attr_init, pthread_attr_t *attributes);
WRAPPED(int, pthread_create, pthread_t *thread,
        const pthread_attr_t *attributes, void *(*fn)(void *arg), void *arg);
WRAPPED(int, epoll_create1, int flags);
WRAPPED(int, eventfd, unsigned value, int flags);
WRAPPED(int, epoll_ctl, int set, int operation, int fd,
        struct epoll_event *event);
WRAPPED(int, epoll_wait, int set, struct epoll_event *events, int n, int limit);
WRAPPED(long, syscall, long number, long a, long b, long c, long d, long e,
        long f);
WRAPPED(int, poll, struct pollfd *fds, nfds_t n, int limit);

static bool fails(const struct system_call *call)
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

/* Removing a registration needs no resource of the kernel. */
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

/* Callers pass fewer arguments; the kernel does not look at the others. */
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

void fail_all_of(const struct system_call *call)
{
    atomic_store(&error_index, 0);
    atomic_store(&failed_call, call);
    atomic_store(&calls_fail_on, true);
}

void fail_system_call(size_t n, size_t i, bool forever)
{
    atomic_store(&calls_fail_on, false);
    atomic_store(&failed_call, NULL);
    atomic_store(&calls_made, 0);
    atomic_store(&error_index, i);
    atomic_store(&calls_left, n);
    atomic_store(&calls_fail_on, forever && n > 0);
}

/* ---- failing, in turn ---- */

static int play_with_failing_system_call(void *arg)
{
    (void)arg;
    return play_failing(true);
}

/* The failures that were set for the run, and have ended. */
static bool note_system_calls(void)
{
    const struct system_call *call = atomic_load(&failed_call);

    if (call)
        failing_error = -call->errors[atomic_load(&error_index)];
    fail_system_call(0, atomic_load(&error_index), false);
    atomic_store(&failed_call, call);
    return call;
}

/*
 * False: there are fewer calls. `*errors`: how many errors the n-th may have.
 */
static bool play_n_th_call(size_t n, size_t i, bool forever, size_t *errors)
{
    const struct system_call *call;
    int rc;

    failing_n = n;
    fails_forever = forever;
    fail_system_call(n, i, forever);
    rc = play(play_with_failing_system_call, 0);
    failure_runs++;
    note_system_calls();
    call = atomic_load(&failed_call);
    ASSERT(rc == 0 || (call && rc == -call->errors[i]));
    for (*errors = 0; call && call->errors[*errors]; ++*errors)
        continue;
    return call;
}

/*
 * A call that is interrupted, or that looks and finds nothing, is not made to
 * fail.
 */
static bool may_fail_forever(void)
{
    const struct system_call *call = atomic_load(&failed_call);

    return call != &set_waiting && call != &exact_waiting && call != &looking;
}

static void fail_system_calls(void)
{
    bool is_one = true;

    failing_kind = "system call";
    for (size_t n = 1; is_one; n++) {
        size_t errors = 1;

        for (size_t i = 0; is_one && i < errors; i++) {
            is_one = play_n_th_call(n, i, false, &errors);
            if (is_one && may_fail_forever())
                play_n_th_call(n, i, true, &errors);
        }
    }
}

void fail_outside(void)
{
    make_thread = __real_pthread_create;
    ask_kernel = __real_poll;
    fail_all_calls = fail_system_calls;
    calls_are_over = note_system_calls;
}
