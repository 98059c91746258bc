/* SPDX-License-Identifier: MIT */
/*
 * uring_op.c - operations of sockets, by trying first and asking the ring
 *
 * An operation is attempted when it begins, as on epoll.  If it would block,
 * the lane asks the ring: for a READ to receive into its buffer, for all others
 * to tell when the descriptor is ready, and then the operation is attempted
 * again.  A READ after a short one does not attempt, because it would block.
 *
 * A descriptor that came from elsewhere waits in the epoll set, where nothing
 * keeps it open: a request in the ring would.  The owner of a socket closes it
 * here, where the requests end first.
 *
 * over() may begin, cancel and close.
 */
#include "backend/uring_op.h"

#include <errno.h>
#include <fcntl.h>

#include <coil/fd.h>

#include "backend/sys.h"
#include "base/list.h"

/* The states of an operation besides those of epoll. */
enum { URING_OP_WAITING = EPOLL_STATE_ENDED + 1 };

/* ---- the parts of an operation ---- */

static bool belongs_to_epoll(const struct coil_op *op)
{
    switch (op->kind) {
    case COIL_OP_READY:
    case COIL_OP_READ_FD:
    case COIL_OP_PEEK_FD:
    case COIL_OP_WRITE_FD:
        return true;
    default:
        return false;
    }
}

static enum uring_direction direction_of(const struct coil_op *op)
{
    switch (op->kind) {
    case COIL_OP_READ:
    case COIL_OP_PEEK:
    case COIL_OP_ACCEPT:
    case COIL_OP_RECEIVE:
    case COIL_OP_SPLICE_IN:
        return URING_IN;
    default:
        return URING_OUT;
    }
}

static bool is_read(const struct coil_op *op)
{
    return op->kind == COIL_OP_READ;
}

/* `op` has been taken out of its queue: end it. */
static void finish(struct uring_backend *u, struct coil_op *op,
                   ptrdiff_t result)
{
    op->state = EPOLL_STATE_IDLE;
    op->result = result;
    u->epoll.backend.pending--;
    op->over(op);
}

static void note_read(struct uring_backend *u, const struct coil_op *op,
                      ptrdiff_t result)
{
    struct uring_slot *slot = coil__uring_slot(&u->table, op->fd);

    if (slot && result >= 0)
        slot->drained = result > 0 && (size_t)result < op->size;
}

static ptrdiff_t attempt(struct uring_backend *u, struct coil_op *op,
                         bool is_told)
{
    ptrdiff_t result = coil__sys_attempt(op, is_told);

    if (op->kind == COIL_OP_ACCEPT && result >= 0) {
        coil__epoll_adopt(&u->epoll.table, (int)result);
        coil__uring_adopt(u, (int)result);
        u->epoll.backend.sockets++;
    }
    if (is_read(op))
        note_read(u, op, result);
    return result;
}

/* ---- lanes ---- */

/* If somebody waits, and nothing is under way for them, ask the kernel. */
static void go_on(struct uring_backend *u, struct uring_lane *lane)
{
    const struct coil_op *op = coil__op_first(&lane->queue);

    if (op && lane->state == URING_IDLE)
        coil__uring_ask(u, lane, is_read(op));
}

static void finish_first(struct uring_backend *u, struct uring_lane *lane,
                         ptrdiff_t result)
{
    struct coil_op *op = coil__op_first(&lane->queue);

    coil__list_remove(&lane->queue, &op->link);
    finish(u, op, result);
}

/*
 * Attempt the operations in turn, as long as they succeed.  The kernel's word
 * is good for the first.  Operations that begin meanwhile make a request.
 */
static void attempt_all(struct uring_backend *u, struct uring_lane *lane,
                        bool is_told)
{
    bool is_first = is_told;

    while (lane->queue.head && lane->state == URING_IDLE) {
        struct coil_op *op = coil__op_first(&lane->queue);
        ptrdiff_t result = attempt(u, op, is_first || op->kind != COIL_OP_PEEK);

        is_first = false;
        if (result == -EAGAIN)
            return;
        finish_first(u, lane, result);
    }
}

/* The request to receive for the first operation has ended. */
static void serve_read(struct uring_backend *u, struct uring_lane *lane,
                       int result)
{
    if (result == -ECANCELED)
        return; /* nobody asked for that: do it again */
    if (result == -EAGAIN || result == -EINTR) {
        coil__uring_ask(u, lane, false);
        return;
    }
    note_read(u, coil__op_first(&lane->queue), result);
    finish_first(u, lane, result);
}

static void serve(struct uring_backend *u, struct uring_lane *lane)
{
    lane->state = URING_IDLE;
    if (!lane->queue.head)
        return;
    if (lane->receives)
        serve_read(u, lane, lane->result);
    else if (lane->result >= 0)
        attempt_all(u, lane, !lane->is_late);
    else if (lane->result != -ECANCELED && lane->result != -EINTR)
        finish_first(u, lane, lane->result);
    go_on(u, lane);
}

size_t coil__uring_serve_landed(struct uring_backend *u)
{
    struct coil_link *link;
    size_t count = 0;

    while (u->is_open && (link = coil__list_pop(&u->landed))) {
        serve(u, coil__uring_lane_of(link));
        count++;
    }
    return count;
}

/* ---- begin and cancel ---- */

/* Whether `op` has to wait without an attempt. */
static bool must_queue(const struct uring_slot *slot, const struct coil_op *op)
{
    if (!slot)
        return false;
    return slot->lanes[direction_of(op)].queue.head ||
           ((is_read(op) || op->kind == COIL_OP_PEEK) && slot->drained);
}

