/* SPDX-License-Identifier: MIT */
/*
 * Backtraces of stacks that run and of stacks that wait: all frames, in order,
 * with frames of every kind that compilers make, compared with libgcc's; and a
 * short answer from a stack that makes no sense.
 */
#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unwind.h>

#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "trace/symbols.h"
#include "trace/backtrace.h"
#include "sched/coroutine.h"
#include "inspect/dump.h"
#include "names.h"
#include "test.h"

/* The functions of a backtrace, innermost first: "third second first ". */
static char names[4096];

static void name_frames(const struct coil_frame *frames, size_t count)
{
    struct coil_symbols symbols = { .count = 0 };
    struct coil_symbol symbol;

    names[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        bool known =
            coil__symbols_find(&symbols, frames[i].pc, &symbol) && symbol.name;

        /* The name without a suffix such as ".constprop.0". */
        snprintf(names + strlen(names), sizeof names - strlen(names), "%.*s ",
                 known ? (int)strcspn(symbol.name, ".") : 1,
                 known ? symbol.name : "?");
    }
    coil__symbols_fini(&symbols);
}

static struct coil_stack_range range_of(const struct coil_coroutine *co)
{
    return (struct coil_stack_range){ (uintptr_t)co->stack->low,
                                      (uintptr_t)co->stack->top };
}

static void name_left(const struct coil_coroutine *co)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];

    name_frames(frames, coil__backtrace_left(&co->context.at, range_of(co),
                                             frames, COIL__BACKTRACE_MAX));
}

static void skip_if_there_are_none(void)
{
    struct coil_frame frame;
    struct coil_stack_range range = {
        (uintptr_t)__builtin_frame_address(0) - 65536, UINTPTR_MAX
    };

    if (coil__backtrace_here(range, &frame, 1) == 0)
        SKIP("no backtraces on this CPU, or with this C library");
}

/* ---- frames of every kind ------------------------------------------------- */

static COIL_NOINLINE int yield_plain(void)
{
    return coil_coroutine_yield(NULL, NULL) + zero;
}

/* The frame is found through a frame pointer. */
static COIL_NOINLINE int yield_below_alloca(int size)
{
    volatile char *room = alloca((size_t)size);

    room[0] = 1;
    return yield_plain() + room[0] + zero;
}

/* The frame is found through an expression. */
static COIL_NOINLINE int yield_below_aligned(int size)
{
    _Alignas(256) volatile char room[300];

    room[size] = 1;
    return yield_below_alloca(size) + room[size] + zero;
}

/* So many arguments that some are passed on the stack. */
static COIL_NOINLINE int yield_below_many(int a, int b, int c, int d, int e,
                                          int f, int g, int h, int i)
{
    return yield_below_aligned(a + b + c + d + e + f + g + h + i) + i + zero;
}

static int yield_through_all(void *arg)
{
    (void)arg;
    return yield_below_many(1, 2, 3, 4, 5, 6, 7, 8, 9) + zero;
}

static struct coil_coroutine *suspended(coil_fn fn, void *arg)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, fn, arg, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    return co;
}

TEST(backtrace_of_what_is_left_has_every_frame)
{
    struct coil_coroutine *co = suspended(yield_through_all, NULL);

    skip_without_names();
    skip_if_there_are_none();
    name_left(co);
    ASSERT_STR_CONTAINS(names,
                        "coil_coroutine_yield yield_plain "
                        "yield_below_alloca yield_below_aligned "
                        "yield_below_many yield_through_all run_by_hand ");
    coil_coroutine_free(co);
}

TEST(backtrace_ends_at_the_bottom_of_the_stack)
{
    struct coil_coroutine *co = suspended(yield_through_all, NULL);
    size_t length;

    skip_if_there_are_none();
    name_left(co);
    length = strlen(names);
    ASSERT_GT(length, 12);
    /* What the first frame of every coroutine by hand calls. */
    ASSERT_STR_EQ(names + length - 12, "run_by_hand ");
    coil_coroutine_free(co);
}

TEST(backtrace_of_what_has_not_begun_is_no_more_than_that)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, yield_through_all, NULL, 0), 0);
    ASSERT_LE(coil__backtrace_left(&co->context.at, range_of(co), frames,
                                   COIL__BACKTRACE_MAX),
              1);
    coil_coroutine_free(co);
}

static COIL_NOINLINE int descend(int depth)
{
    return (depth == 0 ? yield_plain() : descend(depth - 1)) + zero;
}

static int yield_deep(void *arg)
{
    (void)arg;
    return descend(1000) + zero;
}

