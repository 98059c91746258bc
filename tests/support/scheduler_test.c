/* SPDX-License-Identifier: MIT */
/* scheduler_test.c - what the programs scheduler and scheduler_waits share */
#include "scheduler_test.h"

struct coil_scheduler mine;
size_t steps;

void run_ready(void)
{
    struct coil_runnable *r;

    while ((r = coil_scheduler_pop(&mine))) {
        steps++;
        coil_runnable_run(r);
    }
}

void enter(void)
{
    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
}

void leave(void)
{
    ASSERT_EQ(coil_scheduler_ready_count(&mine), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 0);
    coil_scheduler_leave(&mine);
}

void run_task(coil_fn fn)
{
    struct coil_task *task;

    enter();
    task = start(fn, NULL);
    run_ready();
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_task_result(task), 0);
    coil_task_release(task);
    leave();
}

/* ---- what waits ----------------------------------------------------------- */

struct coil_lock lock;
int inside;

int use_lock(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        ASSERT_EQ(coil_lock_acquire(&lock), 0);
        ASSERT_EQ(++inside, 1);
        ASSERT_EQ(coil_yield(), 0);
        inside--;
        ASSERT_EQ(coil_lock_release(&lock), 0);
    }
    return 0;
}
