/* SPDX-License-Identifier: MIT */
/*
 * The stack switch: what it must keep, and what a coroutine's stack must be so
 * that ordinary C code runs on it.
 */
/* LABELS: threads */
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/coroutine.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "context/context.h"
#include "context/stack.h"
#include "test.h"

/* ---- registers ------------------------------------------------------------ */

/* The switch as a function, for each way in which the switch is made. */
COIL_NO_TSAN COIL_NOINLINE static void plain_switch(struct coil_switch *from,
                                                    struct coil_switch *to)
{
    coil__switch(from, to);
}

/*
 * void marked_switch(struct coil_switch *from, struct coil_switch *to,
 *                    const uint64_t in[], uint64_t out[],
 *                    void (*function)(struct coil_switch *,
 *                                     struct coil_switch *))
 *
 * Call `function`, which is plain_switch(), with the callee-saved registers set
 * to `in`; what they are when it returns is stored in `out`.  Assembly that named
 * the function would not find it in a program that is optimised as a whole.
 */
#if defined(__x86_64__)
enum { REGISTERS = 6 };
__asm__(".text\n"
        ".globl marked_switch\n"
        ".type marked_switch, @function\n"
        "marked_switch:\n"
        "    pushq %rbx\n"
        "    pushq %rbp\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    pushq %rcx\n"
        "    movq 0(%rdx), %rbx\n"
        "    movq 8(%rdx), %rbp\n"
        "    movq 16(%rdx), %r12\n"
        "    movq 24(%rdx), %r13\n"
        "    movq 32(%rdx), %r14\n"
        "    movq 40(%rdx), %r15\n"
        "    call *%r8\n"
        "    popq %rcx\n"
        "    movq %rbx, 0(%rcx)\n"
        "    movq %rbp, 8(%rcx)\n"
        "    movq %r12, 16(%rcx)\n"
        "    movq %r13, 24(%rcx)\n"
        "    movq %r14, 32(%rcx)\n"
        "    movq %r15, 40(%rcx)\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbp\n"
        "    popq %rbx\n"
        "    ret\n"
        ".size marked_switch, . - marked_switch\n");
#elif defined(__aarch64__)
enum { REGISTERS = 19 };
__asm__(".text\n"
        ".globl marked_switch\n"
        ".type marked_switch, %function\n"
        "marked_switch:\n"
        "    sub sp, sp, #176\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    str x3, [sp, #160]\n"
        "    ldp x19, x20, [x2, #0]\n"
        "    ldp x21, x22, [x2, #16]\n"
        "    ldp x23, x24, [x2, #32]\n"
        "    ldp x25, x26, [x2, #48]\n"
        "    ldp x27, x28, [x2, #64]\n"
        "    ldr x29, [x2, #80]\n"
        "    ldp d8, d9, [x2, #88]\n"
        "    ldp d10, d11, [x2, #104]\n"
        "    ldp d12, d13, [x2, #120]\n"
        "    ldp d14, d15, [x2, #136]\n"
        "    blr x4\n"
        "    ldr x3, [sp, #160]\n"
        "    stp x19, x20, [x3, #0]\n"
        "    stp x21, x22, [x3, #16]\n"
        "    stp x23, x24, [x3, #32]\n"
        "    stp x25, x26, [x3, #48]\n"
        "    stp x27, x28, [x3, #64]\n"
        "    str x29, [x3, #80]\n"
        "    stp d8, d9, [x3, #88]\n"
        "    stp d10, d11, [x3, #104]\n"
        "    stp d12, d13, [x3, #120]\n"
        "    stp d14, d15, [x3, #136]\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #176\n"
        "    ret\n"
        ".size marked_switch, . - marked_switch\n");
#endif

#if defined(__x86_64__) || defined(__aarch64__)

void marked_switch(struct coil_switch *from, struct coil_switch *to,
                   const uint64_t in[], uint64_t out[],
                   void (*function)(struct coil_switch *,
                                    struct coil_switch *));

enum { ROUNDS = 1000 };

struct ping_pong {
    struct coil_context here;
    struct coil_context there;
    unsigned rounds; /* made by the other side */
};

static void mark(uint64_t registers[], uint64_t seed)
{
    for (int i = 0; i < REGISTERS; i++)
        registers[i] = seed * 0x9e3779b97f4a7c15 + (unsigned)i + 1;
}

/* As coil__context_jump(), with registers. */
static COIL_NO_TSAN void jump_marked(struct coil_context *from,
                                     struct coil_context *to, uint64_t seed)
{
    uint64_t in[REGISTERS];
    uint64_t out[REGISTERS];

    mark(in, seed);
    coil__context_prepare_jump(from, to, false);
    marked_switch(&from->at, &to->at, in, out, plain_switch);
    coil__sanitizer_enter(from);
    ASSERT_MEM_EQ(out, in, sizeof in);
}

