/* SPDX-License-Identifier: MIT */
/*
 * Tasks that act in a given order, whatever the schedule.
 */
#include <coil/sequencer.h>

#include "simulated.h"

static struct coil_sequencer order;

static int act(void *arg)
{
    const unsigned *number = arg;
    int rc = coil_sequencer_begin(&order, *number);

    if (rc < 0)
        return rc;
    say("%u ", *number);
    coil_sequencer_end(&order);
    return 0;
}

static const unsigned numbers[] = { 0, 1, 2, 3 };

SEEDS_TEST(sequencer_lets_tasks_act_in_order)
{
    struct coil_task *tasks[4];

    order = (struct coil_sequencer){ .turn = 0 };
    for (int i = 3; i >= 0; i--)
        tasks[i] = start(act, &numbers[i]);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    SAID("0 1 2 3 ");
    ASSERT_EQ(coil_sequencer_begin(&order, 2), -EALREADY);
    ASSERT_EQ(coil_sequencer_begin(&order, 4), 0);
}

CORE_TEST(sequencer_cancelled_takes_no_turn)
{
    struct coil_task *one;

    order = (struct coil_sequencer){ .turn = 0 };
    one = start_waiting(act, &numbers[1]);
    ASSERT_EQ(end_by_cancelling(one), -ECANCELED);
    one = start_waiting(act, &numbers[1]);
    ASSERT_EQ(coil_sequencer_begin(&order, 0), 0);
    coil_sequencer_end(&order);
    ASSERT_EQ(end_of(one), 0);
    SAID("1 ");
}
