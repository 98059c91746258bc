/* SPDX-License-Identifier: MIT */
/*
 * coroutine_by_hand.c - a coroutine without a task: send, throw and yield
 *
 * When the coroutine waits, its driver gets a future, which is completed when
 * the wait is decided.
 */
#include <errno.h>

#include "base/panic.h"
#include "sched/coroutine.h"
#include "task/future.h"
#include "sched/wait.h"

/* ---- waiting -------------------------------------------------------------- */

/*
 * Hand a future to the driver, until the wait is decided.  A driver that
 * resumes the coroutine earlier gets the same future again.
 */
static void wait_by_hand(struct coil_coroutine *co, struct coil_waiter *self)
{
    struct coil_future future = COIL_FUTURE_INIT;

    co->yielded = &future;
    while (self->queue)
        coil__coroutine_hand_out(co, &future);
    co->yielded = NULL;
    coil__future_abandon(&future);
}

static void woken(struct coil_coroutine *co, int outcome)
{
    if (co->yielded)
        coil__future_complete(co->yielded, outcome, NULL);
}

static const struct coil_driver by_hand = {
    .wait = wait_by_hand,
    .woken = woken,
};

/* ---- running -------------------------------------------------------------- */

static COIL_NO_TSAN struct coil_switch *run_by_hand(void *arg)
{
    struct coil_coroutine *co = arg;

    coil__coroutine_entered(co);
    co->result = co->fn(co->arg);
    co->state = COIL_COROUTINE_DONE;
    return coil__coroutine_end(co);
}

int coil_coroutine_new(struct coil_coroutine **out, coil_fn fn, void *arg,
                       size_t stack_size)
{
    void *memory;
    struct coil_coroutine *co;
    int rc;

    rc = coil__coroutine_create(&memory, sizeof *co, stack_size, run_by_hand);
    if (rc < 0)
        return rc;
    co = memory;
    co->driver = &by_hand;
    co->asks = COIL__ASKS_DRIVER;
    co->fn = fn;
    co->arg = arg;
    *out = co;
    return 0;
}

static inline int drive(struct coil_coroutine *co, void **yielded)
{
    coil__coroutine_resume(co);
    if (yielded)
        *yielded = co->state == COIL_COROUTINE_DONE ? NULL : co->passed;
    return co->state == COIL_COROUTINE_DONE ? 0 : 1;
}

static int check_can_run(const struct coil_coroutine *co)
{
    if (co->state == COIL_COROUTINE_DONE)
        return -EALREADY;
    if (co->state == COIL_COROUTINE_RUNNING || co->task)
        return -EBUSY;
    return 0;
}

COIL_RETURNS_BY_JUMP int coil_coroutine_send(struct coil_coroutine *co,
                                             void *value, void **yielded)
{
    int rc = check_can_run(co);

    if (rc < 0)
        return rc;
    co->passed = value;
    return drive(co, yielded);
}

int coil_coroutine_throw(struct coil_coroutine *co, int error, void **yielded)
{
    int rc = check_can_run(co);

    if (rc < 0)
        return rc;
    if (error >= 0)
        return -EINVAL;
    if (co->state == COIL_COROUTINE_NEW) {
        co->result = error;
        co->state = COIL_COROUTINE_DONE;
        if (yielded)
            *yielded = NULL;
        return 0;
    }
    co->running.interrupt = error;
    coil__wait_interrupt(co);
    return drive(co, yielded);
}

COIL_RETURNS_BY_JUMP int coil_coroutine_yield(void *value, void **sent)
{
    struct coil_coroutine *co;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    co = coil__thread()->current;
    if (co->task)
        return -ENOTSUP;
    coil__coroutine_hand_out(co, value);
    rc = co->running.interrupt;
    co->running.interrupt = 0;
    if (rc == 0 && sent)
        *sent = co->passed;
    return rc;
}

bool coil_coroutine_is_done(const struct coil_coroutine *co)
{
    return co->state == COIL_COROUTINE_DONE;
}

int coil_coroutine_result(const struct coil_coroutine *co)
{
    return co->state == COIL_COROUTINE_DONE ? co->result : -EAGAIN;
}

void coil_coroutine_free(struct coil_coroutine *co)
{
    if (!co)
        return;
    if (co->state == COIL_COROUTINE_RUNNING)
        COIL_PANIC("a running coroutine cannot be freed");
    while (co->state == COIL_COROUTINE_SUSPENDED &&
           coil_coroutine_throw(co, -ECANCELED, NULL) > 0) {
        /* Whoever could decide the wait runs only after this function. */
        if (co->running.interrupt < 0)
            COIL_PANIC("a coroutine that cannot be interrupted cannot be "
                       "freed");
    }
    coil__coroutine_dispose(co);
}
