/* SPDX-License-Identifier: MIT */
/*
 * epoll_op.c - operations by trying first and waiting for readiness
 *
 * An operation is attempted when it begins.  If it would block, it is attempted
 * again whenever the kernel reports its descriptor, until it succeeds.  Every
 * wait follows an attempt that failed, so one edge-triggered registration is
 * enough for the life of a socket, and no system call is needed to change it.
 *
 * over() may begin, cancel and close, and so move the table: no pointer into
 * the table is used across a call of finish().
 */
#include "backend/epoll_op.h"

#include <errno.h>

#include <coil/fd.h>

#include "backend/sys.h"
#include "base/list.h"

static enum epoll_direction direction_of(const struct coil_op *op)
{
    static const unsigned char directions[] = {
        [COIL_OP_READY] = EPOLL_DIRECTION_READY,
        [COIL_OP_READ] = EPOLL_DIRECTION_IN,
        [COIL_OP_PEEK] = EPOLL_DIRECTION_IN,
        [COIL_OP_WRITE] = EPOLL_DIRECTION_OUT,
        [COIL_OP_ACCEPT] = EPOLL_DIRECTION_IN,
        [COIL_OP_CONNECT] = EPOLL_DIRECTION_OUT,
        [COIL_OP_SEND_FILE] = EPOLL_DIRECTION_OUT,
        [COIL_OP_RECEIVE] = EPOLL_DIRECTION_IN,
        [COIL_OP_SEND] = EPOLL_DIRECTION_OUT,
        [COIL_OP_READ_FD] = EPOLL_DIRECTION_IN,
        [COIL_OP_PEEK_FD] = EPOLL_DIRECTION_IN,
        [COIL_OP_WRITE_FD] = EPOLL_DIRECTION_OUT,
        [COIL_OP_SPLICE_IN] = EPOLL_DIRECTION_IN,
        [COIL_OP_SPLICE_OUT] = EPOLL_DIRECTION_OUT,
    };

    return directions[op->kind];
}

/* `op` has been taken out of its queue: end it. */
static void finish(struct epoll_backend *e, struct coil_op *op,
                   ptrdiff_t result)
{
    op->state = EPOLL_STATE_IDLE;
    op->result = result;
    e->backend.pending--;
    op->over(op);
}

/*
 * Attempt `op`; `is_told`: the kernel has just said that it is worth it.  If a
 * read got less than it asked for, another one would fail, and the kernel will
 * report what comes later.  So that attempt is saved.
 */
static ptrdiff_t attempt(struct epoll_backend *e, struct coil_op *op,
                         bool is_told)
{
    ptrdiff_t result = coil__sys_attempt(op, is_told);
    struct epoll_slot *slot = coil__epoll_slot(&e->table, op->fd);

    if (op->kind == COIL_OP_ACCEPT && result >= 0) {
        coil__epoll_adopt(&e->table, (int)result);
        e->backend.sockets++;
    }
    if (op->kind == COIL_OP_READ && result > 0 && (size_t)result < op->size &&
        slot && slot->is_socket)
        slot->drained = !slot->undrainable;
    return result;
}

/* Return an error that can be seen without the kernel, or 0. */
static int check(struct epoll_backend *e, const struct coil_op *op)
{
    const struct epoll_slot *slot = coil__epoll_slot(&e->table, op->fd);

    if (op->fd < 0 || (slot && slot->closing))
        return -EBADF;
    if (op->kind == COIL_OP_READY &&
        (!op->events || op->events & ~(COIL_READABLE | COIL_WRITABLE) ||
         op->fd == e->table.fd))
        return -EINVAL;
    return 0;
}

/* Whether `op` has to wait without an attempt. */
static bool must_queue(struct epoll_backend *e, const struct coil_op *op)
{
    const struct epoll_slot *slot = coil__epoll_slot(&e->table, op->fd);
    enum epoll_direction direction = direction_of(op);

    if (!slot || direction == EPOLL_DIRECTION_READY)
        return false;
    return slot->queue[direction].head ||
           ((op->kind == COIL_OP_READ || op->kind == COIL_OP_PEEK) &&
            slot->drained);
}

/* Link `op` last, when nothing can fail any more. */
static int enqueue(struct epoll_backend *e, struct coil_op *op)
{
    struct epoll_slot *slot;
    int rc = coil__epoll_reserve(&e->table, op->fd);

    if (rc < 0)
        return rc;
    slot = &e->table.slots[op->fd];
    rc = coil__epoll_register(&e->table, slot, op);
    if (rc < 0)
        return rc;
    if (op->kind != COIL_OP_READY)
        slot->is_socket = true;
    op->state = EPOLL_STATE_PENDING;
    coil__list_append(&slot->queue[direction_of(op)], &op->link);
    e->backend.pending++;
    return 0;
}

