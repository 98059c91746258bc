/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - start a child without a copy of the parent's memory
 *
 * The child has the parent's memory and a stack of its own, and the thread that
 * started it stands still until the program begins or the child ends.  So the
 * child writes into memory what has gone wrong.  A sandbox may forbid to share
 * memory, and an emulator may copy it secretly; then a pipe tells the same.  Once
 * a child has written into memory, there is no pipe for those who share it.
 *
 * A child that becomes another user gets a copy at once.  Else that user could
 * look into the memory of the parent, by way of the child; and the kernel, to
 * prevent it, would keep the parent's own user from a core dump, say.
 */
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "backend/sys_process.h"
#include "base/memory.h"
#include "base/platform.h"
#include "process/credentials.h"

/* Linux 5.2. */
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif

enum { STACK_SIZE = 64 * 1024, STACK_ALIGNMENT = 64 };

/* To be tried in turn. */
static const int ways[] = {
    CLONE_VFORK | CLONE_PIDFD | COIL_CLONE_VM,
    CLONE_VFORK | CLONE_PIDFD,
    CLONE_VFORK,
};

/* A child of this process has written into its memory. */
static atomic_bool memory_is_shared;

/* Open the pipe, unless it is open or not needed.  0 or an error. */
static int open_report(struct coil__child *child, int *report, int way)
{
    if (report[0] >= 0 ||
        ((way & COIL_CLONE_VM) && atomic_load(&memory_is_shared)))
        return 0;
    if (pipe2(report, O_CLOEXEC) < 0)
        return -errno;
    child->report = report[1];
    return 0;
}

/* Returns the number of the child, or an error. */
static int start(struct coil__child *child, char *stack, int *report,
                 int *pidfd)
{
    size_t first = coil__changes_user(child->options) ? 1 : 0;
    int error = 0;

    for (size_t i = first; i < sizeof ways / sizeof *ways; i++) {
        int rc = open_report(child, report, ways[i]);

        if (rc < 0)
            return rc;
        rc = clone(coil__child_main, stack, ways[i] | SIGCHLD, child, pidfd);
        if (rc >= 0)
            return rc;
        error = errno;
        if (error != EINVAL && error != EPERM && error != ENOSYS)
            break;
    }
    return -error;
}

/*
 * No signal handler may run in the child, and the thread must not be cancelled
 * there.
 */
static int start_undisturbed(struct coil__child *child, char *stack,
                             int *report, int *pidfd)
{
    sigset_t all;
    sigset_t mask;
    int cancelling;
    int pid;

    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    if (child->options->keep_signals)
        child->mask = mask;
    pid = start(child, stack, report, pidfd);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_setcancelstate(cancelling, NULL);
    return pid;
}

/* What the child wrote into the pipe.  The end: its program has begun. */
static void read_report(struct coil__child *child, int fd)
{
    struct coil__child_failure failure;
    ssize_t n;

    do
        n = read(fd, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof failure)
        child->failure = failure;
}

/* What the child says.  Nothing: its program has begun, or it was killed. */
static void hear(struct coil__child *child, const int *report)
{
    if (report[1] >= 0)
        close(report[1]);
    if (child->was_here)
        atomic_store(&memory_is_shared, true);
    else if (report[0] >= 0)
        read_report(child, report[0]);
    if (report[0] >= 0)
        close(report[0]);
}

int coil__spawn(struct coil__child *child, pid_t *pid, int *pidfd)
{
    char *stack = coil__realloc(NULL, STACK_SIZE + STACK_ALIGNMENT);
    uintptr_t top = (uintptr_t)stack + STACK_SIZE + STACK_ALIGNMENT;
    int report[2] = { -1, -1 };
    int rc;

    if (!stack)
        return -ENOMEM;
    child->report = -1;
    *pidfd = -1;
    rc = start_undisturbed(child, (char *)(top - top % STACK_ALIGNMENT), report,
                           pidfd);
    hear(child, report);
    coil__free(stack);
    if (rc < 0)
        return rc;
    *pid = rc;
    if (child->failure.error == 0) {
        if (*pidfd < 0)
            *pidfd = coil__sys_pidfd(*pid);
        return 0;
    }
    coil__sys_reap_now(*pid);
    if (*pidfd >= 0)
        close(*pidfd);
    return -child->failure.error;
}