TEST(backtrace_has_as_many_frames_as_fit)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_coroutine *co = suspended(yield_deep, NULL);

    skip_if_there_are_none();
    for (size_t max = 0; max <= COIL__BACKTRACE_MAX; max++)
        ASSERT_EQ(
            coil__backtrace_left(&co->context.at, range_of(co), frames, max),
            max);
    coil_coroutine_free(co);
}

/* ---- beside libgcc's ------------------------------------------------------ */

#ifdef COIL_NO_UNWINDER

TEST(backtrace_of_the_caller_is_what_libgcc_says)
{
    SKIP("libgcc's unwinder does not link with this C library");
}

#else

struct calls {
    uintptr_t pc[COIL__BACKTRACE_MAX];
    size_t count;
};

static _Unwind_Reason_Code note_call(struct _Unwind_Context *context, void *arg)
{
    struct calls *calls = arg;

    if (calls->count < COIL__BACKTRACE_MAX)
        calls->pc[calls->count++] = (uintptr_t)_Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static COIL_NOINLINE int compare_backtraces(void)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_coroutine *co = coil_coroutine_current();
    struct calls calls = { .count = 0 };
    size_t count;

    _Unwind_Backtrace(note_call, &calls);
    count = coil__backtrace_here(range_of(co), frames, COIL__BACKTRACE_MAX);
    name_frames(frames, count);
    /*
     * The first frame is this one, at two places. libgcc's trace goes on to
     * `begin`, and reports the end.
     */
    ASSERT_GE(count, 6);
    ASSERT_GE(calls.count, count);
    ASSERT_LE(calls.count, count + 2);
    for (size_t i = 1; i < count; i++)
        ASSERT_EQ(frames[i].pc, calls.pc[i] - 1);
    return 0;
}

static COIL_NOINLINE int compare_below_aligned(int size)
{
    _Alignas(128) volatile char room[200];
    volatile char *more = alloca((size_t)size);

    room[size] = 1;
    more[0] = 1;
    return compare_backtraces() + room[size] + zero - 1;
}

static COIL_NOINLINE int compare_descending(int depth)
{
    return (depth == 0 ? compare_below_aligned(50)
                       : compare_descending(depth - 1)) +
           zero;
}

static int compare_in_coroutine(void *arg)
{
    (void)arg;
    return compare_descending(3) + zero;
}

TEST(backtrace_of_the_caller_is_what_libgcc_says)
{
    struct coil_coroutine *co;

    skip_if_there_are_none();
    ASSERT_EQ(coil_coroutine_new(&co, compare_in_coroutine, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_STR_CONTAINS(names, "compare_backtraces compare_below_aligned "
                               "compare_descending ");
    coil_coroutine_free(co);
}

#endif

/* ---- signals -------------------------------------------------------------- */

static struct coil_coroutine *interrupted;

static void name_interrupted(int number, siginfo_t *info, void *ucontext)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];

    (void)number;
    (void)info;
    name_frames(frames, coil__backtrace_signal(ucontext, range_of(interrupted),
                                               frames, COIL__BACKTRACE_MAX));
}

/* Without the kernel's help: through the frame that the kernel has made. */
static void name_here(int number)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];

    (void)number;
    name_frames(frames, coil__backtrace_here(range_of(interrupted), frames,
                                             COIL__BACKTRACE_MAX));
}

static COIL_NOINLINE int trap(void)
{
    return raise(SIGUSR1) + zero;
}

static int trap_in_coroutine(void *arg)
{
    (void)arg;
    return trap() + zero;
}

