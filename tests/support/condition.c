/* SPDX-License-Identifier: MIT */
/* condition.c - a condition, and tasks that wait for it and hold its lock */
#include "condition.h"

struct coil_condition condition;

void watch_condition(void)
{
    watch(coil_test_check_condition, &condition);
}

void expect_free_condition(void)
{
    ASSERT(!coil_condition_is_locked(&condition));
    ASSERT_NULL(condition.waiters.head);
}

void acquire(void)
{
    ASSERT_EQ(coil_condition_acquire(&condition), 0);
}

void release(void)
{
    ASSERT_EQ(coil_condition_release(&condition), 0);
}

void assert_held(void)
{
    ASSERT_EQ(condition.own_lock.holder, coil_task_id(coil_current_task()));
    ASSERT_EQ(coil_condition_try_acquire(&condition), -EAGAIN);
}

int await_notice(void *arg)
{
    const char *name = arg;
    int later, rc;

    acquire();
    rc = coil_condition_wait(&condition);
    assert_held();
    say("%s%s ", name, rc < 0 ? "!" : "");
    later = coil_yield();
    if (later < 0)
        say("(%s) ", name);
    release();
    return rc;
}

int hold_lock(void *arg)
{
    const char *name = arg;

    acquire();
    say("%s ", name);
    turn();
    release();
    return 0;
}

void start_waiters(struct coil_task **waiters, int count)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    int i;

    for (i = 0; i < count; i++)
        waiters[i] = start(await_notice, names[i]);
    turn();
    ASSERT(!coil_condition_is_locked(&condition));
}

void end_waiters(struct coil_task **waiters, int count)
{
    int i;

    for (i = 0; i < count; i++)
        ASSERT_EQ(end_of(waiters[i]), 0);
}

void notify(size_t count)
{
    acquire();
    ASSERT_EQ(coil_condition_notify(&condition, count), 0);
    release();
}

bool is_true(void *arg)
{
    const bool *flag = arg;

    return *flag;
}

int await_true(void *flag)
{
    int rc;

    acquire();
    rc = coil_condition_wait_for(&condition, is_true, flag);
    assert_held();
    say("%s ", rc < 0 ? "!" : "true");
    release();
    return rc;
}
