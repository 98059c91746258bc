/* SPDX-License-Identifier: MIT */
/*
 * queue_test.h - what the tests of the queue share: numbers, who puts them and
 * who gets them
 */
#ifndef COIL_TESTS_QUEUE_TEST_H
#define COIL_TESTS_QUEUE_TEST_H

#include <coil/queue.h>

#include "sync_test.h"

static struct coil_queue queue; /* of int, at most 2 unless made anew */

static inline void prepare(void)
{
    coil_queue_init(&queue, sizeof(int), 2);
    watch(coil_test_check_queue, &queue);
}

static inline void conclude(void)
{
    coil_queue_fini(&queue);
    ASSERT_EQ(coil_queue_size(&queue), 0);
}

static inline int put(int item)
{
    return coil_queue_put(&queue, &item);
}

static inline int try_put(int item)
{
    return coil_queue_try_put(&queue, &item);
}

/* The next item, or an error. */
static inline int get(void)
{
    int item = 0;
    int rc = coil_queue_get(&queue, &item);

    return rc < 0 ? rc : item;
}

static inline int try_get(void)
{
    int item = 0;
    int rc = coil_queue_try_get(&queue, &item);

    return rc < 0 ? rc : item;
}

static inline void fill(int first, int last)
{
    int i;

    for (i = first; i <= last; i++)
        ASSERT_EQ(put(i), 0);
}

static inline void mark(const char *name, int rc)
{
    if (rc == -ECANCELED)
        say("%s! ", name);
    else if (rc == -EPIPE)
        say("%s# ", name);
    else
        say("%s%d ", name, rc);
}

static inline int getter(void *arg)
{
    int rc = get();

    mark(arg, rc);
    return rc;
}

/* Puts the number that its name is. */
static inline int putter(void *arg)
{
    const char *name = arg;
    int rc = put(name[0] - '0');

    if (rc == 0)
        say("+%s ", name);
    else
        mark(name, rc);
    return rc;
}

static inline int joiner(void *arg)
{
    int rc = coil_queue_join(&queue);

    mark(arg, rc);
    return rc;
}

static int destroyed;

static inline void count_destroyed(void *item)
{
    const int *number = item;

    destroyed = destroyed * 10 + *number;
}

#endif
