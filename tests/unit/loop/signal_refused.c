/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Signals that the kernel or the program keeps from a loop, and the signals of
 * a child that borrows the parent's memory.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <coil/signal.h>

#include "loop_test.h"
#include "sandbox.h"

static struct child child;

/* ---- refused by the kernel ------------------------------------------------ */

static void add_refused(void *arg)
{
    struct coil_signal_handler usr1 = { .loop = NULL };

    (void)arg;
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    refuse_with(SYS_rt_sigaction, 0, SIGUSR1, EPERM);
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &usr1, SIGUSR1, say_name, "x"),
              -EPERM);
    /* The signal still belongs to nobody. */
    ASSERT(!coil_loop_remove_signal_handler(loop, &usr1));
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &usr1, SIGUSR2, say_name, "2"),
              0);
    raise(SIGUSR2);
    run_once();
    SAID("2 ");
    ASSERT(coil_loop_remove_signal_handler(loop, &usr1));
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

TEST(signal_refused_by_the_kernel_is_an_error)
{
    sandbox_run(&child, add_refused, NULL);
}

static int wait_for_refused(void *arg)
{
    const int numbers[] = { SIGUSR2, SIGUSR1, SIGHUP };
    struct sigaction action;

    (void)arg;
    refuse_with(SYS_rt_sigaction, 0, SIGUSR1, EPERM);
    ASSERT_EQ(coil_wait_signals(numbers, 3), -EPERM);
    /* The signals that the loop had taken are given back. */
    sigaction(SIGUSR2, NULL, &action);
    ASSERT(action.sa_handler == SIG_DFL);
    sigaction(SIGHUP, NULL, &action);
    ASSERT(action.sa_handler == SIG_DFL);
    return 0;
}

static void run_waiting(void *arg)
{
    ASSERT_EQ(coil_run(wait_for_refused, arg), 0);
}

TEST(signal_refused_among_others_ends_the_wait_for_all)
{
    sandbox_run(&child, run_waiting, NULL);
}

/* ---- kept by the program -------------------------------------------------- */

static void on_interrupt(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
}

static const struct sigaction with_context = { .sa_sigaction = on_interrupt,
                                               .sa_flags = SA_SIGINFO };

static void expect_with_context(int number)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    ASSERT(action.sa_flags & SA_SIGINFO);
    ASSERT(action.sa_sigaction == on_interrupt);
}

static int look_at_interrupt(void *arg)
{
    (void)arg;
    expect_with_context(SIGINT);
    return 0;
}

TEST(signal_refused_to_a_run_when_the_program_has_it_with_its_context)
{
    sigaction(SIGINT, &with_context, NULL);
    ASSERT_EQ(coil_run(look_at_interrupt, NULL), 0);
    expect_with_context(SIGINT);
    signal(SIGINT, SIG_DFL);
}

static int look_for_none(void *arg)
{
    struct sigaction action;

    (void)arg;
    sigaction(SIGINT, NULL, &action);
    ASSERT(action.sa_handler == SIG_DFL);
    return 0;
}

TEST(signal_refused_to_a_run_on_request)
{
    const struct coil_loop_options options = { .keep_sigint = true };

    ASSERT_EQ(coil_run_with(look_for_none, NULL, &options), 0);
}

/* The program takes the signal while the loop has it, and keeps it. */
TEST(signal_refused_to_be_given_back_stays_the_programs)
{
    struct coil_signal_handler usr1 = { .loop = NULL };

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &usr1, SIGUSR1, say_name, "x"),
              0);
    sigaction(SIGUSR1, &with_context, NULL);
    ASSERT(coil_loop_remove_signal_handler(loop, &usr1));
    expect_with_context(SIGUSR1);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    signal(SIGUSR1, SIG_DFL);
}

/* ---- of another process --------------------------------------------------- */

/* The child has our memory, but not our signals. */
TEST(signal_refused_of_a_child_with_our_memory)
{
    struct coil_signal_handler usr1 = { .loop = NULL };
    pid_t pid;
    int status;

    if (getenv("ASAN_OPTIONS") || getenv("TSAN_OPTIONS"))
        SKIP("a sanitizer has its own idea of vfork()");
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &usr1, SIGUSR1, say_name, "x"),
              0);
    pid = vfork();
    if (pid == 0) {
        kill(getpid(), SIGUSR1);
        _exit(0);
    }
    ASSERT_GT(pid, 0);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
    run_once();
    SAID("");
    raise(SIGUSR1);
    run_once();
    SAID("x ");
    ASSERT(coil_loop_remove_signal_handler(loop, &usr1));
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}
