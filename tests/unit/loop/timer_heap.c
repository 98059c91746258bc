/* SPDX-License-Identifier: MIT */
/*
 * The array of timers by itself.  Whatever is done with it, its invariants hold,
 * and it gives what it has in the order of an array that was sorted.
 */
#include "loop/timer_heap.h"

#include <stdlib.h>

#include "base/memory.h"
#include "test.h"

enum { HANDLES = 5000, SMALLEST = 64 };

static struct coil_timer_heap heap;
static struct coil_handle handles[HANDLES];
static bool is_in[HANDLES];
static size_t in_count;
static uint64_t sequence;

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % limit);
}

/* ---- invariants ---- */

static size_t slot_at(size_t position)
{
    return heap.entries[position].slot;
}

static const struct coil_handle *handle_at(size_t position)
{
    return heap.handles[slot_at(position)];
}

static bool goes_before(const struct coil_handle *a,
                        const struct coil_handle *b)
{
    return a->when < b->when ||
           (a->when == b->when && a->sequence < b->sequence);
}

static void check_position(size_t position)
{
    const struct coil_handle *handle = handle_at(position);

    ASSERT_EQ(handle->slot, slot_at(position) + 1);
    ASSERT_EQ(heap.positions[slot_at(position)], position);
    ASSERT(is_in[handle - handles]);
    if (position > 0)
        ASSERT(goes_before(handle_at((position - 1) / 4), handle));
}

/* Each slot belongs to one entry, whether that is in use or free. */
static void check_slots(void)
{
    static bool is_known[2 * HANDLES];

    memset(is_known, 0, sizeof is_known);
    for (size_t i = 0; i < heap.capacity; i++) {
        ASSERT_LT(slot_at(i), heap.capacity);
        ASSERT(!is_known[slot_at(i)]);
        is_known[slot_at(i)] = true;
    }
}

static void check(void)
{
    ASSERT_EQ(heap.count, in_count);
    ASSERT_LE(heap.count, heap.capacity);
    check_slots();
    for (size_t i = 0; i < heap.count; i++)
        check_position(i);
    ASSERT_PTR_EQ(coil__timer_heap_first(&heap),
                  heap.count > 0 ? handle_at(0) : NULL);
}

/* ---- what is done ---- */

static bool add(size_t i, coil_time when)
{
    handles[i].when = when;
    handles[i].sequence = sequence++;
    if (!coil__timer_heap_add(&heap, &handles[i]))
        return false;
    is_in[i] = true;
    in_count++;
    return true;
}

static void take_out(struct coil_handle *handle)
{
    coil__timer_heap_remove(&heap, handle);
    is_in[handle - handles] = false;
    in_count--;
}

/* Add the first `count` handles, due within `times`. */
static void fill(size_t count, size_t times)
{
    for (size_t i = 0; i < count; i++)
        ASSERT(add(i, (coil_time)random_below(times)));
}

/* Take out all but `left`, in order. */
static void drain_to(size_t left)
{
    const struct coil_handle *last = NULL;

    while (heap.count > left) {
        struct coil_handle *first = coil__timer_heap_first(&heap);

        ASSERT(!last || goes_before(last, first));
        take_out(first);
        last = first;
    }
}

static void change_at_random(size_t among, size_t times)
{
    size_t i = random_below(among);

    if (is_in[i])
        take_out(&handles[i]);
    else
        ASSERT(add(i, (coil_time)random_below(times)));
}

/* ---- */

TEST(timer_heap_of_none_allocates_nothing)
{
    size_t before = coil__alloc_count();

    ASSERT_NULL(coil__timer_heap_first(&heap));
    coil__timer_heap_fini(&heap);
    ASSERT_EQ(coil__alloc_count(), before);
}

/* With few times there are many equal ones. */
TEST(timer_heap_keeps_its_invariants)
{
    static const size_t times[] = { SIZE_MAX / 2, 1000, 3, 1 };
    static const size_t among[] = { 1, 2, 6, 63, 300 };

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        for (size_t j = 0; j < sizeof among / sizeof among[0]; j++) {
            for (int n = 0; n < 2000; n++) {
                change_at_random(among[j], times[i]);
                check();
            }
            drain_to(0);
        }
}

