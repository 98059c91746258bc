/* SPDX-License-Identifier: MIT */
#include "backend/replayer_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include "backend/replayer_entry.h"
#include "backend/sys.h"

/* A socket that is connected to nobody stands for the one that was. */
static int open_socket(struct coil__backend *backend, int family, int type)
{
    struct replayer *r = replayer_of(backend);
    int fd;

    coil__replayer_entry_expect(r, COIL_HISTORY_SOCKET);
    fd = (int)coil__history_get_signed(&r->history);
    if (fd < 0)
        return fd;
    fd = coil__sys_socket(family, type);
    if (fd >= 0)
        r->backend.sockets++;
    return fd;
}

static int bind_address(struct coil__backend *backend, int fd,
                        const struct coil_address *address)
{
    (void)fd;
    (void)address;
    return coil__replayer_entry_result(replayer_of(backend));
}

static int set_option(struct coil__backend *backend, int fd, int level,
                      int name, int value)
{
    (void)fd;
    (void)level;
    (void)name;
    (void)value;
    return coil__replayer_entry_result(replayer_of(backend));
}

static int bind_unix(struct coil__backend *backend, int fd,
                     const struct coil_address *address,
                     struct coil_unix_file *file)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    (void)address;
    coil__replayer_entry_expect(r, COIL_HISTORY_BIND_UNIX);
    rc = (int)coil__history_get_signed(&r->history);
    coil__history_get_bytes(&r->history, file, sizeof *file);
    return rc;
}

static void unbind_unix(struct coil__backend *backend, int fd,
                        struct coil_unix_file *file)
{
    (void)backend;
    (void)fd;
    (void)file;
}

static int multicast(struct coil__backend *backend, int fd,
                     const struct coil_address *group, unsigned interface,
                     enum coil_multicast what)
{
    (void)fd;
    (void)group;
    (void)interface;
    (void)what;
    return coil__replayer_entry_result(replayer_of(backend));
}

static int credentials(struct coil__backend *backend, int fd,
                       struct ucred *found)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    coil__replayer_entry_expect(r, COIL_HISTORY_CREDENTIALS);
    rc = (int)coil__history_get_signed(&r->history);
    if (rc == 0)
        coil__history_get_bytes(&r->history, found, sizeof *found);
    return rc;
}

static int adopt(struct coil__backend *backend, const int *fds, size_t count)
{
    struct replayer *r = replayer_of(backend);
    int rc = coil__replayer_entry_result(r);

    (void)fds;
    if (rc == 0)
        r->backend.sockets += count;
    return rc;
}

static void adopt_fd(struct coil__backend *backend, int fd)
{
    (void)fd;
    backend->sockets++;
}

static int shutdown_socket(struct coil__backend *backend, int fd)
{
    (void)fd;
    return coil__replayer_entry_result(replayer_of(backend));
}

static int get_address(struct coil__backend *backend, int fd,
                       struct coil_address *address)
{
    struct replayer *r = replayer_of(backend);
    int rc;

    (void)fd;
    coil__replayer_entry_expect(r, COIL_HISTORY_ADDRESS);
    rc = (int)coil__history_get_signed(&r->history);
    if (rc == 0)
        coil__history_get_address(&r->history, address);
    return rc;
}

static ptrdiff_t read_now(struct coil__backend *backend, int fd, void *data,
                          size_t size)
{
    struct replayer *r = replayer_of(backend);
    ptrdiff_t n;

    (void)fd;
    coil__replayer_entry_expect(r, COIL_HISTORY_READ_NOW);
    n = coil__history_get_signed(&r->history);
    if (n > 0 && (size_t)n > size)
        coil__replayer_entry_panic(
            r, "a shorter read",
            coil__replayer_entry_name(COIL_HISTORY_READ_NOW));
    if (n > 0)
        coil__history_get_bytes(&r->history, data, (size_t)n);
    return n;
}

static bool is_stale(struct coil__backend *backend, int fd)
{
    (void)fd;
    return coil__replayer_entry_result(replayer_of(backend));
}

static void close_socket(struct coil__backend *backend, int fd)
{
    struct replayer *r = replayer_of(backend);

    coil__replayer_entry_expect(r, COIL_HISTORY_CLOSE_SOCKET);
    coil__replayer_entry_go_on(r);
    close(fd);
    r->backend.sockets--;
}

static void give_up(struct coil__backend *backend, int fd)
{
    struct replayer *r = replayer_of(backend);

    (void)fd;
    coil__replayer_entry_expect(r, COIL_HISTORY_GIVE_UP);
    coil__replayer_entry_go_on(r);
    r->backend.sockets--;
}

void coil__replayer_take_sockets(struct coil__backend_ops *ops)
{
    ops->socket = open_socket;
    ops->bind = bind_address;
    ops->set_option = set_option;
    ops->bind_local = bind_address;
    ops->bind_datagrams = bind_address;
    ops->bind_unix = bind_unix;
    ops->unbind_unix = unbind_unix;
    ops->multicast = multicast;
    ops->credentials = credentials;
    ops->adopt = adopt;
    ops->adopt_fd = adopt_fd;
    ops->shutdown = shutdown_socket;
    ops->local_address = get_address;
    ops->peer_address = get_address;
    ops->read_now = read_now;
    ops->is_stale = is_stale;
    ops->close_socket = close_socket;
    ops->give_up = give_up;
}
