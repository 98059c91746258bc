/* SPDX-License-Identifier: MIT */
/*
 * handover.c - tasks that enter one at a time, and are cancelled as they enter
 */
#include "handover.h"

void must_enter(void)
{
    ASSERT_EQ(enter(), 0);
}

int visit(void *arg)
{
    const char *name = arg;
    int rc = enter();

    if (rc < 0) {
        say("%s! ", name);
        return rc;
    }
    say("%s ", name);
    rc = coil_yield();
    leave();
    return rc;
}

void cancel_one(int victim, bool before, const char *expected)
{
    struct coil_task *waiters[3];
    int i;

    must_enter();
    waiters[0] = start(visit, "a");
    waiters[1] = start(visit, "b");
    waiters[2] = start(visit, "c");
    turn();
    if (before)
        cancel(waiters[victim]);
    leave();
    if (!before)
        cancel(waiters[victim]);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]), i == victim ? -ECANCELED : 0);
    SAID(expected);
}

/* ---- timeouts ---- */

static int enter_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = enter();
    if (rc == 0)
        leave();
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0); /* no cancellation is pending */
    return rc;
}

void leave_from_callback(void *arg)
{
    (void)arg;
    leave();
}

static void leave_at_the_limit(struct coil_handle *handle)
{
    ASSERT_EQ(coil_loop_call_later(coil_loop_current(), handle, LIMIT,
                                   leave_from_callback, NULL),
              0);
}

int race_with_timeout(bool leaves_first)
{
    struct coil_handle handle = { 0 };
    struct coil_task *waiter, *next;
    int rc;

    must_enter();
    if (leaves_first)
        leave_at_the_limit(&handle);
    waiter = start(enter_in_time, NULL);
    turn();
    next = start(visit, "next");
    if (!leaves_first)
        leave_at_the_limit(&handle);
    rc = end_of(waiter);
    ASSERT_EQ(end_of(next), 0);
    SAID("next ");
    return rc;
}
