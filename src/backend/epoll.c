/* SPDX-License-Identifier: MIT */
#include "backend/epoll.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "backend/epoll_op.h"
#include "backend/epoll_wait.h"
#include "base/memory.h"
#include "base/panic.h"
#include "backend/kernel.h"
#include "backend/random.h"
#include "backend/sys.h"

uint64_t coil__epoll_random(struct coil__backend *backend)
{
    return coil__random_next(&coil__epoll_backend_of(backend)->random);
}

/* ---- waiting ---- */

static void tell_lost(struct epoll_backend *e)
{
    while (e->table.lost_count > 0) {
        int fd = e->table.lost[--e->table.lost_count];

        if (e->backend.lost)
            e->backend.lost(&e->backend, fd);
    }
}

/* A sandbox may forbid the call.  Other errors are mistakes of the program. */
static int wait_failed(int error)
{
    if (error == EBADF)
        COIL_PANIC("the loop's epoll descriptor was closed by the program");
    return -error;
}

int coil__epoll_look(struct epoll_backend *e, coil_time deadline)
{
    int n = coil__epoll_wait(e->table.fd, e->events, EPOLL_BATCH, &e->coarse,
                             deadline);

    if (n < 0)
        return wait_failed(errno);
    for (int i = 0; i < n; i++)
        coil__epoll_handle(e, &e->events[i]);
    return n;
}

void coil__epoll_tell_ended(struct epoll_backend *e)
{
    tell_lost(e);
    coil__epoll_end_ended(e);
}

int coil__epoll_wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);
    bool endless = coil__kernel_waits_for_ever(backend, deadline);
    int n;

    if (backend->searches)
        coil__epoll_search(&e->table);
    n = coil__epoll_look(e, endless ? 0 : deadline);
    if (n < 0 && n != -EINTR)
        return n;
    coil__epoll_tell_ended(e);
    if (n == 0 && endless && !coil__wakeup_is_under_way(&e->table.wakeup))
        return -EDEADLK;
    return 0;
}

void coil__epoll_wake(struct coil__backend *backend)
{
    coil__wakeup_send(&coil__epoll_backend_of(backend)->table.wakeup);
}

/* ---- sockets ---- */

int coil__epoll_socket(struct coil__backend *backend, int family, int type)
{
    int fd = coil__sys_socket(family, type);

    if (fd < 0)
        return fd;
    coil__epoll_adopt(&coil__epoll_backend_of(backend)->table, fd);
    backend->sockets++;
    return fd;
}

int coil__epoll_adopt_sockets(struct coil__backend *backend, const int *fds,
                              size_t count)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = coil__sys_check_listener(fds[i]);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        coil__sys_set_flags(fds[i]);
        coil__epoll_adopt(&coil__epoll_backend_of(backend)->table, fds[i]);
        backend->sockets++;
    }
    return rc;
}

void coil__epoll_adopt_fd(struct coil__backend *backend, int fd)
{
    coil__epoll_adopt(&coil__epoll_backend_of(backend)->table, fd);
    backend->sockets++;
}

void coil__epoll_close_socket(struct coil__backend *backend, int fd)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);

    if (coil__epoll_slot(&e->table, fd))
        coil__epoll_end_operations(e, fd, -EBADF);
    if (close(fd) < 0 && errno == EBADF)
        coil__epoll_note_lost(&e->table, fd);
    backend->sockets--;
}

void coil__epoll_give_up(struct coil__backend *backend, int fd)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);

    if (coil__epoll_slot(&e->table, fd))
        coil__epoll_end_operations(e, fd, -ECANCELED);
    backend->sockets--;
}

/* ---- the backend ---- */

void coil__epoll_close_descriptors(struct epoll_backend *e)
{
    coil__wakeup_close(&e->table.wakeup);
    close(e->table.fd);
    e->table.fd = -1;
}

void coil__epoll_fini(struct epoll_backend *e)
{
    assert(!e->backend.pending || e->table.fd < 0);
    if (e->table.fd >= 0)
        coil__epoll_close_descriptors(e);
    coil__free(e->table.slots);
}

/*
 * Parent and child share the epoll set and the wake-up, under the same numbers.
 * The child closes both, so that neither process can disturb the other.
 */
static void forked(struct coil__backend *backend)
{
    coil__epoll_close_descriptors(coil__epoll_backend_of(backend));
}

static int descriptor(struct coil__backend *backend)
{
    return coil__epoll_backend_of(backend)->table.fd;
}

static void close_backend(struct coil__backend *backend)
{
    coil__epoll_fini(coil__epoll_backend_of(backend));
    coil__free(coil__epoll_backend_of(backend));
}

static const struct coil__backend_ops ops = {
    .name = "epoll",
    .kind = COIL_BACKEND_EPOLL,
    .close = close_backend,
    .forked = forked,
    .descriptor = descriptor,
    .now = coil__kernel_now,
    .ticked = coil__kernel_ticked,
    .random = coil__epoll_random,
    .begin = coil__epoll_begin,
    .cancel = coil__epoll_cancel,
    .wait = coil__epoll_wait_events,
    .wake = coil__epoll_wake,
    .socket = coil__epoll_socket,
    .bind = coil__kernel_bind,
    .set_option = coil__kernel_set_option,
    .bind_local = coil__kernel_bind_local,
    .bind_datagrams = coil__kernel_bind_datagrams,
    .bind_unix = coil__kernel_bind_unix,
    .unbind_unix = coil__kernel_unbind_unix,
    .multicast = coil__kernel_multicast,
    .credentials = coil__kernel_credentials,
    .adopt = coil__epoll_adopt_sockets,
    .adopt_fd = coil__epoll_adopt_fd,
    .shutdown = coil__kernel_shutdown,
    .local_address = coil__kernel_local_address,
    .peer_address = coil__kernel_peer_address,
    .read_now = coil__kernel_read_now,
    .is_stale = coil__kernel_is_stale,
    .close_socket = coil__epoll_close_socket,
    .give_up = coil__epoll_give_up,
};

int coil__epoll_init(struct epoll_backend *e)
{
    struct epoll_event event = { .data.u64 = EPOLL_KEY_WAKE };
    int rc = coil__sys_epoll();

    if (rc < 0)
        return rc;
    e->random = coil__sys_seed();
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
    return 0;

close_wakeup:
    coil__wakeup_close(&e->table.wakeup);
close_epoll:
    close(e->table.fd);
    e->table.fd = -1;
    return rc;
}

int coil__epoll_open(struct coil__backend **out)
{
    struct epoll_backend *e = coil__alloc(sizeof(*e));
    int rc;

    if (!e)
        return -ENOMEM;
    rc = coil__epoll_init(e);
    if (rc < 0) {
        coil__free(e);
        return rc;
    }
    e->backend.ops = &ops;
    *out = &e->backend;
    return 0;
}
