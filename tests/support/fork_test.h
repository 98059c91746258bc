/* SPDX-License-Identifier: MIT */
/* fork_test.h - what the programs fork and fork_threads share */
#ifndef COIL_TESTS_FORK_TEST_H
#define COIL_TESTS_FORK_TEST_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <coil/executor.h>
#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/lock.h>
#include <coil/reader.h>
#include <coil/resolve.h>
#include <coil/signal.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "loop_test.h"

enum { GOOD = 23 }; /* the exit status of a child that is content */

/* In the child: run body(arg); a failed assertion ends it otherwise. */
static inline pid_t fork_and(void (*body)(void *arg), void *arg)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    ASSERT_GE(pid, 0);
    if (pid > 0)
        return pid;
    alarm(20);
    body(arg);
    _exit(GOOD);
}

static inline void await_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ASSERT_EQ(errno, EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        FAIL("the child ended with the wait status 0x%x", (unsigned)status);
}

static inline int seven(void *arg)
{
    (void)arg;
    return 7;
}

static inline int do_some(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_to_thread(seven, NULL), 7);
    rc = coil_sleep(COIL_MILLISECOND);
    return rc < 0 ? rc : 5;
}

/* ---- a task that forks ---- */

static pid_t child_of_task;

#endif
