/* SPDX-License-Identifier: MIT */
/*
 * fd_case.c - a descriptor in a selection
 *
 * The backend watches the descriptor from stand() to end().  An operation of this
 * kind takes nothing from the descriptor, so it can be over in vain.
 */
#include <coil/fd.h>

#include <coil/error.h>

#include "base/platform.h"
#include "loop/operation.h"
#include "sched/select.h"

/* A waiter that only its operation decides, in a queue of its own. */
struct watcher {
    struct coil_waiter waiter;
    struct coil_list queue;
    struct coil__backend *backend;
    struct coil_op op;
    bool is_pending;
};

static void op_over(struct coil_op *op)
{
    struct watcher *watcher = op->owner;

    watcher->is_pending = false;
    if (watcher->waiter.queue)
        coil__decide(&watcher->waiter, (int)op->result);
}

static int check(const struct coil_select_case *c,
                 const struct coil__backend *backend)
{
    if (!c->events || c->events & ~(COIL_READABLE | COIL_WRITABLE))
        return -EINVAL;
    return !backend || coil__backend_is_simulated(backend) ? -ENOTSUP : 0;
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct watcher *watcher = (struct watcher *)(void *)entry;
    struct coil__backend *backend = coil__backend_current();

    COIL__SELECT_FITS(struct watcher);
    watcher->is_pending = false;
    *result = check(c, backend);
    if (*result < 0)
        return false;
    watcher->backend = backend;
    watcher->op = (struct coil_op){ .kind = COIL_OP_READY,
                                    .fd = c->fd,
                                    .events = c->events,
                                    .over = op_over,
                                    .owner = watcher };
    coil__burn(COIL__UNITS_CALL);
    if (backend->ops->begin(backend, &watcher->op)) {
        *result = (int)watcher->op.result;
        return false;
    }
    watcher->is_pending = true;
    watcher->queue = (struct coil_list)COIL_LIST_INIT;
    coil__waitq_append(&watcher->queue, &watcher->waiter);
    return true;
}

static void end(const struct coil_select_case *c,
                union coil__select_entry *entry)
{
    struct watcher *watcher = (struct watcher *)(void *)entry;

    (void)c;
    if (watcher->is_pending)
        watcher->backend->ops->cancel(watcher->backend, &watcher->op);
}

struct coil_select_case coil_wait_fd_case(int fd, unsigned events)
{
    static const struct coil_wait_reason reason = { .name = "descriptor" };
    static const struct coil_select_kind kind = { .reason = &reason,
                                                  .stand = stand,
                                                  .end = end };

    return (
        struct coil_select_case){ .kind = &kind, .fd = fd, .events = events };
}
