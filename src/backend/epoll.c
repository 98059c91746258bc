/* SPDX-License-Identifier: MIT */
/*
 * epoll.c - operations by trying first and waiting for readiness
 *
 * An operation is attempted when it begins.  If it would block, it is attempted
 * again whenever the kernel reports its descriptor, until it succeeds.  Every
 * wait follows an attempt that failed, so one edge-triggered registration is
 * enough for the life of a socket, and no system call is needed to change it.
 *
 * over() may begin, cancel and close, and so move the table: no pointer into
 * the table is used across a call of finish().
 */
#include "backend/epoll.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <coil/fd.h>

#include "backend/epoll_wait.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/panic.h"
#include "backend/random.h"
#include "backend/sys.h"

/* The key of the wake-up.  No descriptor is that large. */
#define EPOLL_KEY_WAKE UINT64_MAX

static struct epoll_backend *backend_of(struct coil__backend *backend)
{
    return coil__container_of(backend, struct epoll_backend, backend);
}

static coil_time now(struct coil__backend *backend)
{
    (void)backend;
    return coil__sys_now();
}

static uint64_t next_random(struct coil__backend *backend)
{
    return coil__random_next(&backend_of(backend)->random);
}

/* ---- operations ---- */

static enum epoll_direction direction_of(const struct coil_op *op)
{
    switch (op->kind) {
    case COIL_OP_READ:
    case COIL_OP_PEEK:
    case COIL_OP_ACCEPT:
        return EPOLL_DIRECTION_IN;
    case COIL_OP_WRITE:
    case COIL_OP_CONNECT:
        return EPOLL_DIRECTION_OUT;
    default:
        return EPOLL_DIRECTION_READY;
    }
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
 * Attempt `op`.  If a read got less than it asked for, another one would fail,
 * and the kernel will report what comes later.  So that attempt is saved.
 */
static ptrdiff_t attempt(struct epoll_backend *e, struct coil_op *op)
{
    ptrdiff_t result = coil__sys_attempt(op, op->state != EPOLL_STATE_IDLE);
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
        (!op->events || op->events & ~(COIL_READABLE | COIL_WRITABLE)))
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

static bool begin(struct coil__backend *backend, struct coil_op *op)
{
    struct epoll_backend *e = backend_of(backend);
    ptrdiff_t result = check(e, op);

    if (result == 0)
        result = must_queue(e, op) ? -EAGAIN : attempt(e, op);
    if (result == -EAGAIN) {
        result = enqueue(e, op);
        if (result == 0)
            return false;
    }
    /* The kernel cannot wait for a file, which is always ready. */
    if (result == -EPERM && op->kind == COIL_OP_READY)
        result = (ptrdiff_t)op->events;
    op->result = result;
    return true;
}

static void cancel(struct coil__backend *backend, struct coil_op *op)
{
    struct epoll_backend *e = backend_of(backend);
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

/* Attempt the operations of one direction in turn, as long as they succeed. */
static void serve(struct epoll_backend *e, uint64_t key,
                  enum epoll_direction direction)
{
    for (;;) {
        struct epoll_slot *slot = coil__epoll_find(&e->table, key);
        struct coil_op *op =
            slot ? coil__op_first(&slot->queue[direction]) : NULL;
        ptrdiff_t result;

        if (!op || (op->kind == COIL_OP_READ && slot->drained))
            return;
        result = attempt(e, op);
        if (result == -EAGAIN)
            return;
        coil__list_remove(&slot->queue[direction], &op->link);
        finish(e, op, result);
    }
}

static void end_ended(struct epoll_backend *e)
{
    while (e->table.ended.head) {
        struct coil_op *op = coil__op_first(&e->table.ended);

        coil__list_remove(&e->table.ended, &op->link);
        finish(e, op, op->result);
    }
}

static void tell_lost(struct epoll_backend *e)
{
    while (e->table.lost_count > 0) {
        int fd = e->table.lost[--e->table.lost_count];

        if (e->backend.lost)
            e->backend.lost(&e->backend, fd);
    }
}

static void handle(struct epoll_backend *e, const struct epoll_event *event)
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
    coil__epoll_end_ready(&e->table, coil__epoll_key_fd(key), events);
    end_ended(e);
    /*
     * Reading comes first: the kernel reports an error only once, and a reader
     * must not take it for the end of the input.
     */
    if (events & (end | EPOLLIN | EPOLLPRI))
        serve(e, key, EPOLL_DIRECTION_IN);
    if (events & (end | EPOLLOUT))
        serve(e, key, EPOLL_DIRECTION_OUT);
}

/* ---- waiting ---- */

/* A sandbox may forbid the call.  Other errors are mistakes of the program. */
static int wait_failed(int error)
{
    if (error == EBADF)
        COIL_PANIC("the loop's epoll descriptor was closed by the program");
    return -error;
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct epoll_backend *e = backend_of(backend);
    bool endless =
        deadline == COIL_NEVER && !backend->pending && !backend->holds;
    int n;
    int i;

    if (backend->searches)
        coil__epoll_search(&e->table);
    n = coil__epoll_wait(e->table.fd, e->events, EPOLL_BATCH, &e->coarse,
                         endless ? 0 : deadline);
    if (n < 0 && errno != EINTR)
        return wait_failed(errno);
    for (i = 0; i < n; i++)
        handle(e, &e->events[i]);
    tell_lost(e);
    end_ended(e);
    if (n == 0 && endless && !coil__wakeup_is_under_way(&e->table.wakeup))
        return -EDEADLK;
    return 0;
}

static void wake(struct coil__backend *backend)
{
    coil__wakeup_send(&backend_of(backend)->table.wakeup);
}

/* ---- sockets ---- */

static int open_socket(struct coil__backend *backend, int family)
{
    int fd = coil__sys_socket(family);

    if (fd < 0)
        return fd;
    coil__epoll_adopt(&backend_of(backend)->table, fd);
    backend->sockets++;
    return fd;
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind(fd, address);
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    (void)backend;
    return coil__sys_shutdown(fd);
}

static int local_address(struct coil__backend *backend, int fd,
                         struct coil_address *address)
{
    (void)backend;
    return coil__sys_local_address(fd, address);
}

static int peer_address(struct coil__backend *backend, int fd,
                        struct coil_address *address)
{
    (void)backend;
    return coil__sys_peer_address(fd, address);
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    (void)backend;
    return coil__sys_is_stale(fd);
}

/*
 * The registration ends first, because a duplicate in a child of fork() would
 * keep it.  The descriptor is closed last, so that its number is not used again
 * meanwhile.
 */
static void end_operations(struct epoll_backend *e, int fd)
{
    int direction;

    coil__epoll_unregister(&e->table, fd);
    e->table.slots[fd].closing = true;
    for (direction = 0; direction < EPOLL_DIRECTIONS; direction++) {
        while (e->table.slots[fd].queue[direction].head) {
            struct coil_op *op =
                coil__op_first(&e->table.slots[fd].queue[direction]);

            coil__list_remove(&e->table.slots[fd].queue[direction], &op->link);
            finish(e, op, -EBADF);
        }
    }
    e->table.slots[fd].closing = false;
    e->table.slots[fd].is_socket = false;
    e->table.slots[fd].drained = false;
    e->table.slots[fd].undrainable = false;
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct epoll_backend *e = backend_of(backend);

    if (coil__epoll_slot(&e->table, fd))
        end_operations(e, fd);
    if (close(fd) < 0 && errno == EBADF)
        coil__epoll_note_lost(&e->table, fd);
    backend->sockets--;
}

/* ---- the backend ---- */

static void close_descriptors(struct epoll_backend *e)
{
    coil__wakeup_close(&e->table.wakeup);
    close(e->table.fd);
    e->table.fd = -1;
}

/*
 * Parent and child share the epoll set and the wake-up, under the same numbers.
 * The child closes both, so that neither process can disturb the other.
 */
static void forked(struct coil__backend *backend)
{
    close_descriptors(backend_of(backend));
}

static int descriptor(struct coil__backend *backend)
{
    return backend_of(backend)->table.fd;
}

static void close_backend(struct coil__backend *backend)
{
    struct epoll_backend *e = backend_of(backend);

    assert(!backend->pending || e->table.fd < 0);
    if (e->table.fd >= 0)
        close_descriptors(e);
    coil__free(e->table.slots);
    coil__free(e);
}

static const struct coil__backend_ops ops = {
    .name = "epoll",
    .close = close_backend,
    .forked = forked,
    .descriptor = descriptor,
    .now = now,
    .random = next_random,
    .begin = begin,
    .cancel = cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_socket,
    .shutdown = shutdown_socket,
    .local_address = local_address,
    .peer_address = peer_address,
    .is_stale = is_stale,
    .close_socket = close_socket,
};

int coil__epoll_open(struct coil__backend **out)
{
    struct epoll_event event = { .data.u64 = EPOLL_KEY_WAKE };
    struct epoll_backend *e = coil__alloc(sizeof(*e));
    int rc;

    if (!e)
        return -ENOMEM;
    e->backend.ops = &ops;
    e->random = coil__sys_seed();
    rc = coil__sys_epoll();
    if (rc < 0)
        goto free_backend;
    e->table.fd = rc;
    rc = coil__wakeup_open(&e->table.wakeup);
    if (rc < 0)
        goto close_epoll;
    /* Nobody reads an eventfd, so it must be edge-triggered. */
    event.events = EPOLLIN;
    if (!coil__wakeup_is_pipe(&e->table.wakeup))
        event.events |= EPOLLET;
    if (epoll_ctl(e->table.fd, EPOLL_CTL_ADD, e->table.wakeup.fd, &event) < 0) {
        rc = -errno;
        goto close_wakeup;
    }
    *out = &e->backend;
    return 0;

close_wakeup:
    coil__wakeup_close(&e->table.wakeup);
close_epoll:
    close(e->table.fd);
free_backend:
    coil__free(e);
    return rc;
}
