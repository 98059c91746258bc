/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A program from its start to its end in one call; and that call cancelled, at
 * each of its points.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <coil/run.h>

#include "process_test.h"

static struct coil_process_output received;

KERNEL_TEST(process_run_captures_both_outputs)
{
    struct coil_process_output got;

    ASSERT_EQ(coil_process_run_shell("echo o; echo e >&2; exit 3",
                                     &listening_options, &got),
              3);
    ASSERT_STR_EQ(got.out, "o\n");
    ASSERT_STR_EQ(got.err, "e\n");
    ASSERT_EQ(got.returncode, 3);
    coil_process_output_fini(&got);
    expect_childless();
}

KERNEL_TEST(process_run_gives_input)
{
    const struct coil_process_options options = {
        .input = "b\na\n",
        .input_size = 4,
        .out = { COIL_STDIO_PIPE },
    };
    char *const argv[] = { "sort", NULL };
    struct coil_process_output got;

    ASSERT_EQ(coil_process_run(argv, &options, &got), 0);
    ASSERT_STR_EQ(got.out, "a\nb\n");
    ASSERT_NULL(got.err);
    coil_process_output_fini(&got);
}

/* More than a pipe holds, which nobody wants. */
KERNEL_TEST(process_run_without_output)
{
    ASSERT_EQ(coil_process_run_shell(
                  "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2",
                  &listening_options, NULL),
              0);
}

KERNEL_TEST(process_run_that_cannot_start)
{
    char *const argv[] = { "/nowhere/at-all", NULL };
    struct coil_process_output got;

    ASSERT_EQ(coil_process_run(argv, &listening_options, &got), -ENOENT);
    ASSERT_NULL(got.out);
    ASSERT_EQ(got.returncode, -ECHILD);
    coil_process_output_fini(&got);
}

KERNEL_TEST(process_run_says_which_signal)
{
    ASSERT_EQ(coil_process_run_shell("kill -KILL $$", NULL, NULL),
              COIL_ESIGNAL(SIGKILL));
}

KERNEL_TEST(process_run_ends_a_program_that_writes_too_much)
{
    struct coil_process_options options = listening_options;
    struct coil_process_output got;

    options.output_limit = 100000;
    ASSERT_EQ(coil_process_run_shell("exec cat /dev/zero", &options, &got),
              -EMSGSIZE);
    ASSERT_EQ(got.out_size, 100000);
    ASSERT_EQ(got.returncode, COIL_ESIGNAL(SIGTERM));
    coil_process_output_fini(&got);
    expect_childless();
}

/* ---- cancelled ---------------------------------------------------------------- */

static const char *command;
static coil_time grace;

static int run(void *arg)
{
    struct coil_process_options options = listening_options;

    (void)arg;
    options.grace = grace;
    options.new_group = true;
    return coil_process_run_shell(command, &options, &received);
}

/* What a program writes while it cleans up is not lost. */
KERNEL_TEST(process_run_that_is_cancelled_reads_to_the_end)
{
    int ready[2];
    char byte;
    struct coil_task *task;
    char text[256];

    ASSERT_EQ(pipe(ready), 0);
    snprintf(text, sizeof text,
             "trap 'head -c 300000 /dev/zero; echo end >&2; exit 9' TERM; "
             "echo begun; echo >/proc/%d/fd/%d; "
             "while :; do sleep 1000 & wait; done",
             (int)getpid(), ready[1]);
    command = text;
    grace = 10 * COIL_SECOND;
    task = start_waiting(run, NULL);
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(received.returncode, 9);
    ASSERT_EQ(received.out_size, 6 + 300000);
    ASSERT_MEM_EQ(received.out, "begun\n", 6);
    ASSERT_STR_EQ(received.err, "end\n");
    coil_process_output_fini(&received);
    expect_childless();
    close(ready[0]);
    close(ready[1]);
}

/* A program that ignores SIGTERM, and one more cancellation. */
KERNEL_TEST(process_run_that_is_cancelled_twice_kills)
{
    int ready[2];
    char byte;
    struct coil_task *task;
    char text[256];

    ASSERT_EQ(pipe(ready), 0);
    snprintf(text, sizeof text,
             "trap 'echo no; echo >/proc/%d/fd/%d' TERM; "
             "echo >/proc/%d/fd/%d; while :; do sleep 1000 & wait; done",
             (int)getpid(), ready[1], (int)getpid(), ready[1]);
    command = text;
    grace = COIL_NEVER;
    task = start_waiting(run, NULL);
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    ASSERT(coil_task_cancel(task));
    turn();
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    ASSERT(!coil_task_is_done(task));
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(received.returncode, COIL_ESIGNAL(SIGKILL));
    ASSERT_STR_EQ(received.out, "no\n");
    coil_process_output_fini(&received);
    expect_childless();
    close(ready[0]);
    close(ready[1]);
}

KERNEL_TEST(process_run_under_a_timeout)
{
    struct coil_timeout limit;

    command = "echo before; exec sleep 1000";
    grace = 10 * COIL_SECOND;
    ASSERT_EQ(coil_timeout_begin(&limit, 30 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, run(NULL)), -ETIMEDOUT);
    ASSERT_EQ(received.returncode, COIL_ESIGNAL(SIGTERM));
    coil_process_output_fini(&received);
    expect_childless();
}

/* The program has ended, but somebody else has its pipe. */
KERNEL_TEST(process_run_that_is_cancelled_does_not_wait_for_other_writers)
{
    struct coil_task *task;
    siginfo_t info;

    command = "sh -c 'exec sleep 1000' & echo $!; exit 0";
    grace = 10 * COIL_SECOND;
    task = start_waiting(run, NULL);
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        turn();
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(received.returncode, 0);
    ASSERT_GT(atoi(received.out), 0);
    kill(atoi(received.out), SIGKILL);
    coil_process_output_fini(&received);
}

static int run_cancelled(void *arg)
{
    cancel_self();
    return run(arg);
}

KERNEL_TEST(process_run_of_a_cancelled_task_starts_nothing)
{
    command = "exit 0";
    ASSERT_EQ(end_of(start(run_cancelled, NULL)), -ECANCELED);
    ASSERT_NULL(received.out);
    expect_childless();
}

/* ---- another thread ------------------------------------------------------- */

static int run_one(void *arg)
{
    struct coil_process_output got;
    int rc = coil_process_run_shell("cat; exit 4",
                                    &(struct coil_process_options){
                                        .input = "text",
                                        .input_size = 4,
                                        .out = { COIL_STDIO_PIPE },
                                    },
                                    &got);

    (void)arg;
    ASSERT_STR_EQ(got.out, "text");
    coil_process_output_fini(&got);
    return rc;
}

static void *run_in_a_thread(void *result)
{
    *(int *)result = coil_run(run_one, NULL);
    return NULL;
}

/* Beside a process of this thread. */
KERNEL_TEST(process_run_in_a_loop_of_another_thread)
{
    struct coil_process *p = begin_endless();
    pthread_t thread;
    int result = 0;

    ASSERT_EQ(pthread_create(&thread, NULL, run_in_a_thread, &result), 0);
    ASSERT_EQ(run_one(NULL), 4);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    ASSERT_EQ(result, 4);
    ASSERT_EQ(coil_process_returncode(p), -EAGAIN);
    coil_process_abort(p);
}
