/* SPDX-License-Identifier: MIT */
/*
 * A stack overflow ends the program, as always, but a message names the task
 * first, unless the program handles the signal itself.
 */
#include <sys/auxv.h>

#include "overflow_test.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#if defined(__GNUC__) && !defined(__clang__)
#define UNPROBED __attribute__((optimize("no-stack-clash-protection")))
#else
#define UNPROBED
#endif

/* ---- going too far -------------------------------------------------------- */

/* It happens in one step: the frame is larger than the guard. */
static COIL_NOINLINE int fill_frame(void)
{
    volatile char frame[200 << 10];

    for (size_t i = sizeof frame; i > 0; i -= 1024)
        frame[i - 1] = 1;
    return frame[0];
}

static int overflow_at_once(void *arg)
{
    (void)arg;
    return fill_frame();
}

/* ---- what is said --------------------------------------------------------- */

TEST(overflow_names_the_task_and_where_it_was_made)
{
    struct plan plan = {
        .fn = overflow,
        .task = { .name = "digger", .stack_size = 64 << 10 },
    };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: stack overflow in task 'digger'");
    ASSERT_STR_CONTAINS(the_child.text, "made at ");
    ASSERT_STR_CONTAINS(the_child.text, "support/overflow_test.c:");
    ASSERT_STR_CONTAINS(the_child.text, "stack_size");
}

TEST(overflow_names_a_task_without_a_name_by_its_number)
{
    struct plan plan = { .fn = overflow };
    const char *size;
    int kib = 0;

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text, "coil: stack overflow in task 'Task-");
    ASSERT_STR_CONTAINS(the_child.text, "support/overflow_test.c:");
    size = strstr(the_child.text, "(it has ");
    ASSERT_NOT_NULL(size);
    ASSERT_EQ(sscanf(size, "(it has %d KiB)", &kib), 1);
    /*
     * This is the stack without what the task itself takes, and without the
     * stagger.
     */
    ASSERT_GE(kib, 44);
    ASSERT_LE(kib, 48);
}

TEST(overflow_by_one_large_frame_is_seen_too)
{
    struct plan plan = {
        .fn = overflow_at_once,
        .task = { .name = "jumper", .stack_size = 64 << 10 },
    };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: stack overflow in task 'jumper'");
}

/*
 * Compiled without -fstack-clash-protection: only the far end of the frame is
 * touched, which is 400 KiB below the stack.
 */
static UNPROBED COIL_NOINLINE int jump_far(void)
{
    volatile char frame[600 << 10];

    frame[0] = 1;
    return frame[0];
}

static int overflow_unprobed(void *arg)
{
    (void)arg;
    return jump_far();
}

TEST(overflow_by_one_large_frame_that_is_not_probed_is_seen_too)
{
    struct plan plan = {
        .fn = overflow_unprobed,
        .task = { .name = "jumper" },
    };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: stack overflow in task 'jumper'");
}

static int drive_by_hand(void *arg)
{
    struct coil_coroutine *co;

    (void)arg;
    ASSERT_EQ(coil_coroutine_new(&co, overflow, NULL, 0), 0);
    return coil_coroutine_send(co, NULL, NULL);
}

static void run_by_hand(void *arg)
{
    (void)!coil_run(drive_by_hand, arg);
}

TEST(overflow_in_a_coroutine_without_a_task_is_said_so)
{
    skip_if_taken();
    child_run(&the_child, run_by_hand, NULL);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text, "coil: stack overflow in a coroutine");
}

static int write_to_nowhere(void *arg)
{
    volatile int *volatile nowhere = NULL;

    (void)arg;
    *nowhere = 1;
    return 0;
}

TEST(overflow_is_not_what_other_faults_are_called)
{
    struct plan plan = { .fn = write_to_nowhere };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}

static int send_itself_sigsegv(void *arg)
{
    (void)arg;
    ASSERT_EQ(kill(getpid(), SIGSEGV), 0);
    return 0;
}

TEST(overflow_handler_lets_a_signal_that_was_sent_end_the_program)
{
    struct plan plan = { .fn = send_itself_sigsegv };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}

static void fault_in_callback(void *arg)
{
    write_to_nowhere(arg);
}

static int call_back(void *arg)
{
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle,
                                  fault_in_callback, arg),
              0);
    return coil_yield();
}

static void run_callback(void *arg)
{
    (void)!coil_run(call_back, arg);
}

TEST(overflow_is_not_what_a_fault_in_a_callback_is_called)
{
    skip_if_taken();
    child_run(&the_child, run_callback, NULL);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}

static int start_task_from_nowhere(void *arg)
{
    const struct coil_task_options options = { .name = "orphan" };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_at(&task, overflow, arg, &options, NULL), 0);
    return coil_task_await(task);
}

static void run_task_from_nowhere(void *arg)
{
    (void)!coil_run(start_task_from_nowhere, arg);
}

TEST(overflow_of_a_task_whose_origin_is_not_known)
{
    skip_if_taken();
    child_run(&the_child, run_task_from_nowhere, NULL);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: stack overflow in task 'orphan'");
    ASSERT_STR_CONTAINS(the_child.text, ": give it a larger stack_size");
    ASSERT_NULL(strstr(the_child.text, "made at"));
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
    (void)number;
    alarms++;
}

/* It gets a signal when so many bytes of its stack are left. */
static COIL_NOINLINE int be_interrupted(void *arg)
{
    size_t left = *(const size_t *)arg;
    volatile char *room = __builtin_alloca(coil_stack_remaining() - left);

    room[0] = 0;
    raise(SIGALRM);
    return room[0];
}

