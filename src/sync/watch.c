/* SPDX-License-Identifier: MIT */
/*
 * watch.c - a value with a version
 *
 * A receiver that is woken copies the value when it runs, so it gets the latest.
 * Until then it has seen nothing, and a cancellation loses nothing.
 */
#include <coil/watch.h>

#include <errno.h>
#include <string.h>

#include "base/platform.h"
#include "sched/select.h"
#include "sched/wait.h"

void coil_watch_init(struct coil_watch *watch, void *value, size_t size)
{
    *watch = (struct coil_watch)COIL_WATCH_INIT(value, size);
}

void coil_watch_receiver_init(struct coil_watch_receiver *receiver,
                              struct coil_watch *watch)
{
    *receiver =
        (struct coil_watch_receiver){ .watch = watch, .seen = watch->version };
}

int coil_watch_send(struct coil_watch *watch, const void *value)
{
    if (watch->closed)
        return -EPIPE;
    memcpy(watch->value, value, watch->size);
    watch->version++;
    coil__wake_all(&watch->waiters, 0);
    return 0;
}

void coil_watch_get(const struct coil_watch *watch, void *value)
{
    memcpy(value, watch->value, watch->size);
}

bool coil_watch_has_changed(const struct coil_watch_receiver *receiver)
{
    return receiver->seen != receiver->watch->version;
}

static const struct coil_wait_reason reason = { .name = "watch" };

/* See the latest value, if there is one to see: 0, or -EAGAIN, -EPIPE. */
static int see(struct coil_watch_receiver *receiver, void *value)
{
    const struct coil_watch *watch = receiver->watch;

    if (!coil_watch_has_changed(receiver))
        return watch->closed ? -EPIPE : -EAGAIN;
    receiver->seen = watch->version;
    if (value)
        coil_watch_get(watch, value);
    return 0;
}

int coil_watch_changed(struct coil_watch_receiver *receiver, void *value)
{
    struct coil_watch *watch = receiver->watch;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    /* Another task may use the same receiver. */
    rc = see(receiver, value);
    while (rc == -EAGAIN) {
        struct coil_waiter self = COIL_WAITER(&reason, watch);

        rc = coil__wait(&watch->waiters, &self);
        if (rc == 0)
            rc = see(receiver, value);
    }
    return rc;
}

/* ---- in a selection ------------------------------------------------------- */

static int take_change(const struct coil_select_case *c)
{
    return see(c->object, c->item);
}

static bool attempt_change(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(take_change(c), result);
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    const struct coil_watch_receiver *receiver = c->object;

    (void)result;
    entry->waiter.object = receiver->watch;
    coil__waitq_append(&receiver->watch->waiters, &entry->waiter);
    return true;
}

struct coil_select_case
coil_watch_changed_case(struct coil_watch_receiver *receiver, void *value)
{
    static const struct coil_select_kind kind = {
        .reason = &reason,
        .attempt = attempt_change,
        .stand = stand,
        .take = take_change,
    };

    return (struct coil_select_case){
        .kind = &kind,
        .object = receiver,
        .item = value,
    };
}

void coil_watch_close(struct coil_watch *watch)
{
    watch->closed = true;
    coil__wake_all(&watch->waiters, 0);
}

size_t coil_watch_waiting(const struct coil_watch *watch)
{
    return coil__waitq_count(&watch->waiters);
}
