/* SPDX-License-Identifier: MIT */
/* A step that the watchdog reports is in the loop's stats, with its task. */
/* LABELS: threads */
#include <coil/loop_stats.h>
#include <coil/sleep.h>

#include "watchdog_test.h"

static int compute_twice(void *arg)
{
    const struct coil_task_options options = { .name = "slow one" };
    struct coil_loop_stats stats;
    struct coil_task *task;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_task_create_with(&task, be_slow, NULL, &options), 0);
    rc = coil_task_await(task);
    coil_task_release(task);
    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_loop_stats(coil_loop_current(), &stats), 0);
    printf("%d steps, %s of %s, %d\n", (int)stats.slow_steps,
           stats.slowest.name, stats.slowest.site,
           stats.slowest.duration >= 100 * COIL_MILLISECOND &&
               stats.slowest.task > 0 && stats.longest >= slow);
    return 0;
}

TEST(watchdog_counts_a_step_and_says_whose_it_was)
{
    run_child(compute_twice);
    ASSERT_STR_CONTAINS(the_child.text, "1 steps, slowpoke of ");
    ASSERT_STR_CONTAINS(the_child.text, "watchdog_counts.c:");
    ASSERT_STR_CONTAINS(the_child.text, ", 1\n");
}
