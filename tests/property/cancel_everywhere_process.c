/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of child processes, cancelled in each state of its
 * wait: the child goes on, or is gone, as the function says; none is left.
 */
/* TIMEOUT: 60 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/process.h>

#include "cancel_everywhere.h"

/* The kernel ends a program that is killed when it gets to it. */
#define AS_LONG_AS_IT_TAKES UINT_MAX

static struct coil_process *process;

static void begin_process(const char *command)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_PIPE },
        .out = { COIL_STDIO_PIPE },
        .err = { COIL_STDIO_NULL },
        .grace = COIL_NEVER,
    };

    ASSERT_EQ(coil_process_shell(&process, command, &options), 0);
}

static void begin_cat(void)
{
    begin_process("exec cat");
}

/* It ends: what its end makes ready is there when the loop looks next. */
static void end_process(void)
{
    siginfo_t info;

    if (coil_process_kill(process) == 0)
        ASSERT_EQ(waitid(P_PID, (id_t)coil_process_pid(process), &info,
                         WEXITED | WNOWAIT),
                  0);
}

static void drop_process(void)
{
    coil_process_abort(process);
}

static int expect_killed(int rc)
{
    return rc == COIL_ESIGNAL(SIGKILL) ? 0 : rc;
}

static int wait_for_process(void)
{
    return expect_killed(coil_process_wait(process));
}

static int communicate(void)
{
    return expect_killed(coil_process_communicate(process, "x", 1, NULL));
}

/* ---- closing standard input ------------------------------------------------------- */

static void begin_and_write_much(void)
{
    static char much[1 << 20];

    begin_process("exec sleep 1000");
    ASSERT_EQ(coil_stream_write(coil_process_stdin(process), much, sizeof much),
              0);
}

static int close_stdin(void)
{
    return coil_process_close_stdin(process);
}

/* ---- closing ------------------------------------------------------------------------ */

static void begin_ignoring(void)
{
    char byte;

    begin_process("trap '' TERM; echo; exec cat");
    ASSERT_EQ(coil_stream_read(coil_process_stdout(process), &byte, 1), 1);
}

static int close_process(void)
{
    return coil_process_close(process);
}

static void expect_no_child(void)
{
    siginfo_t info;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        ASSERT_EQ(coil_yield(), 0);
}

/* ---- all in one ----------------------------------------------------------------------- */

static int gate[2]; /* the program waits for this */

static void make_gate(void)
{
    ASSERT_EQ(pipe2(gate, O_CLOEXEC), 0);
}

static void close_gate(void)
{
    expect_no_child();
    close(gate[0]);
    close(gate[1]);
}

static struct coil_process_options at_gate(void)
{
    return (struct coil_process_options){
        .in = { COIL_STDIO_FD, gate[0] },
        .err = { COIL_STDIO_NULL },
        .grace = -1,
    };
}

static int run_cat(void)
{
    char *const argv[] = { "cat", NULL };
    struct coil_process_options options = at_gate();

    return coil_process_run(argv, &options, NULL);
}

static int run_shell(void)
{
    struct coil_process_options options = at_gate();

    return coil_process_run_shell("read a", &options, NULL);
}

/* ---- the table ------------------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_process_wait, .prepare = begin_cat, .call = wait_for_process,
         .ready = end_process, .finish = drop_process, .flags = KERNEL_ONLY),
    CASE(coil_process_communicate, .prepare = begin_cat, .call = communicate,
         .finish = drop_process, .flags = KERNEL_ONLY),
    CASE(coil_process_close_stdin, .prepare = begin_and_write_much,
         .call = close_stdin, .ready = end_process, .finish = drop_process,
         .flags = KERNEL_ONLY),
    CASE(coil_process_close, .prepare = begin_ignoring, .call = close_process,
         .finish = expect_no_child, .turns = AS_LONG_AS_IT_TAKES,
         .flags = KERNEL_ONLY | ENDS),
    CASE(coil_process_run, .prepare = make_gate, .call = run_cat,
         .finish = close_gate, .turns = AS_LONG_AS_IT_TAKES,
         .flags = KERNEL_ONLY | ENDS),
    CASE(coil_process_run_shell, .prepare = make_gate, .call = run_shell,
         .finish = close_gate, .turns = AS_LONG_AS_IT_TAKES,
         .flags = KERNEL_ONLY | ENDS),
};

EVERYWHERE_TEST(cancel_everywhere_process_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_process_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_process_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_process_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
