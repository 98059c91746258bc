/* SPDX-License-Identifier: MIT */
/*
 * timers.c - what it costs to be late, and not to be
 *
 *   sleepers_100k_cpu  100,000 tasks, each sleeping a random time up to one
 *                      second: processor time, the tasks' making included
 *   sleepers_1m_cpu    the same with a million, once, and only if it is named:
 *                      it needs some five gigabytes
 *   timeout_begin_end  a timeout scope in which nothing waits
 *   timeout_yield      a scope around one coil_yield() of two tasks
 *   call_later_cancel  a timer armed and cancelled, with no other armed
 *   call_later_cancel_10k, call_later_cancel_100k
 *                      the same with so many others armed
 */
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "bench.h"

enum {
    SLEEPERS = 100000,
    MANY_SLEEPERS = 1000000,
    TIMERS = 2000000,
    OTHERS_MAX = 100000
};

static int repetitions;
static uint64_t state = 88172645463325252;

static int sleep_a_while(void *unused)
{
    (void)unused;
    return coil_sleep((coil_time)(bench_random(&state) % COIL_SECOND));
}

static double sleep_all(int count)
{
    static struct coil_task *tasks[MANY_SLEEPERS];
    uint64_t start = bench_clock(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < count; i++)
        bench_check(coil_task_create(&tasks[i], sleep_a_while, NULL));
    for (int i = 0; i < count; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    return (double)(bench_clock(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6;
}

static double sleepers(void)
{
    return sleep_all(SLEEPERS);
}

static double timeout_begin_end(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < TIMERS; i++) {
        struct coil_timeout limit;
        int rc;

        bench_check(coil_timeout_begin(&limit, COIL_SECOND));
        rc = coil_timeout_end(&limit, 0);
        bench_check(rc);
    }
    return bench_each(start, TIMERS);
}

static int yield_in_scopes(void *unused)
{
    (void)unused;
    for (int i = 0; i < TIMERS / 2; i++) {
        struct coil_timeout limit;

        bench_check(coil_timeout_begin(&limit, COIL_SECOND));
        bench_check(coil_timeout_end(&limit, coil_yield()));
    }
    return 0;
}

static double timeout_yield(void)
{
    struct coil_task *tasks[2];
    uint64_t start = bench_now();

    for (int i = 0; i < 2; i++)
        bench_check(coil_task_create(&tasks[i], yield_in_scopes, NULL));
    for (int i = 0; i < 2; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    return bench_each(start, TIMERS);
}

static void nothing(void *unused)
{
    (void)unused;
}

static double call_later_cancel(void)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil_handle handle = { 0 };
    uint64_t start = bench_now();

    for (int i = 0; i < TIMERS; i++) {
        bench_check(
            coil_loop_call_later(loop, &handle, COIL_SECOND, nothing, NULL));
        coil_handle_cancel(&handle);
    }
    return bench_each(start, TIMERS);
}

static void measure_among(int count, const char *name)
{
    static struct coil_handle others[OTHERS_MAX];
    struct coil_loop *loop = coil_loop_current();

    for (int i = 0; i < count; i++)
        bench_check(coil_loop_call_later(
            loop, &others[i],
            COIL_MINUTE + (coil_time)(bench_random(&state) % COIL_MINUTE),
            nothing, NULL));
    bench_figure(name, "ns", call_later_cancel, repetitions);
    for (int i = 0; i < count; i++)
        coil_handle_cancel(&others[i]);
}

static int start(void *unused)
{
    (void)unused;
    bench_figure("timeout_begin_end", "ns", timeout_begin_end, repetitions);
    bench_figure("timeout_yield", "ns", timeout_yield, repetitions);
    bench_figure("call_later_cancel", "ns", call_later_cancel, repetitions);
    measure_among(10000, "call_later_cancel_10k");
    measure_among(OTHERS_MAX, "call_later_cancel_100k");
    bench_figure("sleepers_100k_cpu", "ms", sleepers, repetitions);
    if (bench_only && bench_is_wanted("sleepers_1m_cpu")) {
        double many = sleep_all(MANY_SLEEPERS);

        bench_print("sleepers_1m_cpu", "ms", &many, 1);
    }
    return 0;
}

int main(int argc, char **argv)
{
    repetitions = bench_repetitions(argc, argv);
    return coil_run(start, NULL) < 0;
}
