/* SPDX-License-Identifier: MIT */
/*
 * future_case.c - a future or a task in a selection
 */
#include <errno.h>

#include "base/platform.h"
#include "sched/select.h"
#include "task/future.h"

/* A waiter that only the future decides, in a queue of its own. */
struct watcher {
    struct coil_waiter waiter;
    struct coil_list queue;
    struct coil_future_callback callback;
};

static void on_done(struct coil_future *future, void *arg)
{
    struct watcher *watcher = arg;

    if (watcher->waiter.queue)
        coil__decide(&watcher->waiter, future->status);
}

static bool attempt(const struct coil_select_case *c, int *result)
{
    const struct coil_future *future = c->object;

    if (future->done)
        *result = future->status;
    return future->done;
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct watcher *watcher = (struct watcher *)(void *)entry;

    (void)result;
    COIL__SELECT_FITS(struct watcher);
    watcher->queue = (struct coil_list)COIL_LIST_INIT;
    watcher->callback = (struct coil_future_callback){ .fn = NULL };
    coil__waitq_append(&watcher->queue, &watcher->waiter);
    coil__future_watch(c->object, &watcher->callback, on_done, watcher);
    return true;
}

static void end(const struct coil_select_case *c,
                union coil__select_entry *entry)
{
    struct watcher *watcher = (struct watcher *)(void *)entry;

    coil_future_remove_done_callback(c->object, &watcher->callback);
}

struct coil_select_case coil_future_case(struct coil_future *future)
{
    static const struct coil_wait_reason reason = { .name = "future" };
    static const struct coil_select_kind kind = {
        .reason = &reason, .attempt = attempt, .stand = stand, .end = end
    };

    return (struct coil_select_case){ .kind = &kind, .object = future };
}
