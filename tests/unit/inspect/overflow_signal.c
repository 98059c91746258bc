/* SPDX-License-Identifier: MIT */
/*
 * The signal of a stack that overflows: to whom it belongs, and where it is
 * handled.
 */
#include "overflow_test.h"

/* ---- whose signal it is --------------------------------------------------- */

static void leave_with_3(int number)
{
    static const char text[] = "the program's own handler\n";

    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(3);
}

static void install_handler(void)
{
    static char memory[64 << 10];
    const stack_t stack = { .ss_sp = memory, .ss_size = sizeof memory };
    struct sigaction action = { .sa_handler = leave_with_3,
                                .sa_flags = SA_ONSTACK };

    sigaltstack(&stack, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

static void run_with_handler(void *arg)
{
    install_handler();
    run_plan(arg);
}

TEST(overflow_is_left_to_a_program_with_a_handler)
{
    struct plan plan = { .fn = overflow };

    child_run(&the_child, run_with_handler, &plan);
    ASSERT_CHILD_EXITED(&the_child, 3);
    ASSERT_STR_EQ(the_child.text, "the program's own handler\n");
}

TEST(overflow_is_left_alone_on_request)
{
    struct plan plan = { .fn = overflow, .loop = { .keep_sigsegv = true } };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}

static int see_handler(void *arg)
{
    bool *seen = arg;

    *seen = !has_sigsegv();
    return 0;
}

TEST(overflow_handler_and_its_stack_are_gone_after_the_run)
{
    stack_t stack;
    bool seen;

    skip_if_taken();
    for (int i = 0; i < 3; i++) {
        seen = false;
        ASSERT_EQ(coil_run(see_handler, &seen), 0);
        ASSERT(seen);
        ASSERT(has_sigsegv());
        ASSERT_EQ(sigaltstack(NULL, &stack), 0);
        ASSERT(stack.ss_flags & SS_DISABLE);
    }
}

enum { RUNS = 256 };

static size_t mapped_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fscanf(file, "%zu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

TEST(overflow_stack_of_the_handler_is_unmapped_after_the_run)
{
    const struct coil_loop_options options = { .no_watchdog = true };
    size_t before = 0;
    bool seen;

    for (int i = 0; i < RUNS + 10; i++) {
        if (i == 10)
            before = mapped_memory();
        ASSERT_EQ(coil_run_with(see_handler, &seen, &options), 0);
    }
    ASSERT_LT(mapped_memory(), before + RUNS * (32 << 10));
}

TEST(overflow_keeps_an_alternate_stack_of_the_program)
{
    static char memory[64 << 10];
    const stack_t mine = { .ss_sp = memory, .ss_size = sizeof memory };
    struct plan plan = { .fn = overflow, .task = { .name = "digger" } };
    stack_t stack;
    bool seen = false;

    skip_if_taken();
    /* The same holds if an earlier run had no alternate stack. */
    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    ASSERT_EQ(sigaltstack(&mine, NULL), 0);
    seen = false;
    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    ASSERT(seen);
    ASSERT_EQ(sigaltstack(NULL, &stack), 0);
    ASSERT_PTR_EQ(stack.ss_sp, memory);
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text, "stack overflow in task 'digger'");
}

static int take_the_signal(void *arg)
{
    (void)arg;
    signal(SIGSEGV, leave_with_3);
    return 0;
}

TEST(overflow_leaves_a_handler_that_came_during_the_run)
{
    struct sigaction action;

    skip_if_taken();
    ASSERT_EQ(coil_run(take_the_signal, NULL), 0);
    sigaction(SIGSEGV, NULL, &action);
    ASSERT(action.sa_handler == leave_with_3);
    signal(SIGSEGV, SIG_DFL);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    leave_with_3(number);
}

static int take_the_signal_with_its_context(void *arg)
{
    const struct sigaction action = { .sa_sigaction = on_fault,
                                      .sa_flags = SA_SIGINFO };

    (void)arg;
    return sigaction(SIGSEGV, &action, NULL);
}

TEST(overflow_leaves_a_handler_with_a_context_as_well)
{
    struct sigaction action;
    bool seen = false;

    skip_if_taken();
    ASSERT_EQ(coil_run(take_the_signal_with_its_context, NULL), 0);
    sigaction(SIGSEGV, NULL, &action);
    ASSERT(action.sa_sigaction == on_fault);
    /* A later run does not take it either. */
    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    sigaction(SIGSEGV, NULL, &action);
    ASSERT(action.sa_sigaction == on_fault);
    signal(SIGSEGV, SIG_DFL);
}

static int run_twice(void *arg)
{
    struct plan *plan = arg;

    return start_task(plan);
}

static void run_after_another(void *arg)
{
    bool seen = false;

    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    (void)!coil_run(run_twice, arg);
}

TEST(overflow_is_named_in_a_later_run_as_well)
{
    struct plan plan = { .fn = overflow, .task = { .name = "second" } };

    skip_if_taken();
    child_run(&the_child, run_after_another, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text, "stack overflow in task 'second'");
}

/* ---- without a stack to say it on ----------------------------------------- */

static void expect_no_handler(void)
{
    bool seen = true;

    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    ASSERT(!seen);
}

static void run_without_memory(void *arg)
{
    (void)arg;
    refuse_with(SYS_mmap, 1, 64 << 10, ENOMEM);
    expect_no_handler();
}

static void run_without_alternate_stack(void *arg)
{
    stack_t none;

    (void)arg;
    ASSERT_EQ(sigaltstack(NULL, &none), 0);
    refuse_with(SYS_sigaltstack, 1, 0, EPERM);
    expect_no_handler();
    ASSERT_EQ(sigaltstack(NULL, &none), 0);
    ASSERT(none.ss_flags & SS_DISABLE);
}

static void run_without_knowing_its_stack(void *arg)
{
    (void)arg;
    refuse(SYS_sigaltstack, ENOSYS);
    expect_no_handler();
}

/* No alternate stack is left. */
static void run_without_handler(void)
{
    stack_t none;

    ASSERT_EQ(coil_run(yield, NULL), 0);
    ASSERT_EQ(sigaltstack(NULL, &none), 0);
    ASSERT(none.ss_flags & SS_DISABLE);
}

static void run_without_handlers(void *arg)
{
    (void)arg;
    refuse(SYS_rt_sigaction, EPERM);
    run_without_handler();
}

/* The action can be read, and cannot be changed. */
static void run_without_new_handlers(void *arg)
{
    (void)arg;
    refuse_with(SYS_rt_sigaction, 2, 0, EPERM);
    run_without_handler();
}

static int refuse_a_look_at_handlers(void *arg)
{
    (void)arg;
    refuse_with(SYS_rt_sigaction, 1, 0, EPERM);
    return 0;
}

/* An action that cannot be read any more is left as it is. */
static void run_without_a_later_look(void *arg)
{
    stack_t none;

    (void)arg;
    ASSERT_EQ(coil_run(refuse_a_look_at_handlers, NULL), 0);
    ASSERT_EQ(sigaltstack(NULL, &none), 0);
    ASSERT(none.ss_flags & SS_DISABLE);
    ASSERT_EQ(coil_run(yield, NULL), 0);
}

TEST(overflow_is_left_to_the_kernel_where_its_handler_has_no_stack)
{
    skip_if_taken();
    sandbox_run(&the_child, run_without_memory, NULL);
    sandbox_run(&the_child, run_without_alternate_stack, NULL);
    sandbox_run(&the_child, run_without_knowing_its_stack, NULL);
    sandbox_run(&the_child, run_without_handlers, NULL);
    sandbox_run(&the_child, run_without_new_handlers, NULL);
    sandbox_run(&the_child, run_without_a_later_look, NULL);
}
