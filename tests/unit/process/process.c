/* SPDX-License-Identifier: MIT */
/*
 * A child process: how it ends, who waits for it, and signals: SP-1.
 */
#include <sys/wait.h>

#include <coil/combinators.h>

#include "process_test.h"

KERNEL_TEST(process_returns_the_exit_status)
{
    struct coil_process *p = begin_shell("exit 7", NULL);

    ASSERT_GT(coil_process_pid(p), 0);
    ASSERT_EQ(coil_process_wait(p), 7);
    ASSERT_EQ(coil_process_returncode(p), 7);
    ASSERT_EQ(coil_process_wait(p), 7);
    ASSERT_EQ(coil_process_close(p), 7);
    expect_childless();
}

KERNEL_TEST(process_that_a_signal_ends_says_which)
{
    struct coil_process *p = begin_shell("kill -USR1 $$", NULL);

    ASSERT_EQ(coil_process_wait(p), COIL_ESIGNAL(SIGUSR1));
    ASSERT_EQ(coil_error_signal(coil_process_returncode(p)), SIGUSR1);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGUSR1));
}

KERNEL_TEST(process_is_terminated_and_killed)
{
    struct coil_process *p = begin_endless();
    struct coil_process *q = begin_endless();
    struct coil_process *r = begin_endless();

    ASSERT_EQ(coil_process_returncode(p), -EAGAIN);
    ASSERT_EQ(coil_process_terminate(p), 0);
    ASSERT_EQ(coil_process_wait(p), COIL_ESIGNAL(SIGTERM));
    ASSERT_EQ(coil_process_kill(q), 0);
    ASSERT_EQ(coil_process_wait(q), COIL_ESIGNAL(SIGKILL));
    ASSERT_EQ(coil_process_send_signal(r, SIGHUP), 0);
    ASSERT_EQ(coil_process_wait(r), COIL_ESIGNAL(SIGHUP));
    (void)!coil_process_close(p);
    (void)!coil_process_close(q);
    (void)!coil_process_close(r);
    expect_childless();
}

KERNEL_TEST(process_that_has_ended_gets_no_signal)
{
    struct coil_process *p = begin_shell("exit 0", NULL);

    ASSERT_EQ(coil_process_send_signal(p, 12345), -EINVAL);
    ASSERT_EQ(coil_process_wait(p), 0);
    ASSERT_EQ(coil_process_send_signal(p, SIGTERM), -ESRCH);
    ASSERT_EQ(coil_process_terminate(p), -ESRCH);
    ASSERT_EQ(coil_process_kill(p), -ESRCH);
    ASSERT_EQ(coil_process_send_signal_group(p, SIGTERM), -EINVAL);
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_is_awaited_by_many)
{
    struct coil_process *p = begin_endless();
    struct coil_task *tasks[10];

    for (int i = 0; i < 10; i++)
        tasks[i] = start_waiting(await_process, p);
    ASSERT_EQ(coil_process_kill(p), 0);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(end_of(tasks[i]), COIL_ESIGNAL(SIGKILL));
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGKILL));
}

KERNEL_TEST(process_goes_on_when_a_wait_is_cancelled)
{
    struct coil_process *p = begin_endless();
    struct coil_task *first = start_waiting(await_process, p);
    struct coil_task *second = start_waiting(await_process, p);

    ASSERT_EQ(end_by_cancelling(first), -ECANCELED);
    ASSERT_EQ(coil_process_returncode(p), -EAGAIN);
    ASSERT_EQ(kill(coil_process_pid(p), 0), 0);
    ASSERT_EQ(coil_process_terminate(p), 0);
    ASSERT_EQ(end_of(second), COIL_ESIGNAL(SIGTERM));
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
}