static int enqueue(struct uring_backend *u, struct coil_op *op)
{
    struct uring_slot *slot = coil__uring_reserve(&u->table, op->fd);
    struct uring_lane *lane;

    if (!slot)
        return -ENOMEM;
    lane = &slot->lanes[direction_of(op)];
    op->state = URING_OP_WAITING;
    coil__list_append(&lane->queue, &op->link);
    u->epoll.backend.pending++;
    lane->is_late = lane->is_late || lane->state == URING_LANDED;
    go_on(u, lane);
    return 0;
}

static void lose(struct uring_backend *u, struct uring_slot *slot, int fd);

/* A wait for readiness of a number that a socket of ours has, or had. */
static bool begin_in_epoll(struct uring_backend *u, struct coil_op *op)
{
    struct uring_slot *slot = coil__uring_slot(&u->table, op->fd);

    if (slot && slot->closing) {
        op->result = -EBADF;
        return true;
    }
    if (slot && u->is_open && op->kind == COIL_OP_READY &&
        coil__uring_is_used(slot) && !coil__uring_is_same(u, slot, op->fd))
        lose(u, slot, op->fd);
    return coil__epoll_begin(&u->epoll.backend, op);
}

bool coil__uring_begin(struct coil__backend *backend, struct coil_op *op)
{
    struct uring_backend *u = coil__uring_backend_of(backend);
    struct uring_slot *slot;
    ptrdiff_t result = -EAGAIN;

    if (COIL_UNLIKELY(!u->is_open))
        coil__uring_retire(u);
    if (COIL_UNLIKELY(!u->is_open || belongs_to_epoll(op)))
        return begin_in_epoll(u, op);
    slot = coil__uring_slot(&u->table, op->fd);
    if (op->fd < 0 || (slot && slot->closing))
        result = -EBADF;
    else if (!must_queue(slot, op))
        result = attempt(u, op, false);
    if (result == -EAGAIN) {
        result = enqueue(u, op);
        if (result == 0)
            return false;
    }
    op->result = result;
    return true;
}

void coil__uring_cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct uring_backend *u = coil__uring_backend_of(backend);
    struct uring_lane *lane;
    ptrdiff_t result = -ECANCELED;

    if (op->state != URING_OP_WAITING) {
        coil__epoll_cancel(backend, op);
        return;
    }
    lane = &coil__uring_slot(&u->table, op->fd)->lanes[direction_of(op)];
    if (u->is_open && op == coil__op_first(&lane->queue) && lane->receives) {
        result = coil__uring_call_back(u, lane);
        note_read(u, op, result);
    }
    coil__list_remove(&lane->queue, &op->link);
    if (!lane->queue.head && lane->state == URING_FRESH)
        (void)coil__uring_call_back(u, lane);
    finish(u, op, result);
    go_on(u, lane);
}

/* ---- the end of a socket ---- */

static void call_back_both(struct uring_backend *u, struct uring_slot *slot)
{
    for (int i = 0; i < URING_DIRECTIONS; i++)
        (void)coil__uring_call_back(u, &slot->lanes[i]);
    slot->drained = false;
}

struct uring_slot *coil__uring_end_operations(struct uring_backend *u, int fd,
                                              int error)
{
    struct uring_slot *slot = coil__uring_slot(&u->table, fd);

    if (!slot)
        return NULL;
    slot->closing = true;
    if (u->is_open)
        call_back_both(u, slot);
    for (int i = 0; i < URING_DIRECTIONS; i++)
        while (slot->lanes[i].queue.head)
            finish_first(u, &slot->lanes[i], error);
    return slot;
}

/* ---- descriptors that somebody else closes ---- */

static void lose(struct uring_backend *u, struct uring_slot *slot, int fd)
{
    struct epoll_table *t = &u->epoll.table;

    call_back_both(u, slot);
    for (int i = 0; i < URING_DIRECTIONS; i++) {
        struct coil_link *link;

        while ((link = coil__list_pop(&slot->lanes[i].queue))) {
            struct coil_op *op = coil__op_of(link);

            op->result = -EBADF;
            op->state = EPOLL_STATE_ENDED;
            coil__list_append(&t->ended, &op->link);
        }
    }
    coil__epoll_note_lost(t, fd);
}

void coil__uring_adopt(struct uring_backend *u, int fd)
{
    struct uring_slot *slot = coil__uring_slot(&u->table, fd);

    if (!slot)
        return;
    slot->drained = false;
    if (coil__uring_is_used(slot))
        lose(u, slot, fd);
}

void coil__uring_search(struct uring_backend *u)
{
    struct uring_slot *slot;
    int fd = -1;

    while ((slot = coil__uring_next(&u->table, &fd)))
        if (fcntl(fd, F_GETFD) < 0)
            lose(u, slot, fd);
}

/* ---- without a ring ---- */

void coil__uring_retire(struct uring_backend *u)
{
    struct uring_slot *slot;
    int fd = -1;

    if (u->is_retired)
        return;
    u->is_retired = true;
    u->fresh = u->landed = (struct coil_list){ .head = NULL };
    while ((slot = coil__uring_next(&u->table, &fd))) {
        for (int i = 0; i < URING_DIRECTIONS; i++) {
            struct coil_link *link;

            slot->lanes[i].state = URING_IDLE;
            while ((link = coil__list_pop(&slot->lanes[i].queue)))
                coil__epoll_take_over(&u->epoll, coil__op_of(link));
        }
    }
}
