/* SPDX-License-Identifier: MIT */
/*
 * Timers, against an array that is kept sorted by insertion: the earliest comes
 * first, and of equal ones the one that was armed first.  The heap in which most
 * of them stand is tested by itself in timer_heap.c.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "loop/timers.h"
#include "test.h"

enum { HANDLES = 3000, OPERATIONS = 100000 };

static struct coil_timers timers;
static struct coil_handle handles[HANDLES];

/* The model: the handles that are armed, in order, and those that are not. */
static struct coil_handle *armed[HANDLES];
static size_t armed_count;
static struct coil_handle *idle[HANDLES];
static size_t idle_count;

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

static void prepare(void)
{
    for (size_t i = 0; i < HANDLES; i++)
        idle[i] = &handles[i];
    idle_count = HANDLES;
}

/* The place behind all handles that are due no later. */
static size_t place_of(coil_time when)
{
    size_t low = 0;
    size_t high = armed_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (armed[middle]->when <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void arm(coil_time when)
{
    struct coil_handle *handle = idle[--idle_count];
    size_t at = place_of(when);

    handle->when = when;
    memmove(&armed[at + 1], &armed[at], (armed_count - at) * sizeof armed[0]);
    armed[at] = handle;
    armed_count++;
    coil__timers_add(&timers, handle);
}

static void disarm(size_t at)
{
    struct coil_handle *handle = armed[at];

    armed_count--;
    memmove(&armed[at], &armed[at + 1], (armed_count - at) * sizeof armed[0]);
    idle[idle_count++] = handle;
    coil__timers_remove(&timers, handle);
}

static void compare(void)
{
    ASSERT_EQ(coil__timers_count(&timers), armed_count);
    ASSERT_PTR_EQ(coil__timers_first(&timers),
                  armed_count > 0 ? armed[0] : NULL);
}

static void drain(void)
{
    while (armed_count > 0) {
        compare();
        disarm(0);
    }
    compare();
}

static void (*before_each)(void);

/* With few times there are many equal ones; with many times there are few. */
static void exercise(size_t times, size_t percent_of_arming)
{
    for (int i = 0; i < OPERATIONS; i++) {
        bool may_arm = idle_count > 0;
        bool wants_to_arm = random_below(100) < percent_of_arming;

        if (before_each)
            before_each();
        if (may_arm && (wants_to_arm || armed_count == 0))
            arm((coil_time)random_below(times));
        else if (random_below(2) == 0)
            disarm(0);
        else
            disarm(random_below(armed_count));
        compare();
    }
    drain();
}

TEST(timers_agree_with_a_sorted_array)
{
    prepare();
    exercise(SIZE_MAX / 2, 50);
    exercise(1000, 50);
    exercise(10, 60);
    exercise(1, 55);
}

TEST(timers_agree_with_a_sorted_array_when_full)
{
    prepare();
    exercise(100000, 90);
    exercise(3, 90);
}

/* ---- in the array, and beside it ---- */

static void lack_memory_at_times(void)
{
    if (random_below(100) == 0)
        coil__alloc_fail_at(random_below(2), true);
}

TEST(timers_without_memory_are_in_the_same_order)
{
    before_each = lack_memory_at_times;
    prepare();
    exercise(SIZE_MAX / 2, 55);
    exercise(1000, 50);
    exercise(10, 60);
    exercise(1, 55);
    /* None is left, and there never is memory. */
    before_each = NULL;
    coil__timers_fini(&timers);
    coil__alloc_fail_at(1, true);
    exercise(10, 60);
    ASSERT_EQ(timers.heap.capacity, 0);
}

TEST(timers_few_allocate_nothing)
{
    size_t live, before;

    prepare();
    coil__timers_fini(&timers);
    live = coil__alloc_live();
    before = coil__alloc_count();
    for (int i = 0; i < COIL__TIMERS_FEW; i++)
        arm(i);
    drain();
    ASSERT_EQ(coil__alloc_count(), before);
    for (int i = 0; i <= COIL__TIMERS_FEW; i++)
        arm(i);
    ASSERT_EQ(coil__alloc_count(), before + 1);
    drain();
    coil__timers_fini(&timers);
    ASSERT_EQ(coil__alloc_live(), live);
}

/* Those that come first are linked, but not more than a few. */
TEST(timers_early_ones_move_into_the_array_when_they_are_many)
{
    prepare();
    for (int i = HANDLES; i > 0; i--) {
        arm(i);
        ASSERT_LE(timers.linked, COIL__TIMERS_FEW);
        ASSERT_EQ(timers.linked + timers.heap.count,
                  coil__timers_count(&timers));
    }
    drain();
    ASSERT_EQ(timers.linked, 0);
}

/* When there is memory again, they move into the array by and by. */
TEST(timers_without_memory_move_into_the_array_later)
{
    prepare();
    coil__alloc_fail_at(1, true);
    for (int i = 0; i < HANDLES - 100; i++)
        arm(2 * HANDLES - i);
    ASSERT_EQ(timers.linked, HANDLES - 100);
    coil__alloc_fail_at(0, false);
    for (int i = 0; i < 100; i++)
        arm(HANDLES - i);
    ASSERT_LE(timers.linked, COIL__TIMERS_FEW);
    drain();
}

TEST(timers_with_equal_deadlines_are_first_in_first_out)
{
    prepare();
    for (size_t i = 0; i < HANDLES; i++)
        arm(42);
    for (size_t i = 0; i < HANDLES; i++) {
        /* idle[] was taken from its end. */
        ASSERT_PTR_EQ(coil__timers_first(&timers), &handles[HANDLES - 1 - i]);
        disarm(0);
    }
    compare();
}

TEST(timers_armed_again_go_behind_their_equals)
{
    struct coil_handle a = { .when = 5 };
    struct coil_handle b = { .when = 5 };

    coil__timers_add(&timers, &a);
    coil__timers_add(&timers, &b);
    coil__timers_remove(&timers, &a);
    coil__timers_add(&timers, &a);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &b);
    coil__timers_remove(&timers, &b);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &a);
    coil__timers_remove(&timers, &a);
    ASSERT_NULL(coil__timers_first(&timers));
    ASSERT_EQ(coil__timers_count(&timers), 0);
}

