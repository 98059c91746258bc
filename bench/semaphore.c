/* SPDX-License-Identifier: MIT */
/*
 * semaphore.c - what a contended semaphore costs
 *
 *   semaphore_contended  three permits, 1000 tasks, each 100 times: acquire,
 *                        yield, release; per acquisition, the tasks' making
 *                        included
 */
#include <coil/loop.h>
#include <coil/semaphore.h>
#include <coil/task.h>

#include "bench.h"

enum { PERMITS = 3, TASKS = 1000, EACH = 100 };

static int repetitions;
static struct coil_semaphore semaphore = COIL_SEMAPHORE_INIT(PERMITS);

static int contend(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        bench_check(coil_semaphore_acquire(&semaphore));
        bench_check(coil_yield());
        coil_semaphore_release(&semaphore);
    }
    return 0;
}

static double contended(void)
{
    static struct coil_task *tasks[TASKS];
    uint64_t start = bench_now();

    for (int i = 0; i < TASKS; i++)
        bench_check(coil_task_create(&tasks[i], contend, NULL));
    for (int i = 0; i < TASKS; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    return bench_each(start, (double)TASKS * EACH);
}

static int start(void *unused)
{
    (void)unused;
    bench_figure("semaphore_contended", "ns", contended, repetitions);
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    return coil_run(start, NULL) < 0;
}
