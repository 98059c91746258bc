/* SPDX-License-Identifier: MIT */
/*
 * timeout.c - a timer that makes a request for cancellation, within a scope
 *
 * The scope recognises its own request by its record.  To see whether others
 * have made requests since, it compares the number of told requests with that
 * at the beginning (asyncio: Timeout.__aexit__).
 */
#include <coil/timeout.h>

#include <errno.h>

#include "task/cancel.h"
#include "loop/loop.h"
#include "task/task.h"
#include "loop/handle.h"

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

/* The caller passes the time: reading the clock is most of the cost. */
static void arm(struct coil_timeout *timeout, coil_time deadline, coil_time now)
{
    struct coil_loop *loop = coil__loop_of(timeout->task->co.scheduler);

    timeout->timer.when = deadline;
    if (deadline == COIL_NEVER)
        return;
    if (deadline <= now) {
        expire(timeout);
        if (timeout->task == coil_current_task())
            timeout->state = OVERDUE;
    } else {
        coil__loop_arm(loop, &timeout->timer, deadline, expire, timeout);
    }
}

/* The timeout has not expired, and limits nothing any more. */
static void disarm(struct coil_timeout *timeout)
{
    coil_handle_cancel(&timeout->timer);
    coil__cancel_withdraw(timeout->task, &timeout->request);
}

static int begin(struct coil_timeout *timeout, coil_time deadline,
                 coil_time now)
{
    struct coil_task *task = coil_current_task();

    if (!task || !task->co.scheduler->loop)
        return -ENOTSUP;
    *timeout = (struct coil_timeout){
        .task = task,
        .cancelling_before = coil__cancel_told(task),
        .state = ACTIVE,
    };
    arm(timeout, deadline, now);
    return 0;
}

int coil_timeout_begin(struct coil_timeout *timeout, coil_time duration)
{
    coil_time now = coil_now();

    return begin(timeout, coil__time_add(now, duration), now);
}

int coil_timeout_begin_at(struct coil_timeout *timeout, coil_time deadline)
{
    return begin(timeout, deadline, coil_now());
}

int coil_timeout_end(struct coil_timeout *timeout, int rc)
{
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

coil_time coil_timeout_when(const struct coil_timeout *timeout)
{
    return timeout->timer.when;
}

bool coil_timeout_expired(const struct coil_timeout *timeout)
{
    return has_expired(timeout) || timeout->state == ENDED_EXPIRED;
}
