/* SPDX-License-Identifier: MIT */
/*
 * The task against B4 of asyncio's behaviour, TASK-1 and §2.12: how it is made,
 * and what it gets.
 */
#include <fenv.h>
#include <stdalign.h>

#include "bodies.h"
#include "jobs.h"

/* ---- creation ---- */

/* TASK-1 */
CORE_TEST(task_starts_in_the_next_turn_in_order_of_creation)
{
    struct coil_task *a = start(say_arg, "a");
    struct coil_task *b = start(say_arg, "b");

    ASSERT_EQ(coil_task_create(NULL, say_arg, "c"), 0);
    SAID("");
    turn();
    SAID("a b c ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

static int create_another(void *arg)
{
    say("first ");
    return coil_task_create(NULL, say_arg, arg);
}

/* TASK-1, LOOP-2 */
CORE_TEST(task_created_by_a_task_starts_a_turn_later)
{
    struct coil_task *a = start(create_another, "second");

    turn();
    SAID("first ");
    turn();
    SAID("second ");
    ASSERT_EQ(end_of(a), 0);
}

TEST(task_needs_a_running_loop)
{
    struct coil_task *task = NULL;

    ASSERT_EQ(coil_task_create(&task, say_arg, "a"), -EINVAL);
    ASSERT_NULL(task);
}

static void count_destroyed(void *arg)
{
    ++*(int *)arg;
}

CORE_TEST(task_options_out_of_range_make_no_task)
{
    char large[1025] = "";
    int destroyed = 0;
    struct coil_task *task = NULL;
    const struct coil_task_options stack = {
        .stack_size = ((size_t)1 << 30) + 1,
        .arg_destroy = count_destroyed,
    };
    const struct coil_task_options argument = {
        .arg_size = sizeof large,
        .arg_destroy = count_destroyed,
    };

    ASSERT_EQ(coil_task_create_with(&task, say_arg, &destroyed, &stack),
              -EINVAL);
    ASSERT_EQ(coil_task_create_with(&task, say_arg, large, &argument), -EINVAL);
    ASSERT_EQ(coil_task_create_copy(&task, say_arg, &large), -EINVAL);
    ASSERT_NULL(task);
    ASSERT_EQ(destroyed, 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    turn();
    SAID("");
}

/* TASK-1: a task that could not be made is not listed. */
CORE_TEST(task_without_memory_is_not_made)
{
    int destroyed = 0;
    struct coil_task *task = NULL;
    const struct coil_task_options options = { .arg_destroy = count_destroyed };

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_task_create_with(&task, say_arg, &destroyed, &options),
              -ENOMEM);
    ASSERT_NULL(task);
    ASSERT_EQ(destroyed, 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(coil_task_create(&task, say_arg, "a"), 0);
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
}

static int create_while_closing(void *arg)
{
    struct coil_task *task = NULL;

    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    say("create %d ", coil_task_create(&task, say_arg, "never"));
    ASSERT_NULL(task);
    return 0;
}

static int leave_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, create_while_closing, NULL), 0);
    return coil_yield();
}

/* RUN-2 */
TEST(task_is_not_made_while_the_loop_is_closing)
{
    ASSERT_EQ(coil_test_run(leave_one, NULL, 0), 0);
    SAID("create -22 ");
}

static int count_down(void *arg)
{
    int *left = arg;

    ASSERT_EQ(coil_yield(), 0);
    --*left;
    return 0;
}

CORE_TEST(task_is_one_of_ten_thousand)
{
    int left = 10000;

    for (int i = 0; i < 10000; i++)
        ASSERT_EQ(coil_task_create(NULL, count_down, &left), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(left, 0);
}

/* ---- the argument ---- */

struct small {
    int n;
};

static int return_n(void *arg)
{
    const struct small *small = arg;

    return small->n;
}

/* §2.12 */
CORE_TEST(task_gets_a_copy_of_its_argument)
{
    struct coil_task *tasks[3];

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create_copy(&tasks[i], return_n,
                                        &(struct small){ .n = i }),
                  0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), i);
}

static int check_bytes(void *arg)
{
    const unsigned char *bytes = arg;

    for (int i = 0; i < 1024; i++)
        ASSERT_EQ(bytes[i], i % 251);
    ASSERT_EQ(coil_yield(), 0);
    for (int i = 0; i < 1024; i++)
        ASSERT_EQ(bytes[i], i % 251);
    return 0;
}

CORE_TEST(task_argument_may_have_1024_bytes)
{
    unsigned char bytes[1024];
    struct coil_task *a;
    struct coil_task *b;

    for (int i = 0; i < 1024; i++)
        bytes[i] = (unsigned char)(i % 251);
    ASSERT_EQ(coil_task_create_copy(&a, check_bytes, &bytes), 0);
    ASSERT_EQ(coil_task_create_copy(&b, check_bytes, &bytes), 0);
    memset(bytes, 0, sizeof bytes);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

struct aligned {
    char c;
    alignas(max_align_t) char d[16];
};

static int check_alignment(void *arg)
{
    const struct aligned *aligned = arg;

    ASSERT_EQ((uintptr_t)aligned % alignof(max_align_t), 0);
    return aligned->d[15];
}

CORE_TEST(task_argument_is_aligned_for_every_type)
{
    const struct aligned aligned = { .c = 'c', .d[15] = 15 };
    struct coil_task *tasks[20];

    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_task_create_copy(&tasks[i], check_alignment, &aligned),
                  0);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 15);
}