TEST(timer_heap_gives_all_in_order)
{
    static const size_t times[] = { SIZE_MAX / 2, 1000, 1 };

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        fill(HANDLES, times[i]);
        for (int n = 0; n < 20000; n++)
            change_at_random(HANDLES, times[i]);
        check();
        drain_to(0);
        check();
    }
}

TEST(timer_heap_orders_the_ends_of_time)
{
    static const coil_time times[] = { COIL_NEVER, 0, INT64_MIN, -1,
                                       COIL_NEVER, 1, INT64_MIN };

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        ASSERT(add(i, times[i]));
    drain_to(0);
}

/* A timer that was noted long ago is armed after others. */
TEST(timer_heap_takes_older_ones)
{
    sequence = (uint64_t)5 << 40;
    ASSERT(add(0, 7));
    sequence = 3;
    ASSERT(add(1, 7));
    check();
    ASSERT_PTR_EQ(coil__timer_heap_first(&heap), &handles[1]);
    drain_to(0);
}

/* ---- memory ---- */

TEST(timer_heap_without_memory_to_grow_is_as_it_was)
{
    size_t failed = 0;

    for (size_t i = 0; i < HANDLES; i++) {
        bool needs_memory = heap.count == heap.capacity;

        coil__alloc_fail_at(1, true);
        if (!add(i, (coil_time)random_below(100))) {
            ASSERT(needs_memory);
            failed++;
            check();
            coil__alloc_fail_at(0, false);
            ASSERT(add(i, (coil_time)random_below(100)));
            check();
        }
        coil__alloc_fail_at(0, false);
    }
    /* 64, 128, … 8192 */
    ASSERT_EQ(failed, 8);
    drain_to(0);
}

TEST(timer_heap_gives_memory_back)
{
    size_t before = coil__alloc_live();
    size_t largest, allocations;

    fill(HANDLES, 1000);
    largest = heap.capacity;
    ASSERT_GE(largest, HANDLES);
    allocations = coil__alloc_count();
    drain_to(largest / 8);
    ASSERT_EQ(heap.capacity, largest);
    drain_to(largest / 8 - 1);
    ASSERT_EQ(heap.capacity, largest / 4);
    check();
    /* Neither at once again, nor at each removal. */
    for (size_t i = 0; i < HANDLES; i++)
        if (!is_in[i] && heap.count < heap.capacity)
            ASSERT(add(i, 5));
    drain_to(largest / 8 - 1);
    ASSERT_EQ(coil__alloc_count(), allocations + 1);
    drain_to(0);
    check();
    ASSERT_EQ(heap.capacity, SMALLEST);
    ASSERT_LE(coil__alloc_count(), allocations + 4);
    coil__timer_heap_fini(&heap);
    ASSERT_EQ(coil__alloc_live(), before);
}

/* Which are left, and how they are taken out, makes no difference. */
TEST(timer_heap_loses_none_when_it_gives_memory_back)
{
    for (int n = 0; n < 20; n++) {
        fill(HANDLES, n % 2 ? SIZE_MAX / 2 : 10);
        while (heap.count > 20) {
            size_t capacity = heap.capacity;
            size_t i = random_below(HANDLES);

            while (!is_in[i])
                i = (i + 1) % HANDLES;
            take_out(&handles[i]);
            if (heap.capacity != capacity)
                check();
        }
        check();
        drain_to(0);
    }
}

TEST(timer_heap_without_memory_to_shrink_stays_large)
{
    size_t largest;

    fill(HANDLES, 1000);
    largest = heap.capacity;
    coil__alloc_fail_at(1, true);
    drain_to(100);
    ASSERT_EQ(heap.capacity, largest);
    check();
    coil__alloc_fail_at(0, false);
    drain_to(99);
    ASSERT_EQ(heap.capacity, largest / 4);
    check();
    drain_to(0);
}
