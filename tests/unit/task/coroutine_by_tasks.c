/* SPDX-License-Identifier: MIT */
/*
 * Coroutines that several tasks drive in turns, and one that runs a loop.
 */
#include "bodies.h"
#include "jobs.h"

static int drive_in_a_task(void *arg)
{
    struct coil_coroutine *co = make(count_to_three, NULL);
    int n = 0;

    (void)arg;
    while (coil_coroutine_send(co, NULL, NULL) > 0) {
        ASSERT_EQ(coil_yield(), 0);
        n++;
    }
    ASSERT_EQ(coil_coroutine_result(co), 42);
    coil_coroutine_free(co);
    return n;
}

/* A coroutine returns to the task that sent, though others ran in between. */
SEEDS_TEST(coroutine_is_driven_by_tasks_that_take_turns)
{
    struct coil_task *tasks[5];

    for (int i = 0; i < 5; i++)
        tasks[i] = start(drive_in_a_task, NULL);
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(end_of(tasks[i]), 3);
    SAID("begins begins begins begins begins ");
}

static int send_once(void *arg)
{
    ASSERT_EQ(coil_yield(), 0);
    return coil_coroutine_send(arg, NULL, NULL);
}

SEEDS_TEST(coroutine_goes_from_task_to_task)
{
    struct coil_coroutine *co = make(count_to_three, NULL);
    struct coil_task *tasks[4];
    int sum = 0;

    for (int i = 0; i < 4; i++)
        tasks[i] = start(send_once, co);
    for (int i = 0; i < 4; i++)
        sum += end_of(tasks[i]);
    ASSERT_EQ(sum, 3);
    ASSERT_EQ(coil_coroutine_result(co), 42);
    coil_coroutine_free(co);
    SAID("begins ");
}

static int run_a_loop(void *arg)
{
    return coil_test_run(drive_in_a_task, arg, 0);
}

TEST(coroutine_runs_a_loop)
{
    struct coil_coroutine *co = make(run_a_loop, NULL);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), 3);
    coil_coroutine_free(co);
    SAID("begins ");
}
