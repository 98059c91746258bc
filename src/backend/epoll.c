/* SPDX-License-Identifier: MIT */
#include "backend/epoll.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "backend/epoll_op.h"
#include "backend/epoll_wait.h"
#include "base/memory.h"
#include "base/panic.h"
#include "backend/random.h"
#include "backend/sys.h"
#include "backend/sys_message.h"
#include "backend/sys_unix.h"

static coil_time now(struct coil__backend *backend)
{
    (void)backend;
    return coil__sys_now();
}

static coil_time ticked(struct coil__backend *backend)
{
    (void)backend;
    return coil__sys_ticked();
}

static uint64_t next_random(struct coil__backend *backend)
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

static int wait_events(struct coil__backend *backend, coil_time deadline)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);
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
        coil__epoll_handle(e, &e->events[i]);
    tell_lost(e);
    coil__epoll_end_ended(e);
    if (n == 0 && endless && !coil__wakeup_is_under_way(&e->table.wakeup))
        return -EDEADLK;
    return 0;
}

static void wake(struct coil__backend *backend)
{
    coil__wakeup_send(&coil__epoll_backend_of(backend)->table.wakeup);
}

/* ---- sockets ---- */

static int open_socket(struct coil__backend *backend, int family, int type)
{
    int fd = coil__sys_socket(family, type);

    if (fd < 0)
        return fd;
    coil__epoll_adopt(&coil__epoll_backend_of(backend)->table, fd);
    backend->sockets++;
    return fd;
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind(fd, address);
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    (void)backend;
    return coil__sys_set_option(fd, level, name, value);
}

static int bind_local(struct coil__backend *backend, int fd,
                      const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind_local(fd, address);
}

static int bind_datagrams(struct coil__backend *backend, int fd,
                          const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind_datagrams(fd, address);
}

static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    (void)backend;
    return coil__sys_bind_unix(fd, address, file);
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    (void)backend;
    coil__sys_unbind_unix(fd, file);
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    (void)backend;
    return coil__sys_multicast(fd, group, interface, what);
}

static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *credentials)
{
    (void)backend;
    return coil__sys_credentials(fd, credentials);
}

static int adopt_sockets(struct coil__backend *backend, const int *fds,
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

static void adopt_fd(struct coil__backend *backend, int fd)
{
    coil__epoll_adopt(&coil__epoll_backend_of(backend)->table, fd);
    backend->sockets++;
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

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct coil_op op = {
        .kind = COIL_OP_READ, .fd = fd, .data = data, .size = size
    };

    (void)backend;
    return coil__sys_attempt(&op, false);
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    (void)backend;
    return coil__sys_is_stale(fd);
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);

    if (coil__epoll_slot(&e->table, fd))
        coil__epoll_end_operations(e, fd);
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
    close_descriptors(coil__epoll_backend_of(backend));
}

static int descriptor(struct coil__backend *backend)
{
    return coil__epoll_backend_of(backend)->table.fd;
}

static void close_backend(struct coil__backend *backend)
{
    struct epoll_backend *e = coil__epoll_backend_of(backend);

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
    .ticked = ticked,
    .random = next_random,
    .begin = coil__epoll_begin,
    .cancel = coil__epoll_cancel,
    .wait = wait_events,
    .wake = wake,
    .socket = open_socket,
    .bind = bind_socket,
    .set_option = set_option,
    .bind_local = bind_local,
    .bind_datagrams = bind_datagrams,
    .bind_unix = bind_unix,
    .unbind_unix = unbind_unix,
    .multicast = multicast,
    .credentials = credentials,
    .adopt = adopt_sockets,
    .adopt_fd = adopt_fd,
    .shutdown = shutdown_socket,
    .local_address = local_address,
    .peer_address = peer_address,
    .read_now = read_now,
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
