/* SPDX-License-Identifier: MIT */
/* task_group_cancel_test.h - what the programs task_group_cancel and task_group_cancel_twice share */
#ifndef COIL_TESTS_TASK_GROUP_CANCEL_TEST_H
#define COIL_TESTS_TASK_GROUP_CANCEL_TEST_H

#include "group_test.h"

/* What the body of run_group() does, and what came of it. */
struct scenario {
    coil_time body;   /* how long it sleeps */
    bool swallow;     /* and takes no notice of being cancelled */
    bool faulty;      /* a task fails when it is cancelled */
    coil_time cancel; /* when coil_task_group_cancel() comes; 0: never */
    bool before;      /* the body calls it itself, at the beginning */
};

static inline void cancel_group(void *arg)
{
    coil_task_group_cancel(arg);
}

static inline int run_group(void *arg)
{
    const struct scenario *scenario = arg;
    struct coil_handle timer = { .state = 0 };
    int rc = 0;

    begin();
    drop_cleaner("a", 2 * COIL_SECOND, scenario->faulty ? -EIO : 0);
    drop_cleaner("b", COIL_SECOND, 0);
    if (scenario->cancel)
        coil_loop_call_later(coil_loop_current(), &timer, scenario->cancel,
                             cancel_group, &group);
    if (scenario->before)
        coil_task_group_cancel(&group);
    if (scenario->body)
        rc = coil_sleep(scenario->body);
    say("body%d ", rc);
    if (scenario->swallow)
        rc = 0;
    rc = coil_task_group_end(&group, rc);
    say("end%d ", rc);
    coil_handle_cancel(&timer);
    say("%u ", coil_task_cancelling(coil_current_task()));
    say("%s", coil_yield() == -ECANCELED ? "again " : "");
    ASSERT_EQ(coil_sleep(100 * COIL_MINUTE), 0);
    return rc;
}

static inline struct coil_task *start_group(const struct scenario *scenario)
{
    return start(run_group, scenario);
}

#endif
