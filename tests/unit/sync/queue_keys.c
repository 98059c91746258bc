/* SPDX-License-Identifier: MIT */
/*
 * The priority queue whose items have a key: the order of all kinds of numbers,
 * of equal ones, and what is kept when there is no memory.
 */
#include <limits.h>
#include <math.h>

#include "numbers.h"

struct job {
    char name[13];
    int priority;
    int number;
};

#define COUNT 200

/* ---- order ---- */

static struct job next_job(void)
{
    struct job job;

    ASSERT_EQ(coil_queue_get(&queue, &job), 0);
    ASSERT_STR_EQ(job.name, "a job");
    return job;
}

static void put_job(int priority, int number)
{
    struct job job = { "a job", priority, number };

    ASSERT_EQ(coil_queue_put(&queue, &job), 0);
}

static void make_jobs(void)
{
    coil_queue_init_priority_key(&queue, sizeof(struct job), 0,
                                 COIL_QUEUE_KEY(struct job, priority));
    ASSERT_EQ(coil_test_watch(coil_test_check_queue, &queue), 0);
}

static void end_jobs(void)
{
    coil_test_unwatch(&queue);
}

/* `left` jobs come out, smallest first, and first in, first out among equals. */
static void expect_order(int left)
{
    struct job last = { .priority = -1000 };

    for (int i = 0; i < left; i++) {
        struct job job = next_job();

        ASSERT_GE(job.priority, last.priority);
        if (job.priority == last.priority)
            ASSERT_GT(job.number, last.number);
        last = job;
    }
    ASSERT(coil_queue_is_empty(&queue));
}

QUEUE_TEST(queue_keys_give_the_smallest_and_the_first_of_equals)
{
    make_jobs();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++)
            put_job((int)coil_test_random(9) - 4, i);
        expect_order(COUNT);
    }
    end_jobs();
}

/* Against a model: of those that are in, the smallest, and of these the first. */
QUEUE_TEST(queue_keys_keep_order_while_items_come_and_go)
{
    int in[COUNT];
    size_t count = 0;

    make_jobs();
    for (int i = 0; i < 2000; i++) {
        size_t best = 0;

        if (count == 0 || (count < COUNT && coil_test_random(2) == 0)) {
            in[count++] = i;
            put_job(i % 7, i);
            continue;
        }
        for (size_t j = 1; j < count; j++)
            if (in[j] % 7 < in[best] % 7)
                best = j;
        ASSERT_EQ(next_job().number, in[best]);
        memmove(in + best, in + best + 1, (--count - best) * sizeof *in);
    }
    ASSERT_EQ(coil_queue_size(&queue), count);
    expect_order((int)count);
    end_jobs();
}

/* Every fourth thousand million items the numbers of the items begin anew. */
QUEUE_TEST(queue_keys_keep_order_when_the_sequence_begins_anew)
{
    make_jobs();
    queue.sequence = (uint64_t)UINT32_MAX - COUNT / 2;
    for (int i = 0; i < COUNT; i++)
        put_job(i % 3, i);
    ASSERT_LE(queue.sequence, COUNT);
    expect_order(COUNT);
    put_job(1, 1);
    queue.sequence = (uint64_t)UINT32_MAX + 1;
    put_job(1, 2);
    put_job(0, 3);
    ASSERT_EQ(next_job().number, 3);
    ASSERT_EQ(next_job().number, 1);
    ASSERT_EQ(next_job().number, 2);
    queue.sequence = (uint64_t)UINT32_MAX + 1;
    put_job(1, 4);
    ASSERT_EQ(next_job().number, 4);
    /* One was taken, and none put since. */
    queue.sequence = (uint64_t)UINT32_MAX + 1 - COUNT;
    for (int i = 0; i < COUNT; i++)
        put_job(i % 3, i);
    ASSERT_EQ(next_job().number, 0);
    for (int key = 0; key < 3; key++)
        put_job(key, COUNT + key);
    for (int key = 0; key < 3; key++) {
        for (int i = key == 0 ? 3 : key; i < COUNT; i += 3)
            ASSERT_EQ(next_job().number, i);
        ASSERT_EQ(next_job().number, COUNT + key);
    }
    end_jobs();
}

