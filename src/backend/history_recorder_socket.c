/* SPDX-License-Identifier: MIT */
#include "backend/history_recorder_socket.h"

#include <sys/socket.h>

#include "backend/history_recorder_state.h"

static int open_socket(struct coil__backend *backend, int family, int type)
{
    struct recorder *r = recorder_of(backend);
    int fd = r->behind->ops->socket(r->behind, family, type);

    pass_out(r);
    put_signed(r, COIL_HISTORY_SOCKET, fd);
    return fd;
}

static int bind_socket(struct coil__backend *backend, int fd,
                       const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->bind(r->behind, fd, address));
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    struct recorder *r = recorder_of(backend);

    return put_result(
        r, r->behind->ops->set_option(r->behind, fd, level, name, value));
}

static int bind_local(struct coil__backend *backend, int fd,
                      const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->bind_local(r->behind, fd, address));
}

static int bind_datagrams(struct coil__backend *backend, int fd,
                          const struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r,
                      r->behind->ops->bind_datagrams(r->behind, fd, address));
}

static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->bind_unix(r->behind, fd, address, file);

    coil__history_put(&r->history, COIL_HISTORY_BIND_UNIX);
    coil__history_put_signed(&r->history, rc);
    coil__history_put_bytes(&r->history, file, sizeof *file);
    coil__history_commit(&r->history);
    return rc;
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->unbind_unix(r->behind, fd, file);
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    struct recorder *r = recorder_of(backend);

    return put_result(
        r, r->behind->ops->multicast(r->behind, fd, group, interface, what));
}

static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *found)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->credentials(r->behind, fd, found);

    coil__history_put(&r->history, COIL_HISTORY_CREDENTIALS);
    coil__history_put_signed(&r->history, rc);
    if (rc == 0)
        coil__history_put_bytes(&r->history, found, sizeof *found);
    coil__history_commit(&r->history);
    return rc;
}

static int adopt(struct coil__backend *backend, const int *fds, size_t count)
{
    struct recorder *r = recorder_of(backend);
    int rc = r->behind->ops->adopt(r->behind, fds, count);

    pass_out(r);
    return put_result(r, rc);
}

static void adopt_fd(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    r->behind->ops->adopt_fd(r->behind, fd);
    pass_out(r);
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->shutdown(r->behind, fd));
}

static int put_address(struct recorder *r, int rc,
                       const struct coil_address *address)
{
    coil__history_put(&r->history, COIL_HISTORY_ADDRESS);
    coil__history_put_signed(&r->history, rc);
    if (rc == 0)
        coil__history_put_address(&r->history, address);
    coil__history_commit(&r->history);
    return rc;
}

static int local_address(struct coil__backend *backend, int fd,
                         struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_address(r, r->behind->ops->local_address(r->behind, fd, address),
                       address);
}

static int peer_address(struct coil__backend *backend, int fd,
                        struct coil_address *address)
{
    struct recorder *r = recorder_of(backend);

    return put_address(r, r->behind->ops->peer_address(r->behind, fd, address),
                       address);
}

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct recorder *r = recorder_of(backend);
    ptrdiff_t n = r->behind->ops->read_now(r->behind, fd, data, size);

    coil__history_put(&r->history, COIL_HISTORY_READ_NOW);
    coil__history_put_signed(&r->history, n);
    if (n > 0)
        coil__history_put_bytes(&r->history, data, (size_t)n);
    coil__history_commit(&r->history);
    return n;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    return put_result(r, r->behind->ops->is_stale(r->behind, fd));
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    put_entry(r, COIL_HISTORY_CLOSE_SOCKET);
    r->behind->ops->close_socket(r->behind, fd);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

static void give_up(struct coil__backend *backend, int fd)
{
    struct recorder *r = recorder_of(backend);

    put_entry(r, COIL_HISTORY_GIVE_UP);
    r->behind->ops->give_up(r->behind, fd);
    pass_out(r);
    put_entry(r, COIL_HISTORY_END);
}

void coil__history_recorder_take_sockets(struct coil__backend_ops *ops)
{
    ops->socket = open_socket;
    ops->bind = bind_socket;
    ops->set_option = set_option;
    ops->bind_local = bind_local;
    ops->bind_datagrams = bind_datagrams;
    ops->bind_unix = bind_unix;
    ops->unbind_unix = unbind_unix;
    ops->multicast = multicast;
    ops->credentials = credentials;
    ops->adopt = adopt;
    ops->shutdown = shutdown_socket;
    ops->local_address = local_address;
    ops->peer_address = peer_address;
    ops->read_now = read_now;
    ops->is_stale = is_stale;
    ops->close_socket = close_socket;
    ops->give_up = give_up;
    ops->adopt_fd = adopt_fd;
}
