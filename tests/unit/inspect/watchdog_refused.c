/* SPDX-License-Identifier: MIT */
/*
 * The watchdog with some system calls refused, and with steps in unusual
 * places.
 */
/* LABELS: threads */
#include <errno.h>
#include <signal.h>

#include <coil/coroutine.h>
#include <coil/event.h>

#include "watchdog_test.h"

static void skip_if_emulated(void)
{
    if (is_emulated())
        SKIP("an emulator has system calls and signals of its own");
}

static void skip_without_signals(void)
{
    skip_if_emulated();
    if (SIGNALS_ARE_LATE)
        SKIP("TSan hands signals on when it suits it");
}

/* ---- what is refused ------------------------------------------------------ */

static void run_without_readv(void *arg)
{
    refuse(SYS_process_vm_readv, EPERM);
    run_task_of_child(arg);
}

/*
 * A container may refuse this: the step is disturbed at last, and is reported.
 */
TEST(watchdog_refused_a_look_at_a_stack_asks_by_a_signal)
{
    coil_fn fn = be_asleep;

    skip_without_signals();
    slow = COIL_SECOND;
    run_until_told(run_without_readv, &fn, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: sleeper, made at ");
    expect_frame(" be_asleep");
}

static int spend_descriptors(void *arg)
{
    struct rlimit before;
    struct rlimit none;
    int rc;

    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    rc = be_asleep(arg);
    setrlimit(RLIMIT_NOFILE, &before);
    return rc;
}

TEST(watchdog_refused_a_descriptor_asks_by_a_signal)
{
    skip_without_signals();
    run_child_until_told(spend_descriptors, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: sleeper, made at ");
}

static void run_without_a_signal(void *arg)
{
    refuse_with(SYS_tgkill, 2, (uint32_t)SIGRTMAX - 1, EAGAIN);
    run_task_of_child(arg);
}

TEST(watchdog_refused_a_signal_sends_another)
{
    coil_fn fn = be_slow;

    skip_without_signals();
    slow = COIL_SECOND;
    run_until_told(run_without_a_signal, &fn, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: slowpoke, made at ");
    expect_frame(" be_slow");
}

static void run_without_a_look_at_a_signal(void *arg)
{
    refuse_with(SYS_rt_sigaction, 0, (uint32_t)SIGRTMAX - 1, EINVAL);
    run_task_of_child(arg);
}

TEST(watchdog_refused_to_look_at_a_signal_takes_another)
{
    coil_fn fn = be_slow;

    skip_without_signals();
    run_until_told(run_without_a_look_at_a_signal, &fn, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: slowpoke, made at ");
}

/* The thread of a later run inherits the refusal. */
static void run_and_refuse_a_look(void *arg)
{
    run_task_of_child(arg);
    refuse_with(SYS_rt_sigaction, 0, (uint32_t)SIGRTMAX - 1, EINVAL);
    run_task_of_child(arg);
}

TEST(watchdog_refused_to_look_at_its_signal_again_takes_another)
{
    coil_fn fn = be_slow;
    const char *first;

    skip_without_signals();
    slow = COIL_SECOND;
    run_until_told(run_and_refuse_a_look, &fn, 2);
    first = strstr(the_child.text, "coil: slowpoke, made at ");
    ASSERT_NOT_NULL(first);
    ASSERT_NOT_NULL(strstr(first + 1, "coil: slowpoke, made at "));
}

static void run_without_handlers(void *arg)
{
    const struct coil_loop_options options = { .keep_sigint = true,
                                               .keep_sigsegv = true };

    (void)arg;
    /*
     * The kernel refuses the old action's place, as when the handler is
     * installed.
     */
    refuse_with(SYS_rt_sigaction, 2, 0, EINVAL);
    if (coil_run_with(be_slow, NULL, &options) < 0)
        _exit(9);
}

TEST(watchdog_refused_every_handler_is_silent)
{
    skip_without_signals();
    sandbox_run(&the_child, run_without_handlers, NULL);
    expect_silence();
}

static void run_without_threads(void *arg)
{
    refuse(SYS_clone3, EAGAIN);
    refuse(SYS_clone, EAGAIN);
    run_task_of_child(arg);
    run_task_of_child(arg);
}

TEST(watchdog_refused_a_thread_is_not_there)
{
    coil_fn fn = be_slow;

    sandbox_run(&the_child, run_without_threads, &fn);
    expect_silence();
}

/* ---- whose signal it is --------------------------------------------------- */

static volatile sig_atomic_t taken;

static void take(int number)
{
    (void)number;
    taken++;
}

static void take_with_context(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    take(number);
}

/* The program takes the signal that the watchdog has just used. */
static int take_the_signal(struct sigaction mine)
{
    struct sigaction action;
    int count = 0;

    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        sigaction(number, NULL, &action);
        if (action.sa_flags & SA_SIGINFO &&
            action.sa_sigaction != take_with_context) {
            sigaction(number, &mine, NULL);
            count++;
        }
    }
    return count;
}

static int lose_the_signal(void *arg)
{
    const struct sigaction simple = { .sa_handler = take };
    const struct sigaction full = { .sa_sigaction = take_with_context,
                                    .sa_flags = SA_SIGINFO };
    int rc;

    rc = be_slow(arg);
    ASSERT_EQ(take_the_signal(simple), 1);
    if (rc == 0)
        rc = be_slow(arg);
    ASSERT_EQ(take_the_signal(full), 1);
    if (rc == 0)
        rc = be_slow(arg);
    ASSERT_EQ(taken, 0);
    return rc;
}

TEST(watchdog_refused_leaves_the_signal_to_who_takes_it)
{
    const char *first;
    const char *second;

    skip_without_signals();
    slow = COIL_SECOND;
    run_child_until_told(lose_the_signal, 3);
    first = strstr(the_child.text, "coil: slowpoke");
    ASSERT_NOT_NULL(first);
    second = strstr(first + 1, "coil: slowpoke");
    ASSERT_NOT_NULL(second);
    ASSERT_NOT_NULL(strstr(second + 1, "coil: slowpoke"));
}

static int be_deaf(void *arg)
{
    sigset_t every;
    sigset_t before;
    int rc;

    sigfillset(&every);
    sigprocmask(SIG_SETMASK, &every, &before);
    rc = be_slow(arg);
    if (rc == 0)
        rc = coil_sleep(500 * COIL_MILLISECOND);
    sigprocmask(SIG_SETMASK, &before, NULL);
    puts("it hears");
    return rc;
}

/* The signal comes after the question was withdrawn. */
TEST(watchdog_refused_an_answer_in_time_takes_none)
{
    skip_without_signals();
    run_child(be_deaf);
    expect_silence();
    ASSERT_STR_CONTAINS(the_child.text, "it hears");
}

/* ---- where a step is ------------------------------------------------------ */

static int compute_outside_of_a_task(void *arg)
{
    (void)arg;
    compute(slow);
    return 0;
}

static int block_outside_of_a_task(void *arg)
{
    (void)arg;
    block(slow);
    return 0;
}

static int drive(coil_fn fn)
{
    struct coil_coroutine *co;
    int rc;

    ASSERT_EQ(coil_coroutine_new(&co, fn, NULL, 0), 0);
    rc = coil_coroutine_send(co, NULL, NULL);
    coil_coroutine_free(co);
    return rc < 0 ? rc : 0;
}

static int drive_computing(void *arg)
{
    (void)arg;
    return drive(compute_outside_of_a_task);
}

static int drive_blocking(void *arg)
{
    (void)arg;
    return drive(block_outside_of_a_task);
}

TEST(watchdog_refused_a_task_says_that_it_is_a_coroutine)
{
    skip_if_emulated();
    run_child_until_told(drive_computing, 1);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: a coroutine has been running for ");
    expect_frame(" compute_outside_of_a_task");
    run_child_until_told(drive_blocking, 1);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: a coroutine has been running for ");
    ASSERT_STR_CONTAINS(the_child.text, "\nundisturbed\n");
}

static void block_in_callback(void *arg)
{
    block(slow);
    coil_event_set(arg);
}

static int call_back(void *arg)
{
    (void)arg;
    return await_call(block_in_callback);
}

TEST(watchdog_refused_no_look_at_a_callback_that_blocks)
{
    skip_if_emulated();
    run_child_until_told(call_back, 1);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: a callback has been running for ");
    ASSERT_STR_CONTAINS(the_child.text, "\nundisturbed\n");
    expect_frame(" block_in_callback");
}

static int start_task_from_nowhere(void *arg)
{
    struct coil_task *task;
    int rc;

    ASSERT_EQ(
        coil_task_create_at(&task, compute_outside_of_a_task, arg, NULL, NULL),
        0);
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

TEST(watchdog_refused_a_name_and_an_origin_gives_the_number)
{
    skip_without_signals();
    run_child_until_told(start_task_from_nowhere, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: Task-2, made at ?, has been ");
}

/* More of the stack is in use than is copied. */
static COIL_NOINLINE int block_far_down(void)
{
    volatile char room[100 << 10];

    room[0] = 0;
    block(slow);
    return room[0];
}

static int be_far_down(void *arg)
{
    (void)arg;
    return block_far_down();
}

TEST(watchdog_refused_not_a_deep_stack)
{
    skip_if_emulated();
    run_child_until_told(be_far_down, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: Task-1, made at ");
    ASSERT_STR_CONTAINS(the_child.text, "\nundisturbed\n");
    expect_frame(" block");
}

/* Less of the stack is in use than that: all of it is seen. */
static COIL_NOINLINE int block_half_way_down(void)
{
    volatile char room[48 << 10];

    room[0] = 0;
    block(slow);
    return room[0];
}

static COIL_NOINLINE int be_half_way_down(void *arg)
{
    (void)arg;
    return block_half_way_down() + zero;
}

TEST(watchdog_refused_nothing_of_a_stack_of_usual_depth)
{
    skip_if_emulated();
    run_child_until_told(be_half_way_down, 1);
    ASSERT_STR_CONTAINS(the_child.text, "\nundisturbed\n");
    expect_frame(" block_half_way_down");
    expect_frame(" be_half_way_down");
}

static void compute_in_handler(int number)
{
    (void)number;
    compute(slow);
}

static void block_in_handler(int number)
{
    (void)number;
    usleep((useconds_t)(slow / COIL_MICROSECOND));
}

/* The handler has a stack of its own, in `memory`. */
static int be_slow_on(void *memory, size_t size, void (*handler)(int))
{
    const stack_t stack = { .ss_sp = memory, .ss_size = size };
    const stack_t none = { .ss_flags = SS_DISABLE };
    const struct sigaction action = { .sa_handler = handler,
                                      .sa_flags = SA_ONSTACK };

    ASSERT_EQ(sigaltstack(&stack, NULL), 0);
    ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
    ASSERT_EQ(sigaltstack(&none, NULL), 0);
    return 0;
}

/* Memory below all stacks of tasks, and memory above. */
static char low_memory[64 << 10];
static char *high_memory;

static int compute_below(void *arg)
{
    (void)arg;
    return be_slow_on(low_memory, sizeof low_memory, compute_in_handler);
}

static int compute_above(void *arg)
{
    (void)arg;
    return be_slow_on(high_memory, sizeof low_memory, compute_in_handler);
}

static int block_below(void *arg)
{
    (void)arg;
    return be_slow_on(low_memory, sizeof low_memory, block_in_handler);
}

static int block_above(void *arg)
{
    (void)arg;
    return be_slow_on(high_memory, sizeof low_memory, block_in_handler);
}

static void run_with_high_memory(void *arg)
{
    char memory[sizeof low_memory];

    high_memory = memory;
    run_task_of_child(arg);
}

static void expect_report(coil_fn fn)
{
    run_until_told(run_with_high_memory, &fn, 1);
    ASSERT_STR_CONTAINS(the_child.text, " has been running for ");
}

TEST(watchdog_refused_the_stack_of_a_task_reports_what_it_can)
{
    skip_without_signals();
    slow = COIL_SECOND;
    expect_report(compute_below);
    expect_report(compute_above);
    expect_report(block_below);
    expect_report(block_above);
}