static COIL_NO_TSAN struct coil_switch *pong(void *arg)
{
    struct ping_pong *game = arg;

    coil__sanitizer_enter(&game->there);
    while (game->rounds < ROUNDS) {
        game->rounds++;
        jump_marked(&game->there, &game->here, 1000000 + game->rounds);
    }
    return coil__context_end(&game->there, &game->here);
}

TEST(context_keeps_every_callee_saved_register)
{
    struct coil_stack_pool *pool = coil__stack_pool_new();
    struct ping_pong game = { .rounds = 0 };
    struct coil_stack *stack;

    ASSERT_EQ(coil__stack_acquire(pool, COIL_STACK_DEFAULT, &stack), 0);
    coil__context_make(&game.there, stack->low, stack->top, pong, &game);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        jump_marked(&game.here, &game.there, i);
        ASSERT_EQ(game.rounds, i);
    }
    /* A last switch, to its end: it returns. */
    jump_marked(&game.here, &game.there, 0);
    coil__context_fini(&game.there);
    coil__stack_release(pool, stack);
    coil__stack_pool_free(pool);
}

#endif

/* ---- the stack ------------------------------------------------------------ */

static size_t seen_alignments; /* one bit for each place within a page */

static COIL_NOINLINE void format(char *text, size_t size, const char *how, ...)
{
    va_list args;

    va_start(args, how);
    vsnprintf(text, size, how, args);
    va_end(args);
}

/* Of a frame's address: two words lie between it and where it was called from. */
enum { FRAME_AT = 2 * sizeof(void *) % 16 };

static int use_aligned_memory(void *arg)
{
    _Alignas(64) volatile float line[16];
    _Alignas(16) volatile double pair[2] = { 1.5, 2.25 };
    char text[128];

    (void)arg;
    ASSERT_EQ((uintptr_t)__builtin_frame_address(0) % 16, FRAME_AT);
    ASSERT_EQ((uintptr_t)line % 64, 0);
    ASSERT_EQ((uintptr_t)pair % 16, 0);
    for (int i = 0; i < 16; i++)
        line[i] = (float)i;
    /* The prologue of a function with `...` stores SSE registers, aligned. */
    format(text, sizeof text, "%d %.2f %s %.3Lf %.1f %.1f %.1f %.1f %.1f %.1f",
           1, pair[0] + pair[1], "x", (long double)0.125, 1.0, 2.0, 3.0, 4.0,
           5.0, (double)line[6]);
    ASSERT_STR_EQ(text, "1 3.75 x 0.125 1.0 2.0 3.0 4.0 5.0 6.0");
    seen_alignments |= (size_t)1
                       << (uintptr_t)__builtin_frame_address(0) / 128 % 32;
    return 0;
}

static int start_tasks_of_all_sizes(void *arg)
{
    char bytes[256] = "";
    struct coil_task *tasks[256];

    (void)arg;
    for (size_t i = 0; i < 256; i++) {
        const struct coil_task_options options = { .arg_size = i };

        ASSERT_EQ(coil_task_create_with(&tasks[i], use_aligned_memory, bytes,
                                        &options),
                  0);
    }
    for (size_t i = 0; i < 256; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(context_stack_is_aligned_for_sse_and_varargs_in_every_task)
{
    ASSERT_EQ(coil_run(start_tasks_of_all_sizes, NULL), 0);
    /* Otherwise all tasks would have lain at the same place of their page. */
    ASSERT_GT(__builtin_popcountll(seen_alignments), 8);
}

TEST(context_stack_is_aligned_in_a_coroutine)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, use_aligned_memory, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), 0);
    coil_coroutine_free(co);
}

struct ping {
    struct coil_context here;
    struct coil_context there;
    uintptr_t frame;
};

static COIL_NO_TSAN struct coil_switch *record_alignment(void *arg)
{
    struct ping *ping = arg;

    coil__sanitizer_enter(&ping->there);
    ping->frame = (uintptr_t)__builtin_frame_address(0);
    return coil__context_end(&ping->there, &ping->here);
}

TEST(context_stack_is_aligned_whatever_its_top_is)
{
    static _Alignas(64) char memory[256 << 10];
    struct ping ping = { .frame = 0 };

    for (size_t cut = 0; cut < 64; cut++) {
        char *top = memory + sizeof memory - cut;

        coil__context_make(&ping.there, memory, top, record_alignment, &ping);
        coil__context_jump(&ping.here, &ping.there);
        ASSERT_EQ(ping.frame % 16, FRAME_AT);
        ASSERT_LT(ping.frame, (uintptr_t)top);
        ASSERT_GT(ping.frame, (uintptr_t)top - 8192);
        coil__context_fini(&ping.there);
    }
}

