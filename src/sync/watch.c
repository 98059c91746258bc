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

int coil_watch_changed(struct coil_watch_receiver *receiver, void *value)
{
    static const struct coil_wait_reason reason = { .name = "watch" };
    struct coil_watch *watch = receiver->watch;
    int rc = coil__checkpoint();

    /* Another task may use the same receiver. */
    while (rc == 0 && !coil_watch_has_changed(receiver)) {
        struct coil_waiter self = COIL_WAITER(&reason, watch);

        if (watch->closed)
            return -EPIPE;
        rc = coil__wait(&watch->waiters, &self);
    }
    if (rc < 0)
        return rc;
    receiver->seen = watch->version;
    if (value)
        coil_watch_get(watch, value);
    return 0;
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
