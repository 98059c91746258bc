/* SPDX-License-Identifier: MIT */
/*
 * child.h - do something in a child process and look at how it ended
 *
 *     struct child child;
 *
 *     child_run(&child, overflow, NULL);
 *     ASSERT_CHILD_KILLED(&child, SIGSEGV);
 *     ASSERT_STR_CONTAINS(child.text, "stack overflow");
 *
 * A body that returns ends its process with the status 0.
 */
#ifndef COIL_TESTS_CHILD_H
#define COIL_TESTS_CHILD_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

struct child {
    pid_t pid;
    int out;    /* to read its stdout and stderr */
    int status; /* as of waitpid() */
    size_t length;
    char text[65536];
};

/* For tests that have one child at a time. */
extern struct child the_child;

void child_start(struct child *child, void (*body)(void *arg), void *arg);

/* Read once more; false at the end of the output. */
bool child_read(struct child *child);

/* Read until the output has `part` in it. */
void child_await(struct child *child, const char *part);

void child_end(struct child *child);
void child_run(struct child *child, void (*body)(void *arg), void *arg);

#define ASSERT_CHILD_KILLED(child, number)                                     \
    do {                                                                       \
        if (!WIFSIGNALED((child)->status) ||                                   \
            WTERMSIG((child)->status) != (number))                             \
            FAIL("wait status 0x%x instead of signal %d; it wrote\n%s",        \
                 (unsigned)(child)->status, (number), (child)->text);          \
    } while (0)

#define ASSERT_CHILD_EXITED(child, code)                                       \
    do {                                                                       \
        if (!WIFEXITED((child)->status) ||                                     \
            WEXITSTATUS((child)->status) != (code))                            \
            FAIL("wait status 0x%x instead of exit %d; it wrote\n%s",          \
                 (unsigned)(child)->status, (code), (child)->text);            \
    } while (0)

#endif