QUEUE_TEST(queue_keys_of_jobs_that_are_waited_for_need_no_order)
{
    struct coil_task *a;

    coil_queue_init_priority_key(&queue, sizeof(int), 1,
                                 COIL_QUEUE_KEY_ITSELF(int));
    a = start(getter, "a");
    turn();
    ASSERT_EQ(put_number(7), 0);
    ASSERT_EQ(end_of(a), 7);
    SAID("a7 ");
    fill(5, 5);
    a = start(putter, "3");
    turn();
    ASSERT_EQ(get_number(), 5);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(get_number(), 3);
    SAID("+3 ");
}

/* ---- kinds of numbers ---- */

/* The items go in from the last to the first, and come out from the first on. */
#define EXPECT_ORDER_OF(type, ...)                                             \
    do {                                                                       \
        const type numbers[] = { __VA_ARGS__ };                                \
        size_t count = sizeof numbers / sizeof *numbers;                       \
        type number;                                                           \
                                                                               \
        coil_queue_init_priority_key(&queue, sizeof(type), 0,                  \
                                     COIL_QUEUE_KEY_ITSELF(type));             \
        for (size_t i = count; i-- > 0;)                                       \
            ASSERT_EQ(coil_queue_put(&queue, &numbers[i]), 0);                 \
        for (size_t i = 0; i < count; i++) {                                   \
            ASSERT_EQ(coil_queue_get(&queue, &number), 0);                     \
            ASSERT_MEM_EQ(&number, &numbers[i], sizeof number);                \
        }                                                                      \
        coil_queue_fini(&queue);                                               \
    } while (0)

enum level { LOW, MIDDLE, HIGH };

QUEUE_TEST(queue_keys_may_be_integers_of_any_size)
{
    EXPECT_ORDER_OF(signed char, -128, -1, 0, 1, 127);
    EXPECT_ORDER_OF(unsigned char, 0, 1, 127, 128, 255);
    EXPECT_ORDER_OF(short, -32768, -1, 0, 1, 32767);
    EXPECT_ORDER_OF(unsigned short, 0, 1, 32768, 65535);
    EXPECT_ORDER_OF(int, INT_MIN, -1, 0, 1, INT_MAX);
    EXPECT_ORDER_OF(unsigned, 0, 1, INT_MAX, UINT_MAX);
    EXPECT_ORDER_OF(int64_t, INT64_MIN, -1, 0, 1, INT64_MAX);
    EXPECT_ORDER_OF(uint64_t, 0, 1, INT64_MAX, UINT64_MAX);
    EXPECT_ORDER_OF(bool, false, true);
    EXPECT_ORDER_OF(enum level, LOW, MIDDLE, HIGH);
}

QUEUE_TEST(queue_keys_may_be_floating)
{
    EXPECT_ORDER_OF(double, -INFINITY, -1e308, -1.5, -5e-324, 0, 5e-324, 1.5,
                    1e308, INFINITY, NAN);
    EXPECT_ORDER_OF(float, -INFINITY, -1e38F, -1.5F, 0, 1.5F, 1e38F, INFINITY,
                    NAN);
    EXPECT_ORDER_OF(double, 1, -NAN);
}

/* 0 and -0 are one number, and so is all that is none. */
QUEUE_TEST(queue_keys_that_are_equal_zeros_stay_in_order)
{
    const double numbers[] = { 0.0, -0.0, 0.0, -NAN, NAN, -NAN };
    double number;

    coil_queue_init_priority_key(&queue, sizeof number, 0,
                                 COIL_QUEUE_KEY_ITSELF(double));
    for (size_t i = 0; i < 6; i++)
        ASSERT_EQ(coil_queue_put(&queue, &numbers[i]), 0);
    for (size_t i = 0; i < 6; i++) {
        ASSERT_EQ(coil_queue_get(&queue, &number), 0);
        ASSERT_MEM_EQ(&number, &numbers[i], sizeof number);
    }
}

/* ---- items ---- */

