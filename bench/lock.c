/* SPDX-License-Identifier: MIT */
/*
 * lock.c - what a lock costs
 *
 *   lock_uncontended  acquire and release, nobody else about
 *   lock_contended    100 tasks, each: acquire, yield, release; per acquisition
 *
 * While the holder yields nobody else can run: each contended acquisition is a
 * hand-over, one switch for it, and one turn of the loop for the yield.
 */
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { ACQUISITIONS = 20000000, TASKS = 100, EACH = 20000 };

static int repetitions;
static struct coil_lock lock = COIL_LOCK_INIT;

static double uncontended(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < ACQUISITIONS; i++) {
        bench_check(coil_lock_acquire(&lock));
        coil_lock_release(&lock);
    }
    return bench_each(start, ACQUISITIONS);
}

static int contend(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        bench_check(coil_lock_acquire(&lock));
        bench_check(coil_yield());
        coil_lock_release(&lock);
    }
    return 0;
}

static double contended(void)
{
    struct coil_task *tasks[TASKS];
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
    bench_figure("lock_uncontended", "ns", uncontended, repetitions);
    bench_figure("lock_contended", "ns", contended, repetitions);
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    return coil_run(start, NULL) < 0;
}