CORE_TEST(task_argument_that_is_not_copied_is_shared)
{
    int n = 1;
    struct coil_task *task = start(return_pointee, &n);

    n = 2;
    ASSERT_EQ(end_of(task), 2);
}

static void say_destroyed(void *arg)
{
    say("destroy:%s ", (const char *)arg);
}

/* CAN-2, §2.12 */
CORE_TEST(task_argument_is_destroyed_when_the_task_ends)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_with(say_arg, "a", &options);

    ASSERT_EQ(coil_future_add_done_callback(
                  coil_task_future(task), &callback,
                  (coil_future_fn)(void (*)(void))say_destroyed, NULL),
              0);
    ASSERT(coil_future_remove_done_callback(coil_task_future(task), &callback));
    turn();
    SAID("a destroy:a ");
    ASSERT_EQ(end_of(task), 0);
    SAID("");
}

CORE_TEST(task_argument_is_destroyed_when_the_task_fails)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };
    struct coil_task *task = start_with(
        do_job, &(struct job){ .name = "a", .result = -EIO }, &options);

    coil_task_cancel(task);
    coil_task_release(task);
    forget();
    turn();
    ASSERT_EQ(strncmp(trace, "destroy:", 8), 0);
    forget();
}

static void check_copy(void *arg)
{
    const struct small *small = arg;

    say("destroy:%d ", small->n);
}

CORE_TEST(task_argument_that_is_destroyed_is_the_copy)
{
    struct small small = { .n = 1 };
    const struct coil_task_options options = {
        .arg_size = sizeof small,
        .arg_destroy = check_copy,
    };
    struct coil_task *task = start_with(return_n, &small, &options);

    small.n = 2;
    ASSERT_EQ(end_of(task), 1);
    SAID("destroy:1 ");
}

static int leave_cancelled(void *arg)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };

    (void)arg;
    coil_task_release(start_with(say_arg, "a", &options));
    return 0;
}

/* RUN-2 */
TEST(task_argument_is_destroyed_when_the_loop_closes_before_the_start)
{
    ASSERT_EQ(coil_test_run(leave_cancelled, NULL, 0), 0);
    SAID("a destroy:a ");
}

/* ---- the stack and the floating-point environment ---- */

static int check_stack(void *arg)
{
    size_t size = (size_t)(uintptr_t)arg;
    char below[2000];

    ASSERT_GE(coil_stack_remaining() + 4096, size);
    memset(below, 1, sizeof below);
    return below[7];
}

static int use_a_megabyte(void *arg)
{
    volatile char large[1 << 20];

    (void)arg;
    for (size_t i = 0; i < sizeof large; i += 512)
        large[i] = 1;
    ASSERT_EQ(coil_yield(), 0);
    return large[512];
}

CORE_TEST(task_stack_is_as_large_as_was_asked_for)
{
    static const size_t sizes[] = { 16384, 65536, 196608, 1u << 20, 16u << 20 };
    const struct coil_task_options large = { .stack_size = (1u << 20) + 8192 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct coil_task_options options = { .stack_size = sizes[i] };

        ASSERT_EQ(end_of(start_with(check_stack, number((intptr_t)sizes[i]),
                                    &options)),
                  1);
    }
    ASSERT_EQ(end_of(start_with(use_a_megabyte, NULL, &large)), 1);
}

static int round_upwards(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            fesetround(FE_UPWARD);
        ASSERT_EQ(fegetround(), FE_UPWARD);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int round_as_everybody(void *arg)
{
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(fegetround(), (int)(intptr_t)arg);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

CORE_TEST(task_keeps_a_floating_point_environment_of_its_own)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *a = start(round_as_everybody, number(FE_TONEAREST));
    struct coil_task *b = start_with(round_upwards, NULL, &own);
    struct coil_task *c = start(round_as_everybody, number(FE_TONEAREST));
    struct coil_task *d =
        start_with(round_as_everybody, number(FE_TONEAREST), &own);

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(end_of(d), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}

CORE_TEST(task_floating_point_environment_is_that_of_its_creation)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *a;

    fesetround(FE_DOWNWARD);
    a = start_with(round_as_everybody, number(FE_DOWNWARD), &own);
    fesetround(FE_TONEAREST);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}

SEEDS_TEST(task_floating_point_environments_are_not_mixed_up)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *tasks[9];

    for (int i = 0; i < 9; i++)
        tasks[i] = i % 3 == 0
                       ? start_with(round_upwards, NULL, &own)
                       : start_with(round_as_everybody, number(FE_TONEAREST),
                                    i % 3 == 1 ? &own : NULL);
    for (int i = 0; i < 9; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}
