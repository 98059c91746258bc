/* SPDX-License-Identifier: MIT */
#include "backend/history_recorder.h"

#include <errno.h>

#include "backend/history_recorder_socket.h"
#include "backend/history_recorder_state.h"
#include "base/memory.h"
#include "base/panic.h"

/* An operation of the backend behind: whose it was. */
struct recorded {
    struct recorder *recorder;
    void (*over)(struct coil_op *op);
    void *owner;
    size_t number;
    struct recorded *next; /* of those that are free */
};

/* ---- clock and chance ----------------------------------------------------- */

static coil_time put_time(struct recorder *r, enum coil_history_entry entry,
                          coil_time now)
{
    put_signed(r, entry, now - r->now);
    r->now = now;
    return now;
}

static coil_time now(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return put_time(r, COIL_HISTORY_NOW, r->behind->ops->now(r->behind));
}

static coil_time ticked(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return put_time(r, COIL_HISTORY_TICKED, r->behind->ops->ticked(r->behind));
}

static uint64_t random_number(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);
    uint64_t number = r->behind->ops->random(r->behind);

    put_number(r, COIL_HISTORY_RANDOM, number);
    return number;
}

/* ---- operations ----------------------------------------------------------- */

static struct recorded *take(struct recorder *r)
{
    struct recorded *it = r->free;

    if (it) {
        r->free = it->next;
        return it;
    }
    it = coil__alloc(sizeof *it);
    if (it) {
        it->recorder = r;
        it->number = ++r->count;
    }
    return it;
}

static void give_back(struct recorder *r, struct recorded *it,
                      struct coil_op *op)
{
    op->over = it->over;
    op->owner = it->owner;
    it->next = r->free;
    r->free = it;
}

/* The backend behind says so. */
static void over(struct coil_op *op)
{
    struct recorded *it = op->owner;
    struct recorder *r = it->recorder;

    coil__history_put(&r->history, COIL_HISTORY_OVER);
    coil__history_put(&r->history, it->number);
    coil__history_put_op(&r->history, op);
    coil__history_commit(&r->history);
    give_back(r, it, op);
    pass_out(r);
    op->over(op);
}

static void put_begin(struct recorder *r, const struct coil_op *op,
                      size_t number)
{
    coil__history_put(&r->history, COIL_HISTORY_BEGIN);
    coil__history_put(&r->history, op->kind);
    coil__history_put(&r->history, number);
    if (number == 0)
        coil__history_put_op(&r->history, op);
    coil__history_commit(&r->history);
}

/* Without memory there is no way to follow an operation: it does not begin. */
static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct recorder *r = recorder_of(backend);
    struct recorded *it = take(r);
    bool is_over = true;

    op->result = -ENOMEM;
    if (it) {
        it->over = op->over;
        it->owner = op->owner;
        op->over = over;
        op->owner = it;
        is_over = r->behind->ops->begin(r->behind, op);
        if (is_over)
            give_back(r, it, op);
    }
    pass_out(r);
    put_begin(r, op, is_over ? 0 : it->number);
    return is_over;
}

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct recorder *r = recorder_of(backend);
    const struct recorded *it = op->owner;

    put_number(r, COIL_HISTORY_CANCEL, op->over == over ? it->number : 0);
    r->behind->ops->cancel(r->behind, op);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct recorder *r = recorder_of(backend);
    int rc;

    put_entry(r, COIL_HISTORY_WAIT);
    pass_in(r);
    rc = r->behind->ops->wait(r->behind, deadline);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
    return put_result(r, rc);
}

static void wake(struct coil__backend *backend)
{
    struct coil__backend *behind = recorder_of(backend)->behind;

    behind->ops->wake(behind);
}

static void lost(struct coil__backend *behind, int fd)
{
    struct recorder *r = recorder_of(behind->front);

    put_signed(r, COIL_HISTORY_LOST, fd);
    if (r->backend.lost)
        r->backend.lost(&r->backend, fd);
}

/* ---- what comes beside ---------------------------------------------------- */

static uint64_t arrived(struct coil__backend *backend, enum coil__arrival what,
                        uint64_t there)
{
    struct recorder *r = recorder_of(backend);

    coil__history_put(&r->history, COIL_HISTORY_ARRIVED);
    coil__history_put(&r->history, what);
    coil__history_put(&r->history, there);
    coil__history_commit(&r->history);
    return there;
}

static void remember(struct coil__backend *backend, void *data, size_t size)
{
    struct recorder *r = recorder_of(backend);

    coil__history_put(&r->history, COIL_HISTORY_BYTES);
    coil__history_put(&r->history, size);
    coil__history_put_bytes(&r->history, data, size);
    coil__history_commit(&r->history);
}

/* ---- the backend ---------------------------------------------------------- */

static void forked(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    coil__history_leave(&r->history);
    r->behind->ops->forked(r->behind);
}

static void leave(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->leave(r->behind);
}

static int descriptor(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);

    return r->behind->ops->descriptor(r->behind);
}

static void close_backend(struct coil__backend *backend)
{
    struct recorder *r = recorder_of(backend);
    struct recorded *it;

    r->behind->ops->close(r->behind);
    coil__history_close(&r->history);
    while ((it = r->free)) {
        r->free = it->next;
        coil__free(it);
    }
    coil__free(r);
}

static const struct coil__backend_ops recording = {
    .close = close_backend,
    .now = now,
    .random = random_number,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .arrived = arrived,
    .remember = remember,
};

/* It can what the backend behind can. */
static void take_place(struct recorder *r)
{
    const struct coil__backend_ops *behind = r->behind->ops;

    r->ops = recording;
    coil__history_recorder_take_sockets(&r->ops);
    r->ops.name = behind->name;
    r->ops.kind = behind->kind;
    r->ops.forked = behind->forked ? forked : NULL;
    r->ops.leave = behind->leave ? leave : NULL;
    r->ops.descriptor = behind->descriptor ? descriptor : NULL;
    r->ops.ticked = behind->ticked ? ticked : NULL;
    if (!behind->adopt_fd)
        r->ops.adopt_fd = NULL;
    r->backend.ops = &r->ops;
    r->behind->front = &r->backend;
    r->behind->lost = lost;
}

int coil__history_recorder_open(struct coil__backend **backend,
                                const char *path)
{
    struct recorder *r = coil__alloc(sizeof *r);
    int rc;

    if (!r)
        return -ENOMEM;
    rc = coil__history_create(&r->history, path, (*backend)->ops->kind);
    if (rc < 0) {
        coil__free(r);
        return rc;
    }
    r->behind = *backend;
    take_place(r);
    *backend = &r->backend;
    return 0;
}