static void run_interrupted(void)
{
    ASSERT_EQ(coil_coroutine_new(&interrupted, trap_in_coroutine, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(interrupted, NULL, NULL), 0);
    coil_coroutine_free(interrupted);
}

TEST(backtrace_of_what_a_signal_interrupted)
{
    struct sigaction action = { .sa_sigaction = name_interrupted,
                                .sa_flags = SA_SIGINFO };

    skip_if_there_are_none();
    sigaction(SIGUSR1, &action, NULL);
    run_interrupted();
    ASSERT_STR_CONTAINS(names, "trap trap_in_coroutine run_by_hand ");
}

TEST(backtrace_goes_through_the_frame_of_a_signal)
{
    struct sigaction action = { .sa_handler = name_here };

    skip_if_there_are_none();
    sigaction(SIGUSR1, &action, NULL);
    run_interrupted();
    ASSERT_STR_CONTAINS(names, "name_here ");
    ASSERT_STR_CONTAINS(names, "trap trap_in_coroutine run_by_hand ");
}

#if defined(__x86_64__)

/*
 * As the stubs through which calls of other libraries go: some linkers describe
 * no frame of them.
 */
int undescribed_stub(void);

__asm__(".pushsection .text\n"
        ".type undescribed_stub, @function\n"
        "undescribed_stub:\n\t"
        "int3\n\t"
        "xorl %eax, %eax\n\t"
        "ret\n"
        ".size undescribed_stub, . - undescribed_stub\n"
        ".popsection");

static COIL_NOINLINE int call_stub(void)
{
    return undescribed_stub() + zero;
}

static int stub_in_coroutine(void *arg)
{
    (void)arg;
    return call_stub() + zero;
}

TEST(backtrace_of_a_stub_that_a_signal_interrupted)
{
    struct sigaction action = { .sa_sigaction = name_interrupted,
                                .sa_flags = SA_SIGINFO };

    skip_if_there_are_none();
    sigaction(SIGTRAP, &action, NULL);
    ASSERT_EQ(coil_coroutine_new(&interrupted, stub_in_coroutine, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(interrupted, NULL, NULL), 0);
    coil_coroutine_free(interrupted);
    ASSERT_STR_EQ(names,
                  "undescribed_stub call_stub stub_in_coroutine run_by_hand ");
}

#endif

/* ---- stacks that make no sense -------------------------------------------- */

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33 ^ random_state << 20;
}

/* Read where no tool that knows of frames checks it. */
__attribute__((no_sanitize_address, no_sanitize_thread)) static void
copy_words(uintptr_t *to, const uintptr_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = ((const volatile uintptr_t *)from)[i];
}

TEST(backtrace_of_a_damaged_stack_is_short)
{
    static uintptr_t copy[4096];
    static uintptr_t damaged[4096];
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_coroutine *co = suspended(yield_through_all, NULL);
    const struct coil_switch at = co->context.at;
    uintptr_t sp = (uintptr_t)at.sp;
    size_t words = ((uintptr_t)co->stack->top - sp) / sizeof copy[0];

    skip_if_there_are_none();
    if (words > 4096)
        words = 4096;
    copy_words(copy, at.sp, words);
    for (int i = 0; i < 20000; i++) {
        struct coil_switch there = at;
        struct coil_stack_range range = { (uintptr_t)damaged,
                                          (uintptr_t)(damaged + words) };

        memcpy(damaged, copy, words * sizeof copy[0]);
        for (int n = 0; n < 8; n++)
            damaged[next_random() % words] =
                next_random() % 2 ? next_random() : copy[next_random() % words];
        there.sp = (char *)damaged + (next_random() % 64) * 8;
        there.fp = (char *)damaged + next_random() % (words * 8);
        ASSERT_LE(
            coil__backtrace_left(&there, range, frames, COIL__BACKTRACE_MAX),
            COIL__BACKTRACE_MAX);
    }
    coil_coroutine_free(co);
}

TEST(backtrace_from_anywhere_reads_only_the_range)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_coroutine *co = suspended(yield_through_all, NULL);
    struct coil_stack_range range = range_of(co);
    struct coil_stack_range none = { range.top, range.top };

    skip_if_there_are_none();
    ASSERT_LE(coil__backtrace_left(&co->context.at, none, frames,
                                   COIL__BACKTRACE_MAX),
              1);
    for (int i = 0; i < 20000; i++) {
        struct coil_switch there = co->context.at;

        there.sp = (void *)(uintptr_t)next_random();
        there.fp = (void *)(uintptr_t)next_random();
        if (i % 2)
            there.pc = (char *)there.pc + next_random() % 65536 - 32768;
        coil__backtrace_left(&there, range, frames, COIL__BACKTRACE_MAX);
    }
    coil_coroutine_free(co);
}

/* ---- tasks ---------------------------------------------------------------- */

static COIL_NOINLINE int wait_for(struct coil_event *event)
{
    return coil_event_wait(event) + zero;
}

static int wait_in_task(void *arg)
{
    return wait_for(arg) + zero;
}

static bool functions_are_known;

static int look_at_task(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_task *task;
    size_t count;

    (void)arg;
    ASSERT_EQ(coil_task_create(&task, wait_in_task, &event), 0);
    ASSERT_EQ(coil_yield(), 0);
    count = coil__dump_frames(task, frames, COIL__BACKTRACE_MAX);
    name_frames(frames, count);
    functions_are_known = count > 0 && frames[0].function;
    coil_event_set(&event);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    return 0;
}

TEST(backtrace_of_a_task_ends_with_its_function)
{
    skip_if_there_are_none();
    ASSERT_EQ(coil_run(look_at_task, NULL), 0);
    ASSERT_STR_CONTAINS(names, " wait_for wait_in_task ");
    if (!functions_are_known)
        SKIP("the library's own functions are not known");
    ASSERT_STR_EQ(strstr(names, "wait_in_task "), "wait_in_task ");
    ASSERT_NULL(strstr(names, "coil__wait "));
}
