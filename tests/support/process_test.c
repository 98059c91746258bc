/* SPDX-License-Identifier: MIT */
/* process_test.c - what the tests of child processes share */
#include "process_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

const struct coil_process_options listening_options = {
    .out = { COIL_STDIO_PIPE },
    .err = { COIL_STDIO_PIPE },
};

const struct coil_process_options talking_options = {
    .in = { COIL_STDIO_PIPE },
    .out = { COIL_STDIO_PIPE },
    .err = { COIL_STDIO_PIPE },
};

struct coil_process *begin_shell(const char *command,
                                 const struct coil_process_options *options)
{
    struct coil_process *process = NULL;

    ASSERT_EQ(coil_process_shell(&process, command, options), 0);
    return process;
}

struct coil_process *begin_endless(void)
{
    return begin_shell("exec cat", &talking_options);
}

struct coil_process *begin_deaf(void)
{
    return begin_shell("exec sleep 1000", &talking_options);
}

void await_line(struct coil_process *process, const char *line)
{
    char text[256];
    size_t length;

    ASSERT_EQ(coil_stream_read_until(coil_process_stdout(process), "\n", 1,
                                     text, sizeof text - 1, &length),
              0);
    text[length - 1] = '\0';
    ASSERT_STR_EQ(text, line);
}

int await_process(void *process)
{
    return coil_process_wait(process);
}

void expect_output(const char *command,
                   const struct coil_process_options *options, const char *text)
{
    struct coil_process_options with_pipe = *options;
    struct coil_process_output got;

    with_pipe.out.kind = COIL_STDIO_PIPE;
    ASSERT_EQ(coil_process_run_shell(command, &with_pipe, &got), 0);
    ASSERT_STR_EQ(got.out, text);
    coil_process_output_fini(&got);
}

void need_terminals(void)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);

    if (fd < 0)
        SKIP("there are no terminals here");
    close(fd);
}

void expect_gone(pid_t pid)
{
    ASSERT_EQ(kill(pid, 0), -1);
    ASSERT_EQ(errno, ESRCH);
}

void expect_childless(void)
{
    ASSERT_EQ(waitpid(-1, NULL, WNOHANG), -1);
    ASSERT_EQ(errno, ECHILD);
}
