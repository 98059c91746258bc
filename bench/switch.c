/* SPDX-License-Identifier: MIT */
/*
 * switch.c - what it costs to leave one stack for another
 *
 *   coroutine_send_yield  into a coroutine and back: two switches, no loop
 *   yield_2_tasks         one coil_yield(), two tasks taking turns
 *   yield_1000_tasks      the same with a thousand
 */
#include <coil/coroutine.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { TRIPS = 5000000, YIELDS = 10000000, MANY = 1000 };

static int repetitions;

static int bounce(void *unused)
{
    int rc;

    (void)unused;
    do
        rc = coil_coroutine_yield(NULL, NULL);
    while (rc == 0);
    return rc;
}

static double coroutine_send_yield(void)
{
    struct coil_coroutine *co;
    uint64_t start;
    double each;

    bench_check(coil_coroutine_new(&co, bounce, NULL, 0));
    bench_check(coil_coroutine_send(co, NULL, NULL));
    start = bench_now();
    for (int i = 0; i < TRIPS; i++)
        bench_check(coil_coroutine_send(co, NULL, NULL));
    each = bench_each(start, TRIPS);
    coil_coroutine_free(co);
    return each;
}

static int yield_often(void *arg)
{
    const int *times = arg;
    int rc = 0;

    for (int i = *times; i > 0 && rc == 0; i--)
        rc = coil_yield();
    return rc;
}

static double yield_tasks(int count)
{
    struct coil_task *tasks[MANY];
    int times = YIELDS / count;
    uint64_t start = bench_now();

    for (int i = 0; i < count; i++)
        bench_check(coil_task_create(&tasks[i], yield_often, &times));
    for (int i = 0; i < count; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    return bench_each(start, YIELDS);
}

static double yield_2(void)
{
    return yield_tasks(2);
}

static double yield_1000(void)
{
    return yield_tasks(MANY);
}

static int start(void *unused)
{
    (void)unused;
    bench_figure("yield_2_tasks", "ns", yield_2, repetitions);
    bench_figure("yield_1000_tasks", "ns", yield_1000, repetitions);
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    bench_figure("coroutine_send_yield", "ns", coroutine_send_yield,
                 repetitions);
    return coil_run(start, NULL) < 0;
}
