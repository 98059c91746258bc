/* SPDX-License-Identifier: MIT */
/*
 * listener_open.c - one listener for all addresses of a name
 *
 * An address that this machine cannot listen on is left out, as long as there
 * is another one; for example an IPv6 address where IPv6 is switched off.  If
 * any port will do, the kernel chooses one for the first address.  If another
 * address already uses that port, everything begins anew with another port.
 */
#include "net/listener_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/resolve.h>

#include "base/memory.h"
#include "base/platform.h"
#include "net/address.h"
#include "net/listener_group.h"
#include "net/listener_lead.h"
#include "net/tcp_options.h"
#include "backend/open.h"

/* How many ports to try. */
enum { PORTS_MAX = 64 };

/* Open a socket that listens.  Returns its descriptor or an error. */
static int listen_at(struct coil__backend *backend,
                     const struct coil_address *address,
                     const struct coil_tcp_listen_options *options)
{
    int fd;
    int rc;

    coil__burn(2 * COIL__UNITS_CALL);
    fd = backend->ops->socket(backend, address->storage.ss_family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    rc = coil__tcp_options_set(backend, fd, &options->tcp);
    if (rc == 0 && options->reuse_port)
        rc = backend->ops->set_option(backend, fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (rc == 0)
        rc = backend->ops->bind(backend, fd, address);
    if (rc < 0) {
        backend->ops->close_socket(backend, fd);
        return rc;
    }
    return fd;
}

/* Whether this machine lacks the address or its family. */
static bool is_missing(int error)
{
    return error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT;
}

static bool is_new(const struct coil_address *addresses, size_t i)
{
    for (size_t n = 0; n < i; n++)
        if (addresses[n].length == addresses[i].length &&
            memcmp(&addresses[n].storage, &addresses[i].storage,
                   addresses[i].length) == 0)
            return false;
    return true;
}

static void close_all(struct coil_listener *l)
{
    while (l->count > 0)
        l->backend->ops->close_socket(l->backend,
                                      l->sockets[--l->count].open.fd);
}

/* The port of the sockets that listen, which the others must also use. */
static uint16_t chosen_port(const struct coil_listener *l)
{
    struct coil_address address;

    if (l->count == 0 || l->backend->ops->local_address(
                             l->backend, l->sockets[0].open.fd, &address) < 0)
        return 0;
    return coil_address_port(&address);
}

/*
 * Listen at all addresses, with the port of the first.  0, or an error, with no
 * socket left open.  -EAGAIN: only that port is in use.
 */
static int listen_at_all(struct coil_listener *l,
                         const struct coil_address *addresses, size_t count,
                         const struct coil_tcp_listen_options *options)
{
    bool any_port = coil_address_port(&addresses[0]) == 0;
    int error = 0;

    for (size_t i = 0; i < count; i++) {
        struct coil_address address = addresses[i];
        int fd;

        if (!is_new(addresses, i))
            continue;
        if (any_port)
            coil__address_set_port(&address, chosen_port(l));
        fd = listen_at(l->backend, &address, options);
        if (is_missing(fd)) {
            error = error ? error : fd;
            continue;
        }
        if (fd < 0) {
            bool taken = any_port && l->count > 0 && fd == -EADDRINUSE;

            close_all(l);
            return taken ? -EAGAIN : fd;
        }
        l->sockets[l->count++].open.fd = fd;
    }
    return l->count > 0 ? 0 : error;
}

static int listen_somewhere(struct coil_listener *l,
                            const struct coil_address *addresses, size_t count,
                            const struct coil_tcp_listen_options *options)
{
    int rc = -EAGAIN;

    for (int n = 0; rc == -EAGAIN && n < PORTS_MAX; n++) {
        rc = listen_at_all(l, addresses, count, options);
        if (!options->group) /* which is locked */
            coil__give_way();
    }
    return rc == -EAGAIN ? -EADDRINUSE : rc;
}

void coil__listener_enter(struct coil_listener *l)
{
    for (size_t i = l->count; i-- > 0;) {
        struct coil__listening *socket = &l->sockets[i];

        socket->listener = l;
        socket->kept = -1;
        socket->open.kind = "listener";
        coil__open_add(l->backend, &socket->open);
    }
}

struct coil_listener *coil__listener_new(size_t count)
{
    struct coil_listener *l =
        coil__alloc(sizeof *l + count * sizeof l->sockets[0]);

    if (!l)
        return NULL;
    l->backend = coil__backend_current();
    l->refs = 1;
    l->is_open = true;
    return l;
}

/* ---- of a group ----------------------------------------------------------- */

/* The group is locked: have duplicates of all sockets of `leader`. */
static int duplicate_all(struct coil_listener *l,
                         const struct coil_listener *leader)
{
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < leader->count; i++) {
        int fd = fcntl(leader->sockets[i].open.fd, F_DUPFD_CLOEXEC, 3);

        rc = fd < 0 ? -errno : l->backend->ops->adopt(l->backend, &fd, 1);
        if (rc == 0)
            l->sockets[l->count++].open.fd = fd;
        else if (fd >= 0)
            close(fd);
    }
    return rc;
}

/* The group is locked, and the sockets are open. */
static int become_member(struct coil_listener *l,
                         struct coil_listener_group *group)
{
    l->member = coil__member_new(group, l, l->backend, coil__listener_look);
    return l->member ? 0 : -ENOMEM;
}

/* The group is locked.  0; -ENOENT: it has no listener yet; or another error. */
static int join_locked(struct coil_listener **out,
                       struct coil_listener_group *group)
{
    const struct coil_listener *leader = coil__group_leader(group);
    struct coil_listener *l;
    int rc;

    if (!leader)
        return -ENOENT;
    l = coil__listener_new(leader->count);
    if (!l)
        return -ENOMEM;
    rc = coil__backend_is_simulated(l->backend) ? -ENOTSUP
                                                : duplicate_all(l, leader);
    if (rc == 0)
        rc = become_member(l, group);
    if (rc < 0) {
        close_all(l);
        coil__free(l);
        return rc;
    }
    coil__listener_enter(l);
    *out = l;
    return 0;
}

static int join(struct coil_listener **out, struct coil_listener_group *group)
{
    int rc;

    if (!group)
        return -ENOENT;
    if (!coil__backend_current())
        return -ENOTSUP;
    coil__group_lock(group);
    rc = join_locked(out, group);
    coil__group_unlock(group);
    return rc;
}

/* Be the first, or join who has come first meanwhile. */
static int found(struct coil_listener **out, struct coil_listener *l,
                 const struct coil_address *addresses, size_t count,
                 const struct coil_tcp_listen_options *options)
{
    int rc;

    coil__group_lock(options->group);
    rc = join_locked(out, options->group);
    if (rc == -ENOENT) {
        rc = listen_somewhere(l, addresses, count, options);
        if (rc == 0)
            rc = become_member(l, options->group);
        if (rc < 0)
            close_all(l);
        else
            *out = l;
    }
    coil__group_unlock(options->group);
    return rc;
}

/* ---- by name -------------------------------------------------------------- */

/* `l` is freed if it is not the listener that is returned. */
static int open_listener(struct coil_listener **out, struct coil_listener *l,
                         const struct coil_address *addresses, size_t count,
                         const struct coil_tcp_listen_options *options)
{
    int rc;

    if (options->group) {
        rc = found(out, l, addresses, count, options);
    } else {
        rc = listen_somewhere(l, addresses, count, options);
        *out = rc < 0 ? NULL : l;
    }
    if (*out == l)
        coil__listener_enter(l);
    else
        coil__free(l);
    return rc;
}

int coil_tcp_listen(struct coil_listener **out, const char *host, uint16_t port)
{
    return coil__keep_frame(coil_tcp_listen_with(out, host, port, NULL));
}

int coil_tcp_listen_with(struct coil_listener **out, const char *host,
                         uint16_t port,
                         const struct coil_tcp_listen_options *options)
{
    static const struct coil_tcp_listen_options defaults;
    struct coil_getaddrinfo_options names = { .family = AF_UNSPEC };
    struct coil_address *addresses;
    struct coil_listener *l;
    size_t count;
    int rc;

    *out = NULL;
    if (!options)
        options = &defaults;
    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (coil__tcp_options_check(&options->tcp) < 0)
        return -EINVAL;
    names.family = options->family;
    rc = join(out, options->group);
    if (rc != -ENOENT)
        return rc;
    rc = coil_getaddrinfo(host, port, &names, &addresses, &count);
    if (rc < 0)
        return rc;

    l = coil__listener_new(count);
    if (!l)
        rc = -ENOMEM;
    else
        rc = open_listener(out, l, addresses, count, options);
    coil_addresses_free(addresses);
    return rc;
}

static void address_of(const struct coil_listener *l, size_t i,
                       struct coil_address *address)
{
    if (l->backend->ops->local_address(l->backend, l->sockets[i].open.fd,
                                       address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

void coil_listener_address(const struct coil_listener *l,
                           struct coil_address *address)
{
    coil__accepting_check(l);
    address_of(l, 0, address);
}

size_t coil_listener_addresses(const struct coil_listener *l,
                               struct coil_address *addresses, size_t capacity)
{
    coil__accepting_check(l);
    for (size_t i = 0; i < l->count && i < capacity; i++)
        address_of(l, i, &addresses[i]);
    return l->count;
}

size_t coil_listener_connections(const struct coil_listener *l)
{
    coil__accepting_check(l);
    return l->member ? coil__member_open(l->member) : 0;
}