bool coil__epoll_begin(struct coil__backend *backend, struct coil_op *op)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);
    ptrdiff_t result = check(e, op);

    if (result == 0)
        result = must_queue(e, op) ? -EAGAIN : attempt(e, op, false);
    if (result == -EAGAIN) {
        result = enqueue(e, op);
        if (result == 0)
            return false;
    }
    if (op->kind == COIL_OP_READY)
        coil__epoll_check(&e->table, op->fd);
    /* The kernel cannot wait for a file, which is always ready. */
    if (result == -EPERM && op->kind == COIL_OP_READY)
        result = (ptrdiff_t)op->events;
    op->result = result;
    return true;
}

void coil__epoll_take_over(struct epoll_backend *e, struct coil_op *op)
{
    int rc = enqueue(e, op);

    if (rc == 0) {
        e->backend.pending--; /* it was counted before */
        return;
    }
    op->result = rc;
    op->state = EPOLL_STATE_ENDED;
    coil__list_append(&e->table.ended, &op->link);
}

void coil__epoll_cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);
    enum epoll_direction direction = direction_of(op);
    struct epoll_slot *slot;

    if (op->state == EPOLL_STATE_IDLE)
        return;
    if (op->state == EPOLL_STATE_ENDED) {
        coil__list_remove(&e->table.ended, &op->link);
        finish(e, op, op->result);
        return;
    }
    slot = &e->table.slots[op->fd];
    coil__list_remove(&slot->queue[direction], &op->link);
    if (!slot->is_socket && !slot->queue[direction].head)
        coil__epoll_unregister(&e->table, op->fd);
    finish(e, op, -ECANCELED);
}

/* ---- events ---- */

/*
 * Attempt the operations of one direction in turn, as long as they succeed.  The
 * kernel's word is good for the first: its owner may have read what there was,
 * and wait for more.
 */
static void serve(struct epoll_backend *e, uint64_t key,
                  enum epoll_direction direction)
{
    bool is_first = true;

    for (;;) {
        struct epoll_slot *slot = coil__epoll_find(&e->table, key);
        struct coil_op *op =
            slot ? coil__op_first(&slot->queue[direction]) : NULL;
        ptrdiff_t result;

        if (!op || (op->kind == COIL_OP_READ && slot->drained))
            return;
        result = attempt(e, op, is_first || op->kind != COIL_OP_PEEK);
        is_first = false;
        if (result == -EAGAIN)
            return;
        coil__list_remove(&slot->queue[direction], &op->link);
        finish(e, op, result);
    }
}

void coil__epoll_end_ended(struct epoll_backend *e)
{
    while (e->table.ended.head) {
        struct coil_op *op = coil__op_first(&e->table.ended);

        coil__list_remove(&e->table.ended, &op->link);
        finish(e, op, op->result);
    }
}

void coil__epoll_handle(struct epoll_backend *e,
                        const struct epoll_event *event)
{
    const uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    uint64_t key = event->data.u64;
    uint32_t events = event->events;
    struct epoll_slot *slot;

    if (key == EPOLL_KEY_WAKE) {
        coil__wakeup_take(&e->table.wakeup);
        return;
    }
    slot = coil__epoll_find(&e->table, key);
    if (!slot)
        return;
    slot->drained = false;
    if (events & (end | EPOLLPRI))
        slot->undrainable = true;
    if (!slot->is_socket || slot->queue[EPOLL_DIRECTION_READY].head)
        coil__epoll_end_ready(&e->table, coil__epoll_key_fd(key), events);
    coil__epoll_end_ended(e);
    /*
     * Reading comes first: the kernel reports an error only once, and a reader
     * must not take it for the end of the input.
     */
    if (events & (end | EPOLLIN | EPOLLPRI))
        serve(e, key, EPOLL_DIRECTION_IN);
    if (events & (end | EPOLLOUT))
        serve(e, key, EPOLL_DIRECTION_OUT);
}

/* ---- the end of a socket ---- */

/*
 * The registration ends first, because a duplicate in a child of fork() would
 * keep it.  The descriptor is closed last, so that its number is not used again
 * meanwhile.
 */
void coil__epoll_end_operations(struct epoll_backend *e, int fd, int error)
{
    int direction;

    coil__epoll_unregister(&e->table, fd);
    e->table.slots[fd].closing = true;
    for (direction = 0; direction < EPOLL_DIRECTIONS; direction++) {
        while (e->table.slots[fd].queue[direction].head) {
            struct coil_op *op =
                coil__op_first(&e->table.slots[fd].queue[direction]);

            coil__list_remove(&e->table.slots[fd].queue[direction], &op->link);
            finish(e, op, error);
        }
    }
    e->table.slots[fd].closing = false;
    e->table.slots[fd].is_socket = false;
    e->table.slots[fd].drained = false;
    e->table.slots[fd].undrainable = false;
}
