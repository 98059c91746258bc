/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - start a child without a copy of the parent's memory
 *
 * The child has the parent's memory and a stack of its own, and the thread that
 * started it stands still until the program begins or the child ends.  So the
 * child writes into memory what has gone wrong.  A sandbox may forbid to share
 * memory, and an emulator may copy it secretly; then a pipe tells the same.
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

static pid_t start(struct coil__child *child, char *stack, int *pidfd)
{
    size_t first = coil__changes_user(child->options) ? 1 : 0;
    pid_t pid = -1;

    for (size_t i = first; i < sizeof ways / sizeof *ways && pid < 0; i++) {
        pid = clone(coil__child_main, stack, ways[i] | SIGCHLD, child, pidfd);
        if (pid < 0 && errno != EINVAL && errno != EPERM && errno != ENOSYS)
            break;
    }
    return pid < 0 ? -errno : pid;
}

/*
 * No signal handler may run in the child, and the thread must not be cancelled
 * there.
 */
static pid_t start_undisturbed(struct coil__child *child, char *stack,
                               int *pidfd)
{
    sigset_t all;
    sigset_t mask;
    int cancelling;
    pid_t pid;

    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_sigmask(SIG_SETMASK, &all, &mask);
    if (child->options->keep_signals)
        child->mask = mask;
    pid = start(child, stack, pidfd);
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

int coil__spawn(struct coil__child *child, pid_t *pid, int *pidfd)
{
    char *stack = coil__alloc(STACK_SIZE + STACK_ALIGNMENT);
    uintptr_t top = (uintptr_t)stack + STACK_SIZE + STACK_ALIGNMENT;
    int report[2];
    int rc = -ENOMEM;

    if (!stack)
        return rc;
    if (pipe2(report, O_CLOEXEC) < 0) {
        rc = -errno;
        goto free_stack;
    }
    child->report = report[1];
    *pidfd = -1;
    rc = start_undisturbed(child, (char *)(top - top % STACK_ALIGNMENT), pidfd);
    close(report[1]);
    if (rc < 0)
        goto close_report;
    *pid = rc;
    if (!child->was_here)
        read_report(child, report[0]);
    rc = -child->failure.error;
    if (rc == 0 && *pidfd < 0)
        *pidfd = coil__sys_pidfd(*pid);
    if (rc == 0)
        goto close_report;
    coil__sys_reap_now(*pid);
    if (*pidfd >= 0)
        close(*pidfd);

close_report:
    close(report[0]);
free_stack:
    coil__free(stack);
    return rc;
}
