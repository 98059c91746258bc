/* SPDX-License-Identifier: MIT */
/*
 * event.c - what it costs to wake ten thousand
 *
 *   event_wake_10k  set an event; all 10,000 that waited for it have run and
 *                   wait for the next; per waiter
 */
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { WAITERS = 10000, ROUNDS = 100 };

static int repetitions;
static struct coil_event events[2];
static bool ending;

static int wait_often(void *unused)
{
    (void)unused;
    for (unsigned round = 0; !ending; round++)
        bench_check(coil_event_wait(&events[round % 2]));
    return 0;
}

static double wake(void)
{
    uint64_t start = bench_now();

    for (int round = 0; round < ROUNDS; round++) {
        struct coil_event *event = &events[round % 2];

        coil_event_set(event);
        coil_event_clear(event);
        bench_check(coil_yield());
    }
    return bench_each(start, (double)WAITERS * ROUNDS);
}

static int start(void *unused)
{
    (void)unused;
    for (int i = 0; i < WAITERS; i++)
        bench_check(coil_task_create(NULL, wait_often, NULL));
    bench_check(coil_yield());
    bench_figure("event_wake_10k", "ns", wake, repetitions);
    ending = true;
    coil_event_set(&events[0]);
    coil_event_set(&events[1]);
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    return coil_run(start, NULL) < 0;
}