/* The bytes behind the key come out as they were put in. */
static void keep_items_of(size_t size)
{
    unsigned char item[300], expected[300];

    coil_queue_init_priority_key(
        &queue, size, 0,
        coil_queue_key_of(size - 1, 1, COIL_QUEUE_KEY_UNSIGNED));
    for (int i = 29; i >= 0; i--) {
        memset(item, i, sizeof item);
        ASSERT_EQ(coil_queue_put(&queue, item), 0);
    }
    for (int i = 0; i < 30; i++) {
        memset(item, 0xff, sizeof item);
        memset(expected, i, size);
        memset(expected + size, 0xff, sizeof item - size);
        ASSERT_EQ(coil_queue_get(&queue, item), 0);
        ASSERT_MEM_EQ(item, expected, sizeof item);
    }
    coil_queue_fini(&queue);
}

QUEUE_TEST(queue_keys_may_lie_in_items_of_any_size)
{
    static const size_t sizes[] = { 1, 2, 3, 4, 8, 12, 16, 24, 65, 100, 299 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        keep_items_of(sizes[i]);
}

static void count_job(void *item)
{
    struct job *job = item;

    destroyed += job->number;
}

QUEUE_TEST(queue_keys_are_dropped_with_their_items)
{
    make_jobs();
    end_jobs();
    coil_queue_set_item_destroy(&queue, count_job);
    for (int i = 1; i <= 20; i++)
        put_job(-i, i);
    ASSERT_EQ(next_job().number, 20);
    ASSERT_EQ(next_job().number, 19);
    coil_queue_shutdown(&queue, true);
    ASSERT_EQ(destroyed, 18 * 19 / 2);
    ASSERT_EQ(coil_queue_size(&queue), 0);
    destroyed = 0;
    coil_queue_fini(&queue);
    make_jobs();
    end_jobs();
    coil_queue_set_item_destroy(&queue, count_job);
    put_job(1, 5);
    put_job(0, 6);
    ASSERT_EQ(next_job().number, 6);
    coil_queue_fini(&queue);
    ASSERT_EQ(destroyed, 5);
}

/* ---- memory ---- */

QUEUE_TEST(queue_keys_that_find_no_memory_leave_what_is_there)
{
    struct job job = { "a job", 5, 9 };

    make_jobs();
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_queue_put(&queue, &job), -ENOMEM);
    ASSERT_EQ(coil_queue_size(&queue), 0);
    for (int i = 0; i < 8; i++)
        put_job(i % 2, i);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_queue_try_put(&queue, &job), -ENOMEM);
    ASSERT_EQ(coil_queue_size(&queue), 8);
    ASSERT_EQ(coil_queue_put(&queue, &job), 0);
    expect_order(9);
    end_jobs();
}

QUEUE_TEST(queue_keys_of_items_that_no_memory_could_hold_fail)
{
    static const size_t sizes[] = { SIZE_MAX / 4, SIZE_MAX / 8 - 16 };
    int item = 1;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        coil_queue_init_priority_key(&queue, sizes[i], 0,
                                     COIL_QUEUE_KEY_ITSELF(int));
        ASSERT_EQ(coil_queue_try_put(&queue, &item), -ENOMEM);
        ASSERT(coil_queue_is_empty(&queue));
    }
}

/* ---- misuse ---- */

static void make_with(size_t offset, size_t size, enum coil_queue_key_kind kind)
{
    coil_queue_init_priority_key(&queue, 8, 0,
                                 coil_queue_key_of(offset, size, kind));
}

#define REFUSED "the key of a queue is no number within its items"

PANIC_TEST(queue_keys_behind_the_item_stop_the_program, REFUSED)
{
    make_with(5, 4, COIL_QUEUE_KEY_SIGNED);
}

PANIC_TEST(queue_keys_far_behind_the_item_stop_the_program, REFUSED)
{
    make_with(SIZE_MAX, 1, COIL_QUEUE_KEY_SIGNED);
}

PANIC_TEST(queue_keys_of_an_odd_size_stop_the_program, REFUSED)
{
    make_with(0, 3, COIL_QUEUE_KEY_UNSIGNED);
}

PANIC_TEST(queue_keys_of_a_float_of_two_bytes_stop_the_program, REFUSED)
{
    make_with(0, 2, COIL_QUEUE_KEY_FLOAT);
}

TEST(queue_keys_at_the_end_of_the_item_are_within)
{
    make_with(4, 4, COIL_QUEUE_KEY_FLOAT);
    make_with(7, 1, COIL_QUEUE_KEY_UNSIGNED);
    coil_queue_fini(&queue);
}
