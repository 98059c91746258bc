/* SPDX-License-Identifier: MIT */
/*
 * handover_test.h - what the tests of the lock and the semaphore share: tasks
 * that enter one at a time, and are cancelled as they are let in
 *
 * The test says how to enter and leave what it is about:
 *
 *     static int enter(void);
 *     static void leave(void);
 */
#ifndef COIL_TESTS_HANDOVER_TEST_H
#define COIL_TESTS_HANDOVER_TEST_H

#include "sync_test.h"

static int enter(void);
static void leave(void);

static inline void must_enter(void)
{
    ASSERT_EQ(enter(), 0);
}

/* Enter, stay for a turn, leave. */
static inline int visit(void *arg)
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

/* Of three who wait one is cancelled, before or after the first is let in. */
static inline void cancel_one(int victim, bool before, const char *expected)
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

#define LIMIT (10 * COIL_MILLISECOND)

static inline int enter_in_time(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, LIMIT), 0);
    rc = enter();
    if (rc == 0)
        leave();
    rc = coil_timeout_end(&limit, rc);
    ASSERT_EQ(coil_yield(), 0); /* nothing is left of it */
    return rc;
}

static inline void leave_from_callback(void *arg)
{
    (void)arg;
    leave();
}

static inline void leave_at_the_limit(struct coil_handle *handle)
{
    ASSERT_EQ(coil_loop_call_later(coil_loop_current(), handle, LIMIT,
                                   leave_from_callback, NULL),
              0);
}

/*
 * Whoever is in leaves when the waiter's timeout is due, at one moment, in order
 * of arming.  What the waiter came to; the next is let in either way.
 */
static inline int race_with_timeout(bool leaves_first)
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

#endif
