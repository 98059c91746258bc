/* SPDX-License-Identifier: MIT */
/* child.c - run a function in a child process and look at how it ended */
#include "child.h"

struct child the_child;

_Noreturn static void child_body(int out, void (*body)(void *arg), void *arg)
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

void child_start(struct child *child, void (*body)(void *arg), void *arg)
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

bool child_read(struct child *child)
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

void child_await(struct child *child, const char *part)
{
    while (!strstr(child->text, part)) {
        if (!child_read(child))
            FAIL("the child did not write \"%s\" but\n%s", part, child->text);
    }
}

void child_end(struct child *child)
{
    while (child_read(child))
        continue;
    close(child->out);
    ASSERT_EQ(waitpid(child->pid, &child->status, 0), child->pid);
}

void child_run(struct child *child, void (*body)(void *arg), void *arg)
{
    child_start(child, body, arg);
    child_end(child);
}
