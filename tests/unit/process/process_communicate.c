/* SPDX-License-Identifier: MIT */
/*
 * Talking to a program: all of its input and output, both at once, and what is
 * kept when that is interrupted.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include <coil/sleep.h>

#include "process_test.h"

enum { MUCH = 3 * 1024 * 1024 };

KERNEL_TEST(process_communicate_sends_and_reads)
{
    struct coil_process *p =
        begin_shell("cat; echo done >&2; exit 2", &talking_options);
    struct coil_process_output got;

    ASSERT_EQ(coil_process_communicate(p, "some data", 9, &got), 2);
    ASSERT_STR_EQ(got.out, "some data");
    ASSERT_STR_EQ(got.err, "done\n");
    ASSERT_EQ(got.out_size, 9);
    ASSERT_EQ(got.err_size, 5);
    ASSERT_EQ(got.returncode, 2);
    coil_process_output_fini(&got);
    ASSERT_NULL(got.out);
    ASSERT_NULL(coil_process_stdin(p));

    /* Once more: there is no more. */
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), 2);
    ASSERT_STR_EQ(got.out, "");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 2);
}

/* More than all pipes hold, in both directions at once. */
KERNEL_TEST(process_communicate_much)
{
    struct coil_process *p = begin_shell("exec cat", &talking_options);
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_process_output got;

    ASSERT_EQ(coil_process_communicate(p, bytes, MUCH, &got), 0);
    ASSERT_EQ(got.out_size, MUCH);
    ASSERT(memcmp(got.out, bytes, MUCH) == 0);
    ASSERT_EQ(got.err_size, 0);
    coil_process_output_fini(&got);
    free(bytes);
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_communicate_with_what_is_not_a_pipe)
{
    struct coil_process_options options = { .in = { COIL_STDIO_NULL },
                                            .err = { COIL_STDIO_PIPE } };
    struct coil_process *p = begin_shell("cat; echo e >&2", &options);
    struct coil_process_output got;

    ASSERT_EQ(coil_process_communicate(p, "lost", 4, &got), 0);
    ASSERT_NULL(got.out);
    ASSERT_EQ(got.out_size, 0);
    ASSERT_STR_EQ(got.err, "e\n");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 0);

    p = begin_shell("exit 3", NULL);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, NULL), 3);
    ASSERT_EQ(coil_process_close(p), 3);
}

/* A program that does not read its input is no error. */
KERNEL_TEST(process_communicate_ignores_a_broken_pipe)
{
    struct coil_process *p =
        begin_shell("exec <&-; echo fine", &talking_options);
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_process_output got;

    ASSERT_EQ(coil_process_communicate(p, bytes, MUCH, &got), 0);
    ASSERT_STR_EQ(got.out, "fine\n");
    coil_process_output_fini(&got);
    free(bytes);
    ASSERT_EQ(coil_process_close(p), 0);
}

/* What the stream has read ahead belongs to the output. */
KERNEL_TEST(process_communicate_after_some_was_read)
{
    struct coil_process *p =
        begin_shell("echo one; echo two; echo three", &talking_options);
    struct coil_process_output got;
    siginfo_t info;

    /* All three are there. */
    ASSERT_EQ(
        waitid(P_PID, (id_t)coil_process_pid(p), &info, WEXITED | WNOWAIT), 0);
    await_line(p, "one");
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), 0);
    ASSERT_STR_EQ(got.out, "two\nthree\n");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 0);
}

static struct coil_process_output received;
static const unsigned char *input;
static size_t input_size = MUCH;

static int talk(void *process)
{
    return coil_process_communicate(process, input, input ? input_size : 0,
                                    &received);
}

/* A cancelled call has lost nothing, and the next one goes on. */
KERNEL_TEST(process_communicate_goes_on_after_a_cancellation)
{
    struct coil_process *p = begin_shell("exec cat", &talking_options);
    struct coil_task *task;
    int rc = -ECANCELED;

    input = make_bytes(MUCH);
    input_size = MUCH;
    for (int i = 0; rc == -ECANCELED; i++) {
        task = start(talk, p);
        for (int n = 0; n < i; n++)
            turn();
        rc = coil_task_is_done(task) || i == 20 ? end_of(task)
                                                : end_by_cancelling(task);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(received.out_size, MUCH);
    ASSERT(memcmp(received.out, input, MUCH) == 0);
    coil_process_output_fini(&received);
    free((void *)input);
    input = NULL;
    ASSERT_EQ(coil_process_close(p), 0);
}

static int read_line(void *process)
{
    char text[64];
    size_t n;

    return coil_stream_read_until(coil_process_stdout(process), "\n", 1, text,
                                  sizeof text, &n);
}

KERNEL_TEST(process_communicate_is_for_one_task)
{
    struct coil_process *p = begin_endless();
    struct coil_task *task = start_waiting(read_line, p);

    ASSERT_EQ(coil_process_communicate(p, NULL, 0, NULL), -EBUSY);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);

    input = NULL;
    task = start_waiting(talk, p);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, NULL), -EBUSY);
    ASSERT_EQ(end_of(task), 0);
    coil_process_output_fini(&received);
    ASSERT_EQ(coil_process_close(p), 0);
}

