/* SPDX-License-Identifier: MIT */
/* fork_test.c - what the programs fork and fork_threads share */
#include "fork_test.h"

pid_t fork_and(void (*body)(void *arg), void *arg)
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

void await_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ASSERT_EQ(errno, EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        FAIL("the child ended with the wait status 0x%x", (unsigned)status);
}

int seven(void *arg)
{
    (void)arg;
    return 7;
}

int do_some(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_to_thread(seven, NULL), 7);
    rc = coil_sleep(COIL_MILLISECOND);
    return rc < 0 ? rc : 5;
}

/* ---- a task that forks ---- */

pid_t child_of_task;
