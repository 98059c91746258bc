/* SPDX-License-Identifier: MIT */
/*
 * spawn.c - what it costs to make a task, and to be rid of it
 *
 *   spawn_await  create, await and release an empty task, one after another
 *   alive_cold   100,000 tasks at once: create, park on one event, set it, await
 *                all; per task, all of it, on stacks that were never used
 *   alive_warm   the same again, on stacks that were
 */
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { SPAWNS = 1000000, ALIVE = 100000 };

static int repetitions;
static struct coil_task *tasks[ALIVE];

static int empty(void *unused)
{
    (void)unused;
    return 0;
}

static double spawn_await(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < SPAWNS; i++) {
        struct coil_task *task;

        bench_check(coil_task_create(&task, empty, NULL));
        bench_check(coil_task_await(task));
        coil_task_release(task);
    }
    return bench_each(start, SPAWNS);
}

static int measure_spawn(void *unused)
{
    (void)unused;
    bench_figure("spawn_await", "ns", spawn_await, repetitions);
    return 0;
}

static int park(void *event)
{
    return coil_event_wait(event);
}

static double all_alive(void)
{
    struct coil_event event = COIL_EVENT_INIT;
    uint64_t start = bench_now();

    for (int i = 0; i < ALIVE; i++)
        bench_check(coil_task_create(&tasks[i], park, &event));
    bench_check(coil_yield());
    coil_event_set(&event);
    for (int i = 0; i < ALIVE; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    return bench_each(start, ALIVE);
}

/* A loop that ends gives its stacks back, so each run begins cold. */
static int cold_and_warm(void *arg)
{
    double *times = arg;

    times[0] = all_alive();
    times[1] = all_alive();
    return 0;
}

static void measure_alive(void)
{
    double cold[BENCH_REPETITIONS_MAX];
    double warm[BENCH_REPETITIONS_MAX];

    for (int i = 0; i < repetitions; i++) {
        double times[2];

        bench_check(coil_run(cold_and_warm, times));
        cold[i] = times[0];
        warm[i] = times[1];
    }
    bench_print("alive_cold", "ns", cold, repetitions);
    bench_print("alive_warm", "ns", warm, repetitions);
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    bench_check(coil_run(measure_spawn, NULL));
    if (bench_is_wanted("alive_cold") || bench_is_wanted("alive_warm"))
        measure_alive();
    return 0;
}