TEST(timers_order_the_ends_of_time)
{
    static const coil_time times[] = { COIL_NEVER, 0,  INT64_MIN,
                                       -1,         1,  COIL_NEVER,
                                       INT64_MIN,  -1, COIL_NEVER - 1 };

    prepare();
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        arm(times[i]);
    ASSERT_EQ(coil__timers_first(&timers)->when, INT64_MIN);
    ASSERT_EQ(armed[armed_count - 1]->when, COIL_NEVER);
    drain();
}

/* Shapes at which a heap with recursion would run out of stack. */
static struct coil_handle many[200000];

static void drain_many(size_t count)
{
    coil_time last = INT64_MIN;

    for (size_t i = 0; i < count; i++) {
        struct coil_handle *first = coil__timers_first(&timers);

        ASSERT_GE(first->when, last);
        last = first->when;
        coil__timers_remove(&timers, first);
    }
    ASSERT_NULL(coil__timers_first(&timers));
}

TEST(timers_take_any_number_in_any_order)
{
    const size_t count = sizeof many / sizeof many[0];

    for (size_t i = 0; i < count; i++) {
        many[i].when = (coil_time)i;
        coil__timers_add(&timers, &many[i]);
    }
    drain_many(count);
    for (size_t i = 0; i < count; i++) {
        many[i].when = -(coil_time)i;
        coil__timers_add(&timers, &many[i]);
    }
    drain_many(count);
    for (size_t i = 0; i < count; i++)
        coil__timers_add(&timers, &many[i]);
    for (size_t i = count; i-- > 0;)
        coil__timers_remove(&timers, &many[i]);
    ASSERT_NULL(coil__timers_first(&timers));
}

/* ---- noted ---- */

static void note(struct coil_handle *handle, coil_time when, coil_time since)
{
    handle->when = when;
    handle->since = since;
    coil__timers_note(&timers, handle);
}

/* A timer stands among its equals where it was noted. */
TEST(timers_noted_keep_their_place)
{
    struct coil_handle a = { .when = 5 };
    struct coil_handle b, c;
    struct coil_handle d = { .when = 5 };

    coil__timers_add(&timers, &a);
    note(&b, 5, COIL__NOTED_EXACTLY);
    note(&c, 5, COIL__NOTED_EXACTLY);
    coil__timers_add(&timers, &d);
    ASSERT_EQ(coil__timers_count(&timers), 4);
    ASSERT_PTR_EQ(coil__timers_take_noted(&timers, 3), &b);
    ASSERT_PTR_EQ(coil__timers_take_noted(&timers, 3), &c);
    ASSERT_NULL(coil__timers_take_noted(&timers, 3));
    ASSERT_EQ(coil__timers_count(&timers), 4);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &a);
    coil__timers_remove(&timers, &a);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &b);
    coil__timers_remove(&timers, &b);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &c);
    coil__timers_remove(&timers, &c);
    ASSERT_PTR_EQ(coil__timers_first(&timers), &d);
    coil__timers_remove(&timers, &d);
    ASSERT_EQ(coil__timers_count(&timers), 0);
}

TEST(timers_noted_are_struck_out)
{
    struct coil_handle a, b, c;

    note(&a, 1, COIL__NOTED_EXACTLY);
    note(&b, 2, COIL__NOTED_EXACTLY);
    note(&c, 3, COIL__NOTED_EXACTLY);
    coil__timers_strike(&timers, &b);
    coil__timers_strike(&timers, &a);
    ASSERT_EQ(coil__timers_count(&timers), 1);
    ASSERT_PTR_EQ(coil__timers_take_noted(&timers, 0), &c);
    coil__timers_remove(&timers, &c);
    ASSERT_EQ(coil__timers_count(&timers), 0);
}

/* It counts from the look, but moves by an eighth at most. */
TEST(timers_noted_without_the_clock_are_not_early)
{
    static const struct {
        coil_time when, since, look, then;
    } cases[] = {
        { 1800, 1000, 1000, 1800 },
        { 1800, 1000, 1001, 1801 },
        { 1800, 1000, 1099, 1899 },
        { 1800, 1000, 1100, 1900 },
        { 1800, 1000, 1101, 1900 },
        { 1800, 1000, 9999, 1900 },
        { 1800, COIL__NOTED_EXACTLY, 9999, 1800 },
        { COIL_NEVER - 5, 0, 9, COIL_NEVER },
        { COIL_NEVER - 5, 0, 3, COIL_NEVER - 2 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct coil_handle handle;

        note(&handle, cases[i].when, cases[i].since);
        coil__timers_make_exact(&handle, cases[i].look);
        ASSERT_EQ(handle.when, cases[i].then);
        /* Once. */
        ASSERT_PTR_EQ(coil__timers_take_noted(&timers, COIL_NEVER - 1),
                      &handle);
        ASSERT_EQ(handle.when, cases[i].then);
        coil__timers_remove(&timers, &handle);
    }
}
