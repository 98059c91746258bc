/* SPDX-License-Identifier: MIT */
/* simulated.c - a test whose body is the main task of a simulated loop */
#include "simulated.h"

#include <coil/scheduler.h>

static int run_simulation(void *arg)
{
    const struct simulation *simulation = arg;

    watch_reports();
    if (simulation->prepare)
        simulation->prepare();
    simulation->body();
    if (simulation->conclude)
        simulation->conclude();
    ASSERT_EQ(report_count, 0);
    SAID("");
    return 0;
}

void simulate(const struct simulation *simulation, uint64_t first,
              uint64_t last)
{
    uint64_t count = test_seeds(last - first + 1);

    for (uint64_t seed = first; seed < first + count; seed++)
        ASSERT_EQ(coil_test_run(run_simulation, (void *)simulation, seed), 0);
}

void watch(coil_test_check_fn check, const void *object)
{
    ASSERT_EQ(coil_test_watch(check, object), 0);
}

void begin_timeout(struct coil_timeout *limit, coil_time duration)
{
    ASSERT_EQ(coil_timeout_begin(limit, duration), 0);
}

int run_without_clock(coil_fn fn, void *arg)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_runnable *r;
    struct coil_task *task;
    int rc;

    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    ASSERT_EQ(coil_task_create(&task, fn, arg), 0);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    ASSERT(coil_task_is_done(task));
    rc = coil_task_result(task);
    coil_task_release(task);
    coil_scheduler_leave(&mine);
    return rc;
}