KERNEL_TEST(process_that_is_closed_ends_the_waits_of_others)
{
    struct coil_process *p = begin_endless();
    struct coil_process *q = begin_deaf();
    struct coil_task *of_p = start_waiting(await_process, p);
    struct coil_task *of_q = start_waiting(await_process, q);

    coil_process_abort(p);
    ASSERT_EQ(end_of(of_p), -EBADF);
    ASSERT_EQ(coil_process_close(q), COIL_ESIGNAL(SIGTERM));
    ASSERT_EQ(end_of(of_q), COIL_ESIGNAL(SIGTERM));
}

/* Nobody waits for the child, and it is reaped all the same. */
KERNEL_TEST(process_is_reaped_without_a_wait)
{
    struct coil_process *p =
        begin_shell("exec 2>&-; exit 3", &listening_options);
    char byte;

    ASSERT_EQ(coil_stream_read(coil_process_stderr(p), &byte, 1), 0);
    while (coil_process_returncode(p) == -EAGAIN)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_process_returncode(p), 3);
    expect_gone(coil_process_pid(p));
    ASSERT_EQ(coil_process_close(p), 3);
}

KERNEL_TEST(process_has_output_to_read_after_its_end)
{
    struct coil_process *p = begin_shell("echo late", &listening_options);

    ASSERT_EQ(coil_process_wait(p), 0);
    await_line(p, "late");
    ASSERT_EQ(coil_process_close(p), 0);
}

KERNEL_TEST(process_says_when_its_input_is_broken)
{
    struct coil_process *p = begin_shell("exit 0", &talking_options);
    struct coil_stream *in = coil_process_stdin(p);
    int rc;

    ASSERT_EQ(coil_process_wait(p), 0);
    rc = coil_stream_write(in, "x", 1);
    ASSERT_EQ(rc, -EPIPE);
    ASSERT_EQ(coil_stream_drain(in), -EPIPE);
    ASSERT_EQ(coil_process_close_stdin(p), 0);
    ASSERT_NULL(coil_process_stdin(p));
    ASSERT_EQ(coil_process_close(p), 0);
}

/* ---- those who reap others' children --------------------------------------- */

/* A child that somebody else reaps, before the loop looks. */
static int steal(struct coil_process *p)
{
    int status;

    ASSERT_EQ(waitpid(coil_process_pid(p), &status, 0), coil_process_pid(p));
    ASSERT_EQ(coil_process_terminate(p), -ESRCH);
    return coil_process_wait(p);
}

/* Linux 6.15 tells the status later as well. */
KERNEL_TEST(process_that_somebody_else_has_reaped_ends_all_the_same)
{
    struct coil_process *p = begin_shell("exit 4", NULL);
    int rc = steal(p);

    ASSERT(rc == 4 || rc == -ECHILD);
    ASSERT_EQ(coil_process_kill(p), -ESRCH);
    ASSERT_EQ(coil_process_close(p), rc);

    p = begin_shell("kill -KILL $$", NULL);
    rc = steal(p);
    ASSERT(rc == COIL_ESIGNAL(SIGKILL) || rc == -ECHILD);
    ASSERT_EQ(coil_process_close(p), rc);

    p = begin_shell("exit 4",
                    &(struct coil_process_options){ .new_group = true });
    ASSERT_EQ(waitpid(coil_process_pid(p), NULL, 0), coil_process_pid(p));
    rc = coil_process_close(p);
    ASSERT(rc == 4 || rc == -ECHILD);
}

KERNEL_TEST(process_ends_where_sigchld_is_ignored)
{
    struct coil_process *p;
    int rc;

    signal(SIGCHLD, SIG_IGN);
    p = begin_shell("exit 5", NULL);
    rc = coil_process_wait(p);
    ASSERT(rc == 5 || rc == -ECHILD);
    ASSERT_EQ(coil_process_close(p), rc);
    p = begin_endless();
    ASSERT_EQ(coil_process_terminate(p), 0);
    rc = coil_process_wait(p);
    ASSERT(rc == COIL_ESIGNAL(SIGTERM) || rc == -ECHILD);
    ASSERT_EQ(coil_process_close(p), rc);
    signal(SIGCHLD, SIG_DFL);
}

static volatile sig_atomic_t children_told;

static void note_child(int number)
{
    (void)number;
    children_told++;
}

