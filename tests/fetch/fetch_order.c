/* SPDX-License-Identifier: MIT */
/* Records come out in the order of the input, and little waits. */
#include "output/order.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct order *new_order(const struct order_options *options)
{
    struct order *order;

    ASSERT_EQ(order_new(&order, options), 0);
    return order;
}

static void add(struct order *order, uint64_t number)
{
    char record[32];
    int size = snprintf(record, sizeof record, "%" PRIu64 " ", number);

    ASSERT_EQ(order_add(order, number, record, (size_t)size), 0);
}

static void expect(struct order *order, const char *text)
{
    struct text records;

    if (!order_take(order, &records)) {
        ASSERT_STR_EQ("", text);
        return;
    }
    ASSERT_STR_EQ(records.bytes, text);
    ASSERT(!order_take(order, &records));
}

TEST(fetch_order_is_that_of_the_input)
{
    struct order *order = new_order(&(struct order_options){ .first = 5 });

    expect(order, "");
    add(order, 6);
    expect(order, "");
    ASSERT_EQ(order_waiting(order), 1u);
    ASSERT_EQ(order_size(order), 2u);
    ASSERT_EQ(order_next(order), 5u);
    add(order, 5);
    expect(order, "5 6 ");
    ASSERT_EQ(order_waiting(order), 0u);
    ASSERT_EQ(order_size(order), 0u);
    ASSERT_EQ(order_skip(order, 8), 0);
    add(order, 9);
    expect(order, "");
    ASSERT_EQ(order_skip(order, 7), 0);
    ASSERT_EQ(order_next(order), 10u);
    expect(order, "9 ");
    ASSERT_EQ(order_skip(order, 10), 0);
    expect(order, "");
    /* What is not taken at once is not lost. */
    add(order, 11);
    add(order, 12);
    expect(order, "11 12 ");
    order_free(order);
    order_free(NULL);
}

TEST(fetch_order_takes_a_number_once)
{
    struct order *order = new_order(&(struct order_options){ 0 });

    add(order, 1);
    add(order, 3);
    ASSERT_EQ(order_add(order, 1, "x", 1), -EALREADY);
    ASSERT_EQ(order_add(order, 3, "x", 1), -EALREADY);
    ASSERT_EQ(order_skip(order, 1), -EALREADY);
    ASSERT_EQ(order_skip(order, 3), -EALREADY);
    expect(order, "1 ");
    ASSERT_EQ(order_add(order, 1, "x", 1), -EALREADY);
    ASSERT_EQ(order_skip(order, 1), -EALREADY);
    ASSERT_EQ(order_add(order, 2, "", 0), 0);
    expect(order, "3 ");
    order_free(order);
}

/* More numbers than the ring had room for, all there before one is taken. */
TEST(fetch_order_of_many_that_wait)
{
    struct order *order = new_order(&(struct order_options){ 0 });
    struct text records;
    struct text expected = { 0 };

    for (uint64_t n = 1000; n >= 1; n--)
        add(order, n);
    for (int n = 1; n <= 1000; n++)
        text_add_format(&expected, "%d ", n);
    ASSERT_EQ(order_next(order), 1001u);
    ASSERT(order_take(order, &records));
    ASSERT_STR_EQ(records.bytes, expected.bytes);
    text_fini(&expected);
    order_free(order);
}

TEST(fetch_order_says_when_it_is_full)
{
    struct order *order =
        new_order(&(struct order_options){ .max_wait = 4, .max_size = 100 });
    char big[100] = "";

    ASSERT(order_may_start(order, 1));
    ASSERT(order_may_start(order, 4));
    ASSERT(!order_may_start(order, 5));
    for (uint64_t n = 2; n <= 5; n++)
        add(order, n);
    ASSERT(order_is_full(order));
    ASSERT(order_may_start(order, 1));
    ASSERT(!order_may_start(order, 6));
    add(order, 1);
    expect(order, "1 2 3 4 5 ");
    ASSERT(!order_is_full(order));
    ASSERT(order_may_start(order, 9));
    /* By bytes. */
    ASSERT_EQ(order_add(order, 7, big, sizeof big), 0);
    ASSERT(order_is_full(order));
    ASSERT(!order_may_start(order, 8));
    ASSERT(order_may_start(order, 6));
    order_free(order);
}

/*
 * A schedule that asks: whatever ends first, all records come out in order, and no
 * more than the limit wait.
 */
TEST(fetch_order_with_a_schedule_never_stands_still)
{
    enum { COUNT = 5000, AT_ONCE = 16, LIMIT = 50 };

    for (unsigned random = 1; random <= 20; random++) {
        struct order *order =
            new_order(&(struct order_options){ .max_wait = LIMIT });
        uint64_t running[AT_ONCE];
        size_t count = 0;
        uint64_t unread = 1;
        uint64_t expected = 1;
        unsigned state = random;

        while (expected <= COUNT) {
            struct text records;

            while (count < AT_ONCE && unread <= COUNT &&
                   order_may_start(order, unread))
                running[count++] = unread++;
            ASSERT_GT(count, 0u);
            state = state * 1103515245 + 12345;
            /* Often the last one. */
            size_t which =
                state / 65536 % 4 ? count - 1 : state / 262144 % count;

            add(order, running[which]);
            running[which] = running[--count];
            ASSERT_LE(order_waiting(order), LIMIT + AT_ONCE);
            if (!order_take(order, &records))
                continue;
            for (char *at = records.bytes; *at != '\0';) {
                ASSERT_EQ(strtoull(at, &at, 10), expected++);
                at += *at == 0x20;
            }
        }
        ASSERT_EQ(order_waiting(order), 0u);
        order_free(order);
    }
}
