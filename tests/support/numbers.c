/* SPDX-License-Identifier: MIT */
/* numbers.c - a queue of numbers, with tasks that put and get them */
#include "numbers.h"

struct coil_queue queue;

void make_queue(void)
{
    coil_queue_init(&queue, sizeof(int), 2);
    watch(coil_test_check_queue, &queue);
}

void expect_empty_queue(void)
{
    coil_queue_fini(&queue);
    ASSERT_EQ(coil_queue_size(&queue), 0);
}

int put_number(int item)
{
    return coil_queue_put(&queue, &item);
}

int try_put(int item)
{
    return coil_queue_try_put(&queue, &item);
}

int get_number(void)
{
    int item = 0;
    int rc = coil_queue_get(&queue, &item);

    return rc < 0 ? rc : item;
}

int try_get(void)
{
    int item = 0;
    int rc = coil_queue_try_get(&queue, &item);

    return rc < 0 ? rc : item;
}

void fill(int first, int last)
{
    int i;

    for (i = first; i <= last; i++)
        ASSERT_EQ(put_number(i), 0);
}

static void mark(const char *name, int rc)
{
    if (rc == -ECANCELED)
        say("%s! ", name);
    else if (rc == -EPIPE)
        say("%s# ", name);
    else
        say("%s%d ", name, rc);
}

int getter(void *arg)
{
    int rc = get_number();

    mark(arg, rc);
    return rc;
}

int putter(void *arg)
{
    const char *name = arg;
    int rc = put_number(name[0] - '0');

    if (rc == 0)
        say("+%s ", name);
    else
        mark(name, rc);
    return rc;
}

int joiner(void *arg)
{
    int rc = coil_queue_join(&queue);

    mark(arg, rc);
    return rc;
}

int destroyed;

void count_destroyed(void *item)
{
    const int *number = item;

    destroyed = destroyed * 10 + *number;
}
