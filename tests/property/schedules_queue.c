/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Random schedules of the queue against its model.
 */
#include "queue_model.h"

static void queue_prepare(void)
{
    enum coil_queue_order an_order = (enum coil_queue_order)below(4);

    queue_prepare_with(an_order, below(4));
}

static void queue_act(struct actor *self)
{
    int choice = below(40);
    bool at_once = one_in(3);

    if (choice < 17 && at_once)
        queue_try_put();
    else if (choice < 17)
        queue_put(self);
    else if (choice < 31 && at_once)
        queue_try_get();
    else if (choice < 31)
        queue_get(self);
    else if (choice < 36)
        queue_task_done();
    else if (choice < 39)
        queue_join(self);
    else
        queue_shutdown(one_in(2));
    queue_check();
}

TEST(schedules_of_the_queue)
{
    static const struct play queue_play = { queue_prepare, queue_act, NULL,
                                            queue_finish, queue_conclude };

    run_schedules(&queue_play);
}