static int interrupt_task(void *arg)
{
    const struct coil_task_options options = { .stack_size = 64 << 10,
                                               .name = "deep" };
    struct coil_task *task;
    int rc;

    ASSERT_EQ(coil_task_create_with(&task, be_interrupted, arg, &options), 0);
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

/* The handler has no SA_ONSTACK, as in most programs. */
static void run_interrupted(void *arg)
{
    const struct sigaction action = { .sa_handler = count_alarm };

    sigaction(SIGALRM, &action, NULL);
    ASSERT_EQ(coil_run(interrupt_task, arg), 0);
    ASSERT_EQ(alarms, 1);
}

/* The kernel finds no room for the signal's frame. */
TEST(overflow_by_the_frame_of_a_signal_is_named)
{
    unsigned named = 0;

    skip_if_taken();
    for (size_t left = 512; left <= 16384; left += 256) {
        child_run(&the_child, run_interrupted, &left);
        if (WIFEXITED(the_child.status)) {
            ASSERT_CHILD_EXITED(&the_child, 0);
            expect_no_report();
            continue;
        }
        ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
        ASSERT_STR_CONTAINS(the_child.text,
                            "coil: stack overflow in task 'deep'");
        named++;
    }
    ASSERT_GT(named, 0);
    /* The last one has room for any frame. */
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static void say(const char *text)
{
    ssize_t ignored = write(STDOUT_FILENO, text, strlen(text));

    (void)ignored;
}

static void *told_address;

/*
 * Most kernels give SI_KERNEL and no address then; others give the address of
 * the guard. This test does what the former do.
 */
static COIL_NOINLINE int be_killed(void *arg)
{
    size_t left = *(const size_t *)arg;
    /* The first call of each function needs room for looking it up. */
    long self = syscall(SYS_gettid);
    volatile char *room;
    siginfo_t info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };

    info.si_addr = told_address;
    say("");
    room = __builtin_alloca(coil_stack_remaining() - left);
    room[0] = 0;
    (void)!syscall(SYS_rt_tgsigqueueinfo, self, self, SIGSEGV, &info);
    say("it goes on\n");
    return room[0];
}

static int kill_task(void *arg)
{
    const struct coil_task_options options = { .stack_size = 64 << 10,
                                               .name = "deep" };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, be_killed, arg, &options), 0);
    return coil_task_await(task);
}

static void run_killed(void *arg)
{
    (void)!coil_run(kill_task, arg);
}

static void expect_killed(size_t left)
{
    child_run(&the_child, run_killed, &left);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    if (strstr(the_child.text, "it goes on"))
        FAIL("the task has gone on");
}

#if defined(__x86_64__)
/* The same, with so many bytes between the stack pointer and the stack. */
static int be_killed_below(void *arg)
{
    size_t below = *(const size_t *)arg;
    uintptr_t low =
        (uintptr_t)__builtin_frame_address(0) - coil_stack_remaining();
    uintptr_t sp = (low - below) & ~(uintptr_t)15;
    siginfo_t info = { .si_signo = SIGSEGV, .si_code = SI_KERNEL };
    long call = SYS_rt_tgsigqueueinfo;
    long self = getpid();
    /* This comes last: a call would change the register. */
    register const siginfo_t *told __asm__("r10") = &info;

    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %[sp], %%rsp\n\t"
                     "syscall\n\t"
                     "mov %%rbx, %%rsp"
                     : "+a"(call)
                     : [sp] "r"(sp), "D"(self), "S"(self), "d"(SIGSEGV),
                       "r"(told)
                     : "rbx", "rcx", "r11", "memory");
    say("it goes on\n");
    return 0;
}

static int kill_task_below(void *arg)
{
    const struct coil_task_options options = { .name = "deep" };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, be_killed_below, arg, &options), 0);
    return coil_task_await(task);
}

static void run_killed_below(void *arg)
{
    (void)!coil_run(kill_task_below, arg);
}

/* The stack pointer was moved, and nothing has been touched yet. */
TEST(overflow_is_named_with_the_stack_pointer_in_the_guard_only)
{
    size_t in_guard = 1024;
    size_t far_below = 1 << 30;

    skip_if_taken();
    child_run(&the_child, run_killed_below, &in_guard);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    ASSERT_STR_CONTAINS(the_child.text, "coil: stack overflow in task 'deep'");
    child_run(&the_child, run_killed_below, &far_below);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}
#endif

/* How much room the kernel needs for a signal differs from processor to processor. */
static size_t room_for_a_signal(void)
{
    size_t size = getauxval(AT_MINSIGSTKSZ);

    return size > 0 ? size : 2048;
}

TEST(overflow_that_the_kernel_tells_without_an_address_is_named)
{
    size_t room = room_for_a_signal();

    skip_if_taken();
    for (size_t left = 1024; left <= room; left += 128) {
        expect_killed(left);
        ASSERT_STR_CONTAINS(the_child.text,
                            "coil: stack overflow in task 'deep'");
    }
}

TEST(overflow_is_not_what_the_kernel_tells_with_room_for_a_frame)
{
    skip_if_taken();
    expect_killed(32 << 10);
    expect_no_report();
}

TEST(overflow_is_not_what_the_kernel_tells_of_another_address)
{
    skip_if_taken();
    told_address = &the_child;
    expect_killed(1024);
    expect_no_report();
}

/* This fault has no address either, and is far from the end of the stack. */
static int read_where_nothing_can_be(void *arg)
{
    volatile int *volatile nowhere = (int *)((uintptr_t)1 << 62);

    (void)arg;
    return *nowhere;
}

TEST(overflow_is_not_what_an_impossible_address_is_called)
{
    struct plan plan = { .fn = read_where_nothing_can_be };

    skip_if_taken();
    child_run(&the_child, run_plan, &plan);
    ASSERT_CHILD_KILLED(&the_child, SIGSEGV);
    expect_no_report();
}
