/* SPDX-License-Identifier: MIT */
#include "backend/uring.h"

#include <errno.h>

#include "backend/epoll.h"
#include "backend/kernel.h"
#include "backend/uring_op.h"
#include "base/memory.h"

/* ---- waiting ---- */

/*
 * The ring cannot be used: a sandbox forbids it, or another thread runs the loop
 * than the one that enabled the ring.  Returns whether it can be done without.
 */
static bool give_ring_up(struct uring_backend *u)
{
    if (u->has_taken && u->receiving > 0)
        return false;
    coil__uring_close_ring(u);
    coil__uring_retire(u);
    return true;
}

/* liburing 2.3 declares a function for this, and does not have it. */
static int enable(struct uring_backend *u)
{
    int rc = io_uring_register((unsigned)u->ring.ring_fd,
                               IORING_REGISTER_ENABLE_RINGS, NULL, 0);

    u->is_enabled = rc >= 0;
    return rc;
}

/* Returns 0, or an error for which the ring is of no use. */
static int enter(struct uring_backend *u, coil_time deadline)
{
    int rc = u->is_enabled ? 0 : enable(u);

    if (rc >= 0)
        rc = coil__uring_enter(u, deadline);
    return rc == -EINTR || rc == -EAGAIN ? 0 : rc;
}

/* Whether over() is to be called for somebody. */
static bool is_anything_over(const struct uring_backend *u)
{
    return u->landed.head || u->epoll.table.ended.head;
}

static int serve_epoll(struct uring_backend *u)
{
    int n;

    if (!u->epoll_fired)
        return 0;
    u->epoll_fired = false;
    n = coil__epoll_look(&u->epoll, INT64_MIN);
    return n == -EINTR ? 1 : n;
}

static int wait_in_ring(struct uring_backend *u, coil_time deadline)
{
    struct coil__backend *backend = &u->epoll.backend;
    bool endless = coil__kernel_waits_for_ever(backend, deadline);
    size_t served;
    int rc;

    if (backend->searches) {
        coil__epoll_search(&u->epoll.table);
        coil__uring_search(u);
    }
    if (endless || is_anything_over(u))
        deadline = INT64_MIN;
    rc = enter(u, deadline);
    if (rc < 0 && give_ring_up(u))
        return coil__epoll_wait_events(backend, deadline);
    if (rc < 0)
        return rc;
    served = coil__uring_serve_landed(u);
    rc = serve_epoll(u);
    if (rc < 0)
        return rc;
    coil__epoll_tell_ended(&u->epoll);
    if (endless && served == 0 && rc == 0 &&
        !coil__wakeup_is_under_way(&u->epoll.table.wakeup))
        return -EDEADLK;
    return 0;
}

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct uring_backend *u = coil__uring_backend_of(backend);

    if (u->is_open)
        return wait_in_ring(u, deadline);
    coil__uring_retire(u);
    return coil__epoll_wait_events(backend, deadline);
}

/*
 * Requests belong to the thread that made them, which may end now.  Requests for
 * readiness stay: if another thread runs the loop, the ring is closed.
 */
static void leave(struct coil__backend *backend)
{
    struct uring_backend *u = coil__uring_backend_of(backend);

    if (u->is_open)
        coil__uring_call_back_all(u);
}

/*
 * A host waits for the descriptor itself.  The ring would have to be given every
 * request at once, which costs more than it saves.
 */
static int descriptor(struct coil__backend *backend)
{
    struct uring_backend *u = coil__uring_backend_of(backend);

    leave(backend);
    if (u->is_open)
        coil__uring_close_ring(u);
    coil__uring_retire(u);
    return u->epoll.table.fd;
}

/* ---- sockets ---- */

static int open_socket(struct coil__backend *backend, int family, int type)
{
    int fd = coil__epoll_socket(backend, family, type);

    coil__uring_adopt(coil__uring_backend_of(backend), fd);
    return fd;
}

static int adopt_sockets(struct coil__backend *backend, const int *fds,
                         size_t count)
{
    int rc = coil__epoll_adopt_sockets(backend, fds, count);

    for (size_t i = 0; rc == 0 && i < count; i++)
        coil__uring_adopt(coil__uring_backend_of(backend), fds[i]);
    return rc;
}

static void adopt_fd(struct coil__backend *backend, int fd)
{
    coil__epoll_adopt_fd(backend, fd);
    coil__uring_adopt(coil__uring_backend_of(backend), fd);
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct uring_slot *slot =
        coil__uring_end_operations(coil__uring_backend_of(backend), fd, -EBADF);

    coil__epoll_close_socket(backend, fd);
    if (slot)
        slot->closing = false;
}

static void give_up(struct coil__backend *backend, int fd)
{
    struct uring_slot *slot = coil__uring_end_operations(
        coil__uring_backend_of(backend), fd, -ECANCELED);

    coil__epoll_give_up(backend, fd);
    if (slot)
        slot->closing = false;
}

/* ---- the backend ---- */

/* The kernel may end the parent's requests at any time: leave them alone. */
static void forked(struct coil__backend *backend)
{
    struct uring_backend *u = coil__uring_backend_of(backend);

    if (u->is_open)
        io_uring_queue_exit(&u->ring);
    u->is_open = false;
    u->is_retired = true;
    coil__epoll_close_descriptors(&u->epoll);
}

static void close_backend(struct coil__backend *backend)
{
    struct uring_backend *u = coil__uring_backend_of(backend);

    if (u->is_open)
        io_uring_queue_exit(&u->ring);
    coil__epoll_fini(&u->epoll);
    coil__uring_free_table(&u->table);
    coil__free(u);
}

static const struct coil__backend_ops ops = {
    .name = "io_uring",
    .kind = COIL_BACKEND_URING,
    .close = close_backend,
    .forked = forked,
    .leave = leave,
    .descriptor = descriptor,
    .now = coil__kernel_now,
    .ticked = coil__kernel_ticked,
    .random = coil__epoll_random,
    .begin = coil__uring_begin,
    .cancel = coil__uring_cancel,
    .wait = wait_events,
    .wake = coil__epoll_wake,
    .socket = open_socket,
    .bind = coil__kernel_bind,
    .set_option = coil__kernel_set_option,
    .bind_local = coil__kernel_bind_local,
    .bind_datagrams = coil__kernel_bind_datagrams,
    .bind_unix = coil__kernel_bind_unix,
    .unbind_unix = coil__kernel_unbind_unix,
    .multicast = coil__kernel_multicast,
    .credentials = coil__kernel_credentials,
    .adopt = adopt_sockets,
    .adopt_fd = adopt_fd,
    .shutdown = coil__kernel_shutdown,
    .local_address = coil__kernel_local_address,
    .peer_address = coil__kernel_peer_address,
    .read_now = coil__kernel_read_now,
    .is_stale = coil__kernel_is_stale,
    .close_socket = close_socket,
    .give_up = give_up,
};

int coil__uring_open(struct coil__backend **out)
{
    struct uring_backend *u = coil__alloc(sizeof *u);
    int rc;

    if (!u)
        return -ENOMEM;
    rc = coil__epoll_init(&u->epoll);
    if (rc < 0)
        goto free_backend;
    rc = coil__uring_open_ring(u);
    if (rc < 0)
        goto fini_epoll;
    u->epoll.backend.ops = &ops;
    *out = &u->epoll.backend;
    return 0;

fini_epoll:
    coil__epoll_fini(&u->epoll);
free_backend:
    coil__free(u);
    return rc;
}
