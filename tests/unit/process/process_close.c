/* SPDX-License-Identifier: MIT */
/*
 * The end of a process's owner, and of its loop: no zombie, no orphan, nothing
 * that hangs.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <coil/loop.h>

#include "process_test.h"

#define IGNORES_SIGTERM "trap '' TERM; echo ready; while :; do sleep 1000; done"

static struct coil_process_options with_grace(coil_time grace)
{
    return (struct coil_process_options){
        .in = { COIL_STDIO_PIPE },
        .out = { COIL_STDIO_PIPE },
        .grace = grace,
        .new_group = true,
    };
}

/* ---- close ------------------------------------------------------------------ */

KERNEL_TEST(process_close_terminates)
{
    struct coil_process *p = begin_deaf();
    pid_t pid = coil_process_pid(p);

    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    expect_gone(pid);
    expect_childless();
    ASSERT_EQ(coil_process_close(NULL), 0);
    coil_process_abort(NULL);
    coil_process_detach(NULL);
}

KERNEL_TEST(process_close_kills_after_the_grace)
{
    struct coil_process_options options = with_grace(20 * COIL_MILLISECOND);
    struct coil_process *p = begin_shell(IGNORES_SIGTERM, &options);

    await_line(p, "ready");
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGKILL));
    expect_childless();
}

KERNEL_TEST(process_close_without_grace_kills_at_once)
{
    struct coil_process_options options = with_grace(-1);
    struct coil_process *p = begin_shell("exec cat", &options);

    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGKILL));
    expect_childless();
}

/* A program may clean up, and say how it went. */
KERNEL_TEST(process_close_lets_the_program_clean_up)
{
    struct coil_process_options options = with_grace(10 * COIL_SECOND);
    struct coil_process *p = begin_shell("trap 'exit 42' TERM; echo ready; "
                                         "while :; do sleep 1000 & wait; done",
                                         &options);

    await_line(p, "ready");
    ASSERT_EQ(coil_process_close(p), 42);
    expect_childless();
}

KERNEL_TEST(process_close_wakes_a_program_that_is_stopped)
{
    struct coil_process *p = begin_deaf();
    siginfo_t info;

    ASSERT_EQ(coil_process_send_signal(p, SIGSTOP), 0);
    ASSERT_EQ(
        waitid(P_PID, (id_t)coil_process_pid(p), &info, WSTOPPED | WNOWAIT), 0);
    ASSERT_EQ(coil_process_returncode(p), -EAGAIN);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
}

static int close_process(void *process)
{
    return coil_process_close(process);
}

/* The grace is over at once, and the child is reaped before the task ends. */
KERNEL_TEST(process_close_that_is_cancelled_kills)
{
    struct coil_process_options options = with_grace(COIL_NEVER);
    struct coil_process *p = begin_shell(IGNORES_SIGTERM, &options);
    pid_t pid = coil_process_pid(p);
    struct coil_task *task;

    await_line(p, "ready");
    task = start_waiting(close_process, p);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    expect_gone(pid);
    expect_childless();
}

static int close_when_cancelled(void *process)
{
    cancel_self();
    return coil_process_close(process);
}

KERNEL_TEST(process_close_of_a_cancelled_task_kills_without_waiting)
{
    struct coil_process_options options = with_grace(COIL_NEVER);
    struct coil_process *p = begin_shell(IGNORES_SIGTERM, &options);
    pid_t pid = coil_process_pid(p);

    await_line(p, "ready");
    ASSERT_EQ(end_of(start(close_when_cancelled, p)), -ECANCELED);
    while (kill(pid, 0) == 0)
        ASSERT_EQ(coil_yield(), 0);
    expect_childless();
}

/* ---- the group ---------------------------------------------------------------- */

/* The shell says the number of a grandchild that has the pipe as well. */
static pid_t begin_family(struct coil_process **out, const char *command,
                          coil_time grace)
{
    struct coil_process_options options = with_grace(grace);
    char text[32];
    size_t n;

    *out = begin_shell(command, &options);
    ASSERT_EQ(coil_stream_read_until(coil_process_stdout(*out), "\n", 1, text,
                                     sizeof text, &n),
              0);
    return (pid_t)atoi(text);
}

/* The grandchild is a child of init's, which reaps it some time. */
static void expect_ended(pid_t pid)
{
    char name[64];
    char line[256];
    FILE *file;
    const char *state = NULL;

    do {
        snprintf(name, sizeof name, "/proc/%d/stat", (int)pid);
        file = fopen(name, "r");
        if (!file)
            return;
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
        state = strrchr(line, ')');
        ASSERT_EQ(coil_yield(), 0);
    } while (state && state[2] != 'Z' && state[2] != 'X');
}

KERNEL_TEST(process_close_ends_the_whole_group)
{
    struct coil_process *p;
    pid_t grandchild =
        begin_family(&p, "sleep 1000 & echo $!; wait", 10 * COIL_SECOND);

    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    expect_ended(grandchild);
}

/* The leader ends at SIGTERM; who ignores that is killed with the leader's end. */
KERNEL_TEST(process_close_leaves_no_orphan)
{
    struct coil_process *p;
    pid_t grandchild = begin_family(&p,
                                    "sh -c 'trap \"\" TERM; echo $$; "
                                    "exec sleep 1000' & wait",
                                    10 * COIL_SECOND);

    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    expect_ended(grandchild);
}