/* ---- the floating-point environment --------------------------------------- */

enum rounding { NEAREST, DOWNWARD, UPWARD, TOWARDS_ZERO };

/* fesetround() and rounding(), without libm. */
#if defined(__x86_64__)
static void set_rounding(enum rounding mode)
{
    uint32_t csr = __builtin_ia32_stmxcsr();

    __builtin_ia32_ldmxcsr((csr & ~0x6000u) | (uint32_t)mode << 13);
}

static enum rounding rounding(void)
{
    return (enum rounding)(__builtin_ia32_stmxcsr() >> 13 & 3);
}
#elif defined(__aarch64__)
/* On this processor 1 means upward and 2 downward. */
static uint64_t swap_directions(uint64_t mode)
{
    return mode == 1 ? 2 : mode == 2 ? 1 : mode;
}

static void set_rounding(enum rounding mode)
{
    uint64_t fpcr;

    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr = (fpcr & ~((uint64_t)3 << 22)) | swap_directions(mode) << 22;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
}

static enum rounding rounding(void)
{
    uint64_t fpcr;

    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return (enum rounding)swap_directions(fpcr >> 22 & 3);
}
#else
static void set_rounding(enum rounding mode)
{
    (void)mode;
    SKIP("nobody has written how this processor rounds");
}

static enum rounding rounding(void)
{
    SKIP("nobody has written how this processor rounds");
}
#endif

/*
 * The fallback does not share them: swapcontext() keeps one for each context.
 */
static bool control_words_are_shared(void)
{
    uint32_t words[2] = { 0xdeadbeef, 0xdeadbeef };

    coil__fp_save(words);
    return words[0] != 0xdeadbeef;
}

static COIL_NOINLINE double third(void)
{
    volatile double one = 1;
    volatile double three = 3;

    return one / three;
}

static int round_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        set_rounding(UPWARD);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(rounding(), UPWARD);
        ASSERT(third() > 1.0L / 3);
    }
    return 0;
}

static int round_down(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        set_rounding(DOWNWARD);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(rounding(), DOWNWARD);
        ASSERT(third() < 1.0L / 3);
    }
    return 0;
}

static int round_to_nearest(void *arg)
{
    (void)arg;
    for (int i = 0; i < 6; i++) {
        ASSERT_EQ(rounding(), NEAREST);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int run_with_own_rounding(void *arg)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *tasks[4];

    (void)arg;
    ASSERT_EQ(coil_task_create_with(&tasks[0], round_up, NULL, &own), 0);
    ASSERT_EQ(coil_task_create(&tasks[1], round_to_nearest, NULL), 0);
    ASSERT_EQ(coil_task_create_with(&tasks[2], round_down, NULL, &own), 0);
    ASSERT_EQ(coil_task_create_with(&tasks[3], round_up, NULL, &own), 0);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        ASSERT_EQ(rounding(), NEAREST);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(context_rounding_mode_of_a_task_with_its_own_stays_there)
{
    ASSERT_EQ(coil_run(run_with_own_rounding, NULL), 0);
    ASSERT_EQ(rounding(), NEAREST);
}

static int round_towards_zero(void *arg)
{
    (void)arg;
    set_rounding(TOWARDS_ZERO);
    return 0;
}

static int see_the_others_rounding(void *arg)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(coil_task_create(&task, round_towards_zero, NULL), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    ASSERT_EQ(rounding(), TOWARDS_ZERO);
    /* Another task in between must not disturb it. */
    ASSERT_EQ(coil_task_create_with(&task, round_down, NULL, &own), 0);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    ASSERT_EQ(rounding(), TOWARDS_ZERO);
    set_rounding(NEAREST);
    return 0;
}

TEST(context_rounding_mode_is_shared_by_tasks_that_did_not_ask)
{
    if (!control_words_are_shared())
        SKIP("the ucontext fallback keeps one for each context");
    ASSERT_EQ(coil_run(see_the_others_rounding, NULL), 0);
}

static int expect_upward(void *arg)
{
    (void)arg;
    ASSERT_EQ(rounding(), UPWARD);
    return 0;
}

static int create_while_rounding_up(void *arg)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *task;

    (void)arg;
    set_rounding(UPWARD);
    ASSERT_EQ(coil_task_create_with(&task, expect_upward, NULL, &own), 0);
    set_rounding(NEAREST);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    return 0;
}

TEST(context_own_rounding_mode_begins_as_that_of_the_creator)
{
    if (!control_words_are_shared())
        SKIP("the ucontext fallback keeps one for each context");
    ASSERT_EQ(coil_run(create_while_rounding_up, NULL), 0);
}

/* ---- depth ---------------------------------------------------------------- */

/* What coil itself may use of a stack: its records, and the stagger. */
enum { OVERHEAD = 8192, RED_ZONE = 8192 };

/* The frames are large, since ThreadSanitizer knows no more than 65,536. */
static COIL_NOINLINE size_t descend(uintptr_t top)
{
    volatile char frame[2048];

    frame[0] = 1;
    if (coil_stack_remaining() < RED_ZONE)
        return top - (uintptr_t)__builtin_frame_address(0);
    return descend(top) + (size_t)(frame[0] - 1);
}

static int recurse(void *arg)
{
    const size_t *size = arg;
    uintptr_t top = (uintptr_t)__builtin_frame_address(0);

    ASSERT_GE(coil_stack_remaining() + OVERHEAD, *size);
    ASSERT_GE(descend(top) + OVERHEAD + RED_ZONE, *size);
    return 7;
}

TEST(context_recursion_may_use_the_whole_stack)
{
    static const size_t sizes[] = { 0,      1,       65536,         65537,
                                    200000, 1 << 20, (16 << 20) + 1 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i] ? sizes[i] : COIL_STACK_DEFAULT;
        struct coil_coroutine *co;

        ASSERT_EQ(coil_coroutine_new(&co, recurse, &size, sizes[i]), 0);
        ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
        ASSERT_EQ(coil_coroutine_result(co), 7);
        coil_coroutine_free(co);
    }
    ASSERT_EQ(coil_stack_remaining(), SIZE_MAX);
}

