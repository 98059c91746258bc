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
    int out;    /* what it writes to stdout and stderr can be read here */
    int status; /* as of waitpid() */
    size_t length;
    char text[65536];
};

_Noreturn static inline void child_body(int out, void (*body)(void *arg),
                                        void *arg)
{
    const struct rlimit no_core = { 0, 0 };

    setrlimit(RLIMIT_CORE, &no_core);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    close(out);
    alarm(30);
    body(arg);
    fflush(NULL);
    _exit(0);
}

static inline void child_start(struct child *child, void (*body)(void *arg),
                               void *arg)
{
    int out[2];

    ASSERT_EQ(pipe(out), 0);
    fflush(NULL);
    child->length = 0;
    child->text[0] = '\0';
    child->out = out[0];
    child->pid = fork();
    ASSERT_GE(child->pid, 0);
    if (child->pid == 0) {
        close(out[0]);
        child_body(out[1], body, arg);
    }
    close(out[1]);
}

/* Read once more; false at the end of what it writes. */
static inline bool child_read(struct child *child)
{
    size_t room = sizeof child->text - 1 - child->length;
    ssize_t n;

    ASSERT_GT(room, 0);
    do
        n = read(child->out, child->text + child->length, room);
    while (n < 0 && errno == EINTR);
    ASSERT_GE(n, 0);
    child->length += (size_t)n;
    child->text[child->length] = '\0';
    return n > 0;
}

/* Read until it has written `part`. */
static inline void child_await(struct child *child, const char *part)
{
    while (!strstr(child->text, part)) {
        if (!child_read(child))
            FAIL("the child did not write \"%s\" but\n%s", part, child->text);
    }
}

static inline void child_end(struct child *child)
{
    while (child_read(child))
        continue;
    close(child->out);
    ASSERT_EQ(waitpid(child->pid, &child->status, 0), child->pid);
}

static inline void child_run(struct child *child, void (*body)(void *arg),
                             void *arg)
{
    child_start(child, body, arg);
    child_end(child);
}

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