KERNEL_TEST(process_close_by_abort_kills_the_whole_group)
{
    struct coil_process *p;
    pid_t grandchild = begin_family(&p, "sleep 1000 & echo $!; wait", 0);

    coil_process_abort(p);
    expect_ended(grandchild);
}

/* ---- abort and detach ------------------------------------------------------------ */

KERNEL_TEST(process_close_by_abort_is_reaped_by_the_loop)
{
    struct coil_process *p = begin_endless();
    pid_t pid = coil_process_pid(p);

    coil_process_abort(p);
    while (kill(pid, 0) == 0)
        ASSERT_EQ(coil_yield(), 0);
    expect_childless();
}

KERNEL_TEST(process_close_by_detaching_leaves_the_program)
{
    int ends[2];
    char byte;

    ASSERT_EQ(pipe(ends), 0);
    {
        const struct coil_process_options options = { .in = { COIL_STDIO_FD,
                                                              ends[0] } };
        struct coil_process *p = begin_shell("read a; exit 0", &options);
        pid_t pid = coil_process_pid(p);

        coil_process_detach(p);
        ASSERT_EQ(kill(pid, 0), 0);
        ASSERT_EQ(write(ends[1], "\n", 1), 1);
        while (kill(pid, 0) == 0)
            ASSERT_EQ(coil_yield(), 0);
        expect_childless();
    }
    ASSERT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    ASSERT_EQ(read(ends[0], &byte, 1), -1);
    close(ends[0]);
    close(ends[1]);
}

/* ---- the end of the loop ---------------------------------------------------------- */

static struct coil_process *left;

static void say_message(struct coil_loop *loop,
                        const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT_PTR_EQ(exception->object, left);
    say("%s ", exception->message);
}

static int leave_process(void *arg)
{
    const struct coil_process_options options = { .in = { COIL_STDIO_NULL } };

    (void)arg;
    left = begin_shell("exec sleep 1000", &options);
    return 0;
}

TEST(process_close_of_the_loop_tells_of_those_that_run)
{
    struct coil_loop_report report;
    struct coil_loop *loop;
    char text[128];
    pid_t pid;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    coil_loop_set_exception_handler(loop, say_message, NULL);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_process, NULL), 0);
    pid = coil_process_pid(left);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.processes_running, 1);
    ASSERT_EQ(report.descriptors_open, 0);
    snprintf(text, sizeof text,
             "a child process still ran when the loop was closed: %d ",
             (int)pid);
    SAID(text);

    /* It is the program's now. */
    ASSERT_EQ(coil_process_returncode(left), -EAGAIN);
    ASSERT_EQ(coil_process_kill(left), 0);
    coil_process_detach(left);
    ASSERT_EQ(waitpid(pid, NULL, 0), pid);
}

static struct coil_process *older;
static int older_end; /* of the pipe that it reads from */

static int leave_two(void *arg)
{
    older = begin_shell("read a; exit 6", arg);
    return leave_process(NULL);
}

/* The newer one is told of first; the older one ends meanwhile. */
static void end_older(struct coil_loop *loop,
                      const struct coil_exception *exception, void *arg)
{
    siginfo_t info;

    (void)loop;
    (void)exception;
    (void)arg;
    ASSERT_EQ(write(older_end, "\n", 1), 1);
    ASSERT_EQ(
        waitid(P_PID, (id_t)coil_process_pid(older), &info, WEXITED | WNOWAIT),
        0);
}

TEST(process_close_of_the_loop_reaps_those_that_have_ended)
{
    struct coil_process_options options = { .in = { COIL_STDIO_FD, -1 } };
    struct coil_loop_report report;
    struct coil_loop *loop;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    options.in.fd = ends[0];
    older_end = ends[1];
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    coil_loop_set_exception_handler(loop, end_older, NULL);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_two, &options), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.processes_running, 1);
    ASSERT_EQ(coil_process_returncode(older), 6);
    coil_process_abort(older);
    close(ends[0]);
    close(ends[1]);
    coil_process_abort(left);
    ASSERT_GT(waitpid(-1, NULL, 0), 0);
    expect_childless();
}

static int abort_and_detach(void *arg)
{
    struct coil_process *detached = begin_shell("read a; exit 0", arg);

    coil_process_abort(begin_endless());
    coil_process_detach(detached);
    return 0;
}

/* What was aborted is waited for; what was detached goes on, and is nobody's. */
TEST(process_close_of_the_loop_waits_for_those_that_were_killed)
{
    struct coil_loop_report report;
    struct coil_loop *loop;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    {
        struct coil_process_options options = { .in = { COIL_STDIO_FD,
                                                        ends[0] } };

        ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
        ASSERT_EQ(
            coil_loop_run_until_complete(loop, abort_and_detach, &options), 0);
    }
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.processes_running, 0);
    ASSERT_EQ(waitpid(-1, NULL, WNOHANG), 0); /* one runs, none is a zombie */
    close(ends[0]);
    close(ends[1]);
    ASSERT_GT(waitpid(-1, NULL, 0), 0);
    expect_childless();
}
