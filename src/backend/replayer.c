/* SPDX-License-Identifier: MIT */
#include "backend/replayer.h"

#include <errno.h>
#include <string.h>

#include "backend/replayer_entry.h"
#include "backend/replayer_socket.h"
#include "backend/sys.h"
#include "base/futex.h"
#include "base/memory.h"
#include "base/panic.h"

/* ---- clock and chance ----------------------------------------------------- */

static coil_time get_time(struct replayer *r, enum coil_history_entry entry)
{
    coil__replayer_entry_expect(r, entry);
    r->now += coil__history_get_signed(&r->history);
    return r->now;
}

static coil_time now(struct coil__backend *backend)
{
    return get_time(replayer_of(backend), COIL_HISTORY_NOW);
}

static coil_time ticked(struct coil__backend *backend)
{
    return get_time(replayer_of(backend), COIL_HISTORY_TICKED);
}

static uint64_t random_number(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);

    coil__replayer_entry_expect(r, COIL_HISTORY_RANDOM);
    return coil__history_get(&r->history);
}

/* ---- operations ----------------------------------------------------------- */

static void make_room(struct replayer *r, size_t number)
{
    size_t capacity = 2 * r->capacity + 64;
    struct coil_op **pending;

    if (number < r->capacity)
        return;
    /* Each number is the one after the greatest so far, or used again. */
    if (number > r->capacity + 1)
        coil__replayer_entry_panic(r, "an operation", "damage");
    pending = coil__realloc(r->pending, capacity * sizeof *pending);
    if (!pending)
        coil__panic("COIL_REPLAY", "there is no memory");
    memset(pending + r->capacity, 0,
           (capacity - r->capacity) * sizeof *pending);
    r->pending = pending;
    r->capacity = capacity;
}

static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct replayer *r = replayer_of(backend);
    size_t number;

    coil__replayer_entry_expect(r, COIL_HISTORY_BEGIN);
    if (coil__history_get(&r->history) != op->kind)
        coil__replayer_entry_panic(r, "an operation", "one of another kind");
    number = (size_t)coil__history_get(&r->history);
    if (number == 0) {
        coil__history_get_op(&r->history, op);
        return true;
    }
    make_room(r, number);
    r->pending[number] = op;
    op->state = 1;
    r->backend.pending++;
    return false;
}

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct replayer *r = replayer_of(backend);

    (void)op;
    coil__replayer_entry_expect(r, COIL_HISTORY_CANCEL);
    (void)!coil__history_get(&r->history);
    coil__replayer_entry_go_on(r);
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct replayer *r = replayer_of(backend);

    (void)deadline;
    coil__replayer_entry_expect(r, COIL_HISTORY_WAIT);
    coil__replayer_entry_go_on(r);
    return coil__replayer_entry_result(r);
}

static void wake(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);

    atomic_fetch_add(&r->woken, 1);
    coil__futex_wake(&r->woken);
}

/* What came from another thread does not tarry long behind what it answers. */
static void await_wake(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);
    coil_time end = coil__sys_now() + 10 * COIL_SECOND;

    while (atomic_load(&r->woken) == r->seen) {
        coil_time left = end - coil__sys_now();

        if (left <= 0)
            coil__panic("COIL_REPLAY",
                        "no other thread does what one did in the history");
        coil__futex_wait(&r->woken, r->seen, left);
    }
    r->seen = atomic_load(&r->woken);
}

/* ---- what comes beside ---------------------------------------------------- */

static uint64_t arrived(struct coil__backend *backend, enum coil__arrival what,
                        uint64_t there)
{
    struct replayer *r = replayer_of(backend);

    (void)there;
    coil__replayer_entry_expect(r, COIL_HISTORY_ARRIVED);
    if (coil__history_get(&r->history) != what)
        coil__replayer_entry_panic(
            r, coil__replayer_entry_name(COIL_HISTORY_ARRIVED),
            "something else so");
    return coil__history_get(&r->history);
}

static void remember(struct coil__backend *backend, void *data, size_t size)
{
    struct replayer *r = replayer_of(backend);

    coil__replayer_entry_expect(r, COIL_HISTORY_BYTES);
    if (coil__history_get(&r->history) != size)
        coil__replayer_entry_panic(
            r, coil__replayer_entry_name(COIL_HISTORY_BYTES),
            "another number of them");
    coil__history_get_bytes(&r->history, data, size);
}

/* ---- the backend ---------------------------------------------------------- */

static void close_backend(struct coil__backend *backend)
{
    struct replayer *r = replayer_of(backend);

    coil__history_close(&r->history);
    coil__free(r->pending);
    coil__free(r);
}

static const struct coil__backend_ops replaying = {
    .name = "replay",
    .close = close_backend,
    .now = now,
    .ticked = ticked,
    .random = random_number,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .arrived = arrived,
    .remember = remember,
    .await_wake = await_wake,
};

int coil__replayer_open(struct coil__backend **out, const char *path)
{
    struct replayer *r = coil__alloc(sizeof *r);
    int rc;

    if (!r)
        return -ENOMEM;
    rc = coil__history_open(&r->history, path);
    if (rc < 0) {
        coil__free(r);
        return rc;
    }
    r->ops = replaying;
    coil__replayer_take_sockets(&r->ops);
    r->ops.kind = coil__history_head(&r->history)->kind;
    r->backend.ops = &r->ops;
    *out = &r->backend;
    return 0;
}
