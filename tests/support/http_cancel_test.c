/* SPDX-License-Identifier: MIT */
/*
 * http_cancel_test.c - let something happen after the first step of the simulator, after the second, and so on, until it comes too late
 */
#include "http_cancel_test.h"

struct coil_http_client *client;

/* ---- something happens at the n-th step ------------------------------- */

static size_t steps_left;
static bool has_struck;
static void (*strike)(void);

static const char *count_step(const void *object)
{
    (void)object;
    if (has_struck)
        return NULL;
    if (steps_left-- == 0) {
        has_struck = true;
        strike();
    }
    return NULL;
}

void strike_at(size_t step, void (*what)(void))
{
    steps_left = step;
    has_struck = false;
    strike = what;
    ASSERT_EQ(coil_test_watch(count_step, &steps_left), 0);
}

bool end_strike(void)
{
    bool was = has_struck;

    has_struck = true;
    coil_test_unwatch(&steps_left);
    return was;
}
/* Run `scenario(step)` with step = 0, 1, 2 … until it returns false. */
static bool (*scenario)(size_t step);
bool was_struck;

static int run_scenario(void *arg)
{
    simulated = true;
    was_struck = scenario(*(size_t *)arg);
    return 0;
}

void at_every_step(bool (*what)(size_t step), uint64_t seeds)
{
    scenario = what;
    test_on_failure = say_where;
    for (seed = 0; seed < test_seeds(seeds); seed++) {
        size_t step = 0;

        do {
            ASSERT_EQ(coil_test_run(run_scenario, &step, seed), 0);
            step++;
        } while (was_struck && step < 100000);
        ASSERT_GT(step, 4);
    }
    seed = 0;
}

/* ---- a task that is cancelled ----------------------------------------- */

struct coil_task *cancelled;

void cancel_victim(void)
{
    coil_task_cancel(cancelled);
}
