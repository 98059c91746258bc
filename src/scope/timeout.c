/* SPDX-License-Identifier: MIT */
/*
 * timeout.c - a timer that makes a request for cancellation, within a scope
 *
 * The scope recognises its own request by its record.  To see whether others
 * have made requests since, it compares the number of told requests with that
 * at the beginning (asyncio: Timeout.__aexit__).
 */
#include "scope/timeout.h"

#include <errno.h>

#include "base/platform.h"
#include "loop/handle.h"
#include "loop/loop.h"
#include "sched/foreign.h"
#include "sched/scheduler.h"
#include "sched/thread.h"
#include "task/cancel.h"
#include "task/task.h"

/*
 * A deadline in the past makes the request at once.  While the task itself goes
 * on, the timeout is OVERDUE, and all can still be taken back.  When the task
 * is told, the timeout has expired.
 */
enum { ACTIVE = 1, OVERDUE, EXPIRED, ENDED, ENDED_EXPIRED };

static bool has_expired(const struct coil_timeout *timeout)
{
    return timeout->state == EXPIRED ||
           (timeout->state == OVERDUE && timeout->request.told);
}

static void expire(void *arg)
{
    struct coil_timeout *timeout = arg;

    timeout->state = EXPIRED;
    coil__cancel_request(timeout->task, &timeout->request,
                         COIL_CANCEL_BY_TIMEOUT);
}

const struct coil_task *coil__timeout_task(const struct coil_handle *handle)
{
    const struct coil_timeout *timeout =
        coil__container_of(handle, const struct coil_timeout, timer);

    return handle->call.fn == expire ? timeout->task : NULL;
}

static struct coil_loop *loop_of(const struct coil_timeout *timeout)
{
    return coil__loop_of(timeout->task->co.scheduler);
}

/* Let the timeout expire at `deadline`, which counts from `since`. */
static void note(struct coil_timeout *timeout, coil_time deadline,
                 coil_time since)
{
    if (COIL_UNLIKELY(deadline == COIL_NEVER))
        timeout->timer.when = COIL_NEVER;
    else
        coil__loop_note(loop_of(timeout), &timeout->timer, deadline, since,
                        expire, timeout);
}

/* The clock shows `now`. */
static void arm(struct coil_timeout *timeout, coil_time deadline, coil_time now)
{
    if (deadline > now) {
        note(timeout, deadline, COIL__NOTED_EXACTLY);
        return;
    }
    timeout->timer.when = deadline;
    expire(timeout);
    if (timeout->task == coil_current_task())
        timeout->state = OVERDUE;
}

/* The timeout has not expired, and limits nothing any more. */
static void disarm(struct coil_timeout *timeout)
{
    coil_handle_cancel(&timeout->timer);
    coil__cancel_withdraw(timeout->task, &timeout->request);
}

/*
 * Stores the loop.  The members of `timeout` are set one by one: to zero the
 * whole struct would take longer than all the rest.
 */
static int begin(struct coil_timeout *timeout, struct coil_loop **loop)
{
    struct coil_coroutine *co = coil__thread()->current;

    if (!co || !co->task || !co->scheduler->loop)
        return -ENOTSUP;
    *loop = co->scheduler->loop;
    timeout->task = co->task;
    timeout->timer.call.state = COIL__CALLBACK_IDLE;
    timeout->request = (struct coil_cancel_request){ .made = false };
    timeout->cancelling_before = coil__cancel_told(co->task);
    timeout->state = ACTIVE;
    return 0;
}

/*
 * Reading the clock is most of the cost of a timeout that is not reached.  So a
 * long one is noted without it, and counts from a time that has passed for sure:
 * the later one of the clock's last tick and the loop's last look.  The next
 * look makes up for the difference, up to an eighth of the duration (see
 * loop/timers.h).  So the timeout could be early only if both lay further back
 * than that eighth, 125 ms at least: if one step had gone on for so long, and
 * the kernel had let its tick fall behind as far, which is some 4 ms otherwise.
 */
static coil_time passed(struct coil_loop *loop)
{
    coil_time ticked = coil__loop_ticked(loop);

    return ticked > loop->scheduler.looked ? ticked : loop->scheduler.looked;
}

int coil_timeout_begin(struct coil_timeout *timeout, coil_time duration)
{
    struct coil_loop *loop;
    coil_time now;
    int rc = begin(timeout, &loop);

    if (rc < 0)
        return rc;
    if (duration >= COIL__NOTED_TIME_MIN && coil__loop_ticks(loop)) {
        now = passed(loop);
        note(timeout, coil__time_add(now, duration), now);
    } else {
        now = coil__loop_now(loop);
        arm(timeout, coil__time_add(now, duration), now);
    }
    return 0;
}

int coil_timeout_begin_at(struct coil_timeout *timeout, coil_time deadline)
{
    struct coil_loop *loop;
    int rc = begin(timeout, &loop);

    if (rc < 0)
        return rc;
    if (coil__loop_ticks(loop) &&
        deadline >= coil__loop_ticked(loop) + COIL__NOTED_TIME_MIN)
        note(timeout, deadline, COIL__NOTED_EXACTLY);
    else
        arm(timeout, deadline, coil__loop_now(loop));
    return 0;
}

int coil_timeout_end(struct coil_timeout *timeout, int rc)
{
    if (COIL_LIKELY(coil__handle_is_noted(&timeout->timer))) {
        coil__scheduler_check(timeout->timer.call.scheduler, __func__);
        coil__handle_strike(&timeout->timer);
        timeout->state = ENDED;
        return rc;
    }
    if (timeout->state >= ENDED)
        return rc;
    if (!has_expired(timeout)) {
        disarm(timeout);
        timeout->state = ENDED;
        return rc;
    }
    timeout->state = ENDED_EXPIRED;
    coil__cancel_withdraw(timeout->task, &timeout->request);
    if (rc == -ECANCELED &&
        coil_task_cancelling(timeout->task) <= timeout->cancelling_before)
        return -ETIMEDOUT;
    return rc;
}

int coil_timeout_reschedule(struct coil_timeout *timeout, coil_time deadline)
{
    if (timeout->state >= ENDED || has_expired(timeout))
        return -EALREADY;
    disarm(timeout);
    timeout->state = ACTIVE;
    arm(timeout, deadline, coil_now());
    return 0;
}

/* Whoever asks for the deadline fixes it. */
coil_time coil_timeout_when(const struct coil_timeout *timeout)
{
    struct coil_handle *timer = (void *)(uintptr_t)&timeout->timer;

    if (coil__handle_is_noted(timer))
        coil__timers_make_exact(
            timer, coil__loop_now(coil__loop_of(timer->call.scheduler)));
    return timer->when;
}

bool coil_timeout_expired(const struct coil_timeout *timeout)
{
    return has_expired(timeout) || timeout->state == ENDED_EXPIRED;
}
