/* SPDX-License-Identifier: MIT */
/*
 * queue.c - what it costs to pass an item from task to task
 *
 *   queue_ping_pong  there through one queue of one place and back through
 *                    another: two items handed over, two switches
 *   queue_buffered   one item of many through a queue of 1000 places
 *   queue_priority   one put and one get with 10,000 items in the queue, which
 *                    a function compares
 *   queue_priority_key   the same, and each item has a key
 */
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/task.h>

#include "bench.h"

enum {
    TRIPS = 2000000,
    ITEMS = 10000000,
    PLACES = 1000,
    HEAP = 10000,
    PAIRS = 1000000,
};

static int repetitions;
static struct coil_queue there;
static struct coil_queue back;

static int echo(void *unused)
{
    uint64_t item;

    (void)unused;
    for (int i = 0; i < TRIPS; i++) {
        bench_check(coil_queue_get(&there, &item));
        bench_check(coil_queue_put(&back, &item));
    }
    return 0;
}

static double ping_pong(void)
{
    struct coil_task *task;
    uint64_t start;
    double each;

    coil_queue_init(&there, sizeof(uint64_t), 1);
    coil_queue_init(&back, sizeof(uint64_t), 1);
    bench_check(coil_task_create(&task, echo, NULL));
    start = bench_now();
    for (uint64_t i = 0; i < TRIPS; i++) {
        uint64_t item = i;

        bench_check(coil_queue_put(&there, &item));
        bench_check(coil_queue_get(&back, &item));
    }
    each = bench_each(start, TRIPS);
    bench_check(coil_task_await(task));
    coil_task_release(task);
    coil_queue_fini(&there);
    coil_queue_fini(&back);
    return each;
}

static int produce(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < ITEMS; i++)
        bench_check(coil_queue_put(&there, &i));
    return 0;
}

static double buffered(void)
{
    struct coil_task *task;
    uint64_t start = bench_now();
    double each;

    coil_queue_init(&there, sizeof(uint64_t), PLACES);
    bench_check(coil_task_create(&task, produce, NULL));
    for (uint64_t i = 0; i < ITEMS; i++) {
        uint64_t item;

        bench_check(coil_queue_get(&there, &item));
    }
    each = bench_each(start, ITEMS);
    bench_check(coil_task_await(task));
    coil_task_release(task);
    coil_queue_fini(&there);
    return each;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static double put_and_get(void)
{
    uint64_t state = 88172645463325252;
    uint64_t start;
    double each;

    for (int i = 0; i < HEAP; i++) {
        uint64_t item = bench_random(&state);

        bench_check(coil_queue_put(&there, &item));
    }
    start = bench_now();
    for (int i = 0; i < PAIRS; i++) {
        uint64_t item = bench_random(&state);

        bench_check(coil_queue_put(&there, &item));
        bench_check(coil_queue_get(&there, &item));
    }
    each = bench_each(start, PAIRS);
    coil_queue_fini(&there);
    return each;
}

static double priority(void)
{
    coil_queue_init_priority(&there, sizeof(uint64_t), 0, compare);
    return put_and_get();
}

static double priority_key(void)
{
    coil_queue_init_priority_key(&there, sizeof(uint64_t), 0,
                                 COIL_QUEUE_KEY_ITSELF(uint64_t));
    return put_and_get();
}

static int start(void *unused)
{
    (void)unused;
    bench_figure("queue_ping_pong", "ns", ping_pong, repetitions);
    bench_figure("queue_buffered", "ns", buffered, repetitions);
    bench_figure("queue_priority", "ns", priority, repetitions);
    bench_figure("queue_priority_key", "ns", priority_key, repetitions);
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    return coil_run(start, NULL) < 0;
}
