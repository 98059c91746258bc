/* SPDX-License-Identifier: MIT */
/*
 * The cost of a parked task: one page, and a few bytes beside it.
 * memory_million.c has ten times as many tasks.
 */
#include "memory_test.h"

enum { TASKS = 100000, BYTES_EACH = 4710 /* 4.6 KiB */ };

TEST(memory_of_100000_parked_tasks_is_little_more_than_a_page_each)
{
    ASSERT_LE(measure_parked_tasks(TASKS) / TASKS, BYTES_EACH);
}

static int run_them_again(void *arg)
{
    struct parking *parking = arg;
    size_t once;

    ASSERT_EQ(park_and_wake(parking), 0);
    once = resident_memory();
    for (int i = 0; i < 5; i++) {
        parking->woken = 0;
        coil_event_clear(&parking->event);
        ASSERT_EQ(park_and_wake(parking), 0);
    }
    ASSERT_LT(resident_memory(), once + (8 << 20));
    return 0;
}

TEST(memory_of_tasks_that_have_ended_is_used_again)
{
    static struct coil_task *tasks[10000];
    struct parking parking = { .count = 10000, .tasks = tasks };

    if (!has_guards_without_mappings())
        SKIP("this kernel needs a mapping for each guard");
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("a sanitizer needs memory of its own for each task");
#endif
    ASSERT_EQ(coil_run(run_them_again, &parking), 0);
}

static int park_then_idle(void *arg)
{
    struct parking *parking = arg;
    size_t peak;

    ASSERT_EQ(park_and_wake(parking), 0);
    peak = resident_memory();
    /* Some of it is given back whenever there is nothing else to do. */
    for (int i = 0; i < 300; i++)
        ASSERT_EQ(coil_sleep(10 * COIL_MICROSECOND), 0);
    ASSERT_LT(resident_memory(), peak / 2);
    return 0;
}

TEST(memory_of_many_idle_stacks_is_given_back)
{
    static struct coil_task *tasks[20000];
    struct parking parking = { .count = 20000, .tasks = tasks };

    if (!has_guards_without_mappings())
        SKIP("this kernel needs a mapping for each guard");
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("a sanitizer needs memory of its own for each task");
#endif
    ASSERT_EQ(coil_run(park_then_idle, &parking), 0);
}

static int park_then_rest(void *arg)
{
    struct parking *parking = arg;
    size_t peak;

    ASSERT_EQ(park_and_wake(parking), 0);
    peak = resident_memory();
    /* A few hundred are kept for a while, as they may be needed again. */
    coil_loop_hold(coil_loop_current()); /* as if somebody could wake it */
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    coil_loop_release(coil_loop_current());
    ASSERT_LT(resident_memory(), peak - 400 * 4096);
    return 0;
}

TEST(memory_of_a_few_idle_stacks_is_given_back_after_some_seconds)
{
    static struct coil_task *tasks[500];
    struct parking parking = { .count = 500, .tasks = tasks };

    if (!has_guards_without_mappings())
        SKIP("this kernel needs a mapping for each guard");
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("a sanitizer needs memory of its own for each task");
#endif
    ASSERT_EQ(coil_run(park_then_rest, &parking), 0);
}