/* The program's own handler of SIGCHLD, and its own children, stay its own. */
KERNEL_TEST(process_disturbs_nobody_who_handles_sigchld)
{
    struct sigaction action = { .sa_handler = note_child };
    struct sigaction now;
    struct coil_process *p;
    siginfo_t info;
    pid_t own;
    int status;

    children_told = 0;
    ASSERT_EQ(sigaction(SIGCHLD, &action, NULL), 0);
    own = fork();
    if (own == 0)
        _exit(9);
    while (waitid(P_PID, (id_t)own, &info, WEXITED | WNOWAIT) < 0)
        ASSERT_EQ(errno, EINTR);
    p = begin_shell("exit 6", NULL);
    ASSERT_EQ(coil_process_wait(p), 6);
    ASSERT_EQ(coil_process_close(p), 6);
    while (waitpid(own, &status, 0) != own)
        ASSERT_EQ(errno, EINTR);
    ASSERT_EQ(WEXITSTATUS(status), 9);
    ASSERT_EQ(sigaction(SIGCHLD, NULL, &now), 0);
    ASSERT(now.sa_handler == note_child);
    ASSERT_GT(children_told, 0);
    signal(SIGCHLD, SIG_DFL);
}

/* ---- a terminal of its own -------------------------------------------------- */

/* What the terminal shows, up to the end. */
static void read_all(struct coil_stream *s, char *text, size_t size)
{
    size_t length = 0;
    ptrdiff_t n;

    while ((n = coil_stream_read(s, text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    ASSERT_EQ(n, 0);
    text[length] = '\0';
}

KERNEL_TEST(process_has_a_terminal_of_its_own)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_PTY },
        .out = { COIL_STDIO_PTY },
        .err = { COIL_STDIO_PTY },
        .rows = 40,
        .columns = 123,
    };
    struct coil_process *p;
    struct coil_stream *terminal;
    char text[512];
    size_t length;

    need_terminals();
    p = begin_shell(
        "test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty; "
        "read a; stty size; echo got $a",
        &options);
    terminal = coil_process_terminal(p);
    ASSERT_NULL(coil_process_stdin(p));
    ASSERT_NULL(coil_process_stdout(p));
    ASSERT_EQ(
        coil_stream_read_until(terminal, "\n", 1, text, sizeof text, &length),
        0);
    ASSERT_MEM_EQ(text, "40 123\r\n", length);
    ASSERT_EQ(coil_process_resize(p, 50, 99), 0);
    send_text(terminal, "it\n");
    read_all(terminal, text, sizeof text);
    ASSERT_STR_CONTAINS(text, "50 99\r\n");
    ASSERT_STR_CONTAINS(text, "got it\r\n");
    ASSERT_EQ(coil_process_wait(p), 0);
    ASSERT_EQ(coil_process_close(p), 0);
}

/* Only one of the two numbers is given. */
KERNEL_TEST(process_has_a_terminal_of_some_size)
{
    struct coil_process_options options = { .err = { COIL_STDIO_PTY },
                                            .columns = 77 };

    need_terminals();
    expect_output("stty size <&2", &options, "0 77\n");
    options.columns = 0;
    expect_output("stty size <&2", &options, "0 0\n");
}

KERNEL_TEST(process_without_a_terminal_has_no_size)
{
    struct coil_process *p = begin_shell("exit 0", NULL);

    ASSERT_NULL(coil_process_terminal(p));
    ASSERT_EQ(coil_process_resize(p, 50, 99), -ENOTTY);
    ASSERT_EQ(coil_process_wait(p), 0);
    ASSERT_EQ(coil_process_close(p), 0);
}

/* ---- a child of fork() ------------------------------------------------------ */

KERNEL_TEST(process_gets_no_signal_of_a_child_of_fork)
{
    struct coil_process *p = begin_deaf();
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(coil_process_kill(p) == -ESRCH ? 0 : 1);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
    ASSERT_EQ(coil_process_returncode(p), -EAGAIN);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
}