static COIL_NOINLINE int yield_at_depth(int depth)
{
    volatile char frame[100];
    int rc;

    frame[99] = (char)depth;
    rc = depth > 0 ? yield_at_depth(depth - 1) : coil_yield();
    ASSERT_EQ(frame[99], (char)depth);
    return rc;
}

static int yield_deep_down(void *arg)
{
    const int *depth = arg;

    for (int i = 0; i < 10; i++)
        ASSERT_EQ(yield_at_depth(*depth), 0);
    return 0;
}

static int run_deep_ones(void *arg)
{
    struct coil_task *tasks[20];

    (void)arg;
    for (int i = 0; i < 20; i++) {
        int depth = i * 15;

        ASSERT_EQ(coil_task_create_copy(&tasks[i], yield_deep_down, &depth), 0);
    }
    for (int i = 0; i < 20; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(context_switch_at_any_depth_leaves_the_frames_alone)
{
    ASSERT_EQ(coil_run(run_deep_ones, NULL), 0);
}

/* ---- many switches -------------------------------------------------------- */

#define SWITCHES ((uintptr_t)1 << 19) /* there, and as many back */

static int echo_plus_one(void *arg)
{
    void *sent = NULL;
    uintptr_t count = 0;

    (void)arg;
    for (;;) {
        int rc = coil_coroutine_yield((void *)((uintptr_t)sent + 1), &sent);

        if (rc < 0)
            return rc;
        ASSERT_EQ((uintptr_t)sent, ++count);
    }
}

TEST(context_survives_a_million_switches)
{
    struct coil_coroutine *co;
    void *got;

    ASSERT_EQ(coil_coroutine_new(&co, echo_plus_one, NULL, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &got), 1);
    for (uintptr_t i = 1; i <= SWITCHES; i++) {
        ASSERT_EQ(coil_coroutine_send(co, (void *)i, &got), 1);
        ASSERT_EQ((uintptr_t)got, i + 1);
    }
    coil_coroutine_free(co);
}

/* ---- debuggers and runtimes ----------------------------------------------- */

#if __has_include(<execinfo.h>)

#include <execinfo.h>

static int count_frames(void *arg)
{
    void *frames[256];
    int *count = arg;

    *count = backtrace(frames, 256);
    return 0;
}

TEST(context_backtrace_ends_at_the_bottom_of_a_coroutine)
{
    struct coil_coroutine *co;
    int count = 0;

#if !defined(__x86_64__) && !defined(__aarch64__)
    SKIP("where a walk begins and ends is the C library's business here");
#endif
    ASSERT_EQ(coil_coroutine_new(&co, count_frames, &count, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    coil_coroutine_free(co);
    ASSERT_GE(count, 2);
    ASSERT_LE(count, 8);
}

#else

TEST(context_backtrace_ends_at_the_bottom_of_a_coroutine)
{
    SKIP("this C library has no backtrace()");
}

#endif

static int find_cplusplus(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    return strstr(info->dlpi_name, "libstdc++") ||
           strstr(info->dlpi_name, "libc++");
}

TEST(context_needs_no_cplusplus_runtime)
{
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("the sanitizer's own library needs one");
#endif
    if (dl_iterate_phdr(find_cplusplus, NULL))
        FAIL("a C++ runtime was loaded");
}
