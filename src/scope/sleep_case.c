/* SPDX-License-Identifier: MIT */
/*
 * sleep_case.c - a point in time in a selection
 */
#include <coil/sleep.h>

#include <errno.h>

#include "base/platform.h"
#include "loop/handle.h"
#include "loop/loop.h"
#include "sched/select.h"

/* A waiter that only its alarm decides, in a queue of its own. */
struct sleeper {
    struct coil_waiter waiter;
    struct coil_list bed;
    struct coil_handle alarm;
};

/* Another case may have been chosen already, earlier in this turn. */
static void go_off(void *arg)
{
    struct sleeper *sleeper = arg;

    if (sleeper->waiter.queue)
        coil__decide(&sleeper->waiter, 0);
}

static bool attempt(const struct coil_select_case *c, int *result)
{
    *result = coil_loop_current() ? 0 : -ENOTSUP;
    return *result < 0 || c->deadline <= coil_now();
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct sleeper *sleeper = (struct sleeper *)(void *)entry;

    (void)result;
    COIL__SELECT_FITS(struct sleeper);
    sleeper->bed = (struct coil_list)COIL_LIST_INIT;
    sleeper->alarm = (struct coil_handle){ .when = c->deadline };
    coil__waitq_append(&sleeper->bed, &sleeper->waiter);
    if (c->deadline != COIL_NEVER)
        coil__loop_arm(coil_loop_current(), &sleeper->alarm, c->deadline,
                       go_off, sleeper);
    return true;
}

static void end(const struct coil_select_case *c,
                union coil__select_entry *entry)
{
    struct sleeper *sleeper = (struct sleeper *)(void *)entry;

    (void)c;
    coil_handle_cancel(&sleeper->alarm);
}

struct coil_select_case coil_sleep_until_case(coil_time deadline)
{
    static const struct coil_wait_reason reason = { .name = "sleep" };
    static const struct coil_select_kind kind = {
        .reason = &reason, .attempt = attempt, .stand = stand, .end = end
    };

    return (struct coil_select_case){ .kind = &kind, .deadline = deadline };
}

struct coil_select_case coil_sleep_case(coil_time duration)
{
    return coil_sleep_until_case(coil_after(duration));
}