static int read_errors(void *process)
{
    char byte;

    return (int)coil_stream_read(coil_process_stderr(process), &byte, 1);
}

KERNEL_TEST(process_communicate_leaves_both_if_one_is_being_read)
{
    struct coil_process *p = begin_endless();
    struct coil_task *task = start_waiting(read_errors, p);

    ASSERT_EQ(coil_process_communicate(p, NULL, 0, NULL), -EBUSY);
    send_text(coil_process_stdin(p), "x\n");
    await_line(p, "x");
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, NULL), 0);
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_communicate_ends_when_the_process_is_closed)
{
    struct coil_process *p =
        begin_shell("trap '' TERM; echo; exec sleep 1000", &talking_options);
    struct coil_task *task;
    pid_t pid;

    await_line(p, "");
    input = NULL;
    task = start_waiting(talk, p);
    coil_process_abort(p);
    ASSERT_EQ(end_of(task), -EBADF);

    /* While it sends. */
    p = begin_shell("exec sleep 1000", &talking_options);
    input = make_bytes(MUCH);
    input_size = MUCH;
    task = start_waiting(talk, p);
    pid = coil_process_pid(p);
    coil_process_detach(p);
    ASSERT_EQ(end_of(task), -EBADF);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    free((void *)input);
    input = NULL;
}

static int close_stdin(void *process)
{
    return coil_process_close_stdin(process);
}

KERNEL_TEST(process_communicate_by_hand_ends_when_the_process_is_closed)
{
    struct coil_process *p = begin_endless();
    struct coil_stream *in = coil_process_stdin(p);
    struct coil_task *task;

    input = make_bytes(MUCH);
    ASSERT_EQ(coil_stream_write(in, input, MUCH), 0);
    task = start_waiting(close_stdin, p);
    coil_process_abort(p);
    ASSERT_EQ(end_of(task), -EBADF);
    free((void *)input);
    input = NULL;
}

KERNEL_TEST(process_communicate_has_a_limit)
{
    struct coil_process_options options = talking_options;
    struct coil_process_output got;
    struct coil_process *p;

    options.output_limit = 10;
    p = begin_shell("echo 123456789", &options);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), 0);
    ASSERT_EQ(got.out_size, 10);
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 0);

    p = begin_shell("echo 1234567890", &options);
    ASSERT_EQ(coil_process_communicate(p, NULL, 0, &got), -EMSGSIZE);
    (void)!coil_process_close(p);
}

KERNEL_TEST(process_communicate_sends_what_is_left_of_the_input)
{
    struct coil_process *p = begin_shell("exec cat", &talking_options);
    struct coil_process_output got;

    send_text(coil_process_stdin(p), "by hand, ");
    ASSERT_EQ(coil_process_communicate(p, "then all", 8, &got), 0);
    ASSERT_STR_EQ(got.out, "by hand, then all");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_close(p), 0);
}

/*
 * The request comes when all of the input has been sent, but the task has not
 * heard of that yet.  A part of the input does not fit into the pipe, and the
 * program begins to read when it is told.
 */
KERNEL_TEST(process_communicate_is_cancelled_between_its_waits)
{
    int gate[2];
    struct coil_process *p;
    struct coil_stream *in;
    struct coil_task *task;

    ASSERT_EQ(pipe(gate), 0);
    {
        const struct coil_process_fd passed = { gate[0], 3 };
        const struct coil_process_options options = {
            .in = { COIL_STDIO_PIPE },
            .out = { COIL_STDIO_PIPE },
            .err = { COIL_STDIO_NULL },
            .fds = &passed,
            .fd_count = 1,
        };

        p = begin_shell("read a <&3; head -c 80000 >&2; exec sleep 1000",
                        &options);
    }
    input = make_bytes(MUCH);
    input_size = 80000;
    task = start_waiting(talk, p);
    in = coil_process_stdin(p);
    while (coil_stream_unsent(in) == 0)
        turn();
    ASSERT_EQ(write(gate[1], "\n", 1), 1);
    while (coil_stream_unsent(in) > 0)
        turn();
    ASSERT_PTR_EQ(coil_process_stdin(p), in);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    free((void *)input);
    input = NULL;
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    close(gate[0]);
    close(gate[1]);
}
