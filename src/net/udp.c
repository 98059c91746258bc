/* SPDX-License-Identifier: MIT */
#include <coil/udp.h>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <coil/error.h>
#include <coil/resolve.h>

#include "loop/operation.h"
#include "net/datagram.h"
#include "net/socket.h"

static const struct coil_udp_options defaults;

/* ---- opening ---------------------------------------------------------- */

static int set_options(struct coil_datagram_socket *s,
                       const struct coil_udp_options *o)
{
    bool six = s->family == AF_INET6;
    const struct coil__socket_option all[] = {
        { SOL_SOCKET, SO_REUSEPORT, 1, o->reuse_port },
        { SOL_SOCKET, SO_REUSEADDR, 1, o->reuse_address },
        { SOL_SOCKET, SO_BROADCAST, 1, o->broadcast },
        { six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO,
          1, o->packet_info },
        { IPPROTO_UDP, UDP_GRO, 1, o->coalesce },
        { SOL_SOCKET, SO_RCVBUF, o->receive_buffer, o->receive_buffer > 0 },
        { SOL_SOCKET, SO_SNDBUF, o->send_buffer, o->send_buffer > 0 },
    };

    return coil__socket_set_options(s->backend, s->open.fd, all,
                                    sizeof all / sizeof *all);
}

/* A socket of `family` with options, which has no name and no peer. */
static int open_socket(struct coil_datagram_socket **out, int family,
                       const struct coil_udp_options *options)
{
    struct coil_datagram_socket *s;
    int rc;

    *out = NULL;
    if (options->receive_buffer < 0 || options->send_buffer < 0)
        return -EINVAL;
    rc = coil__datagram_new(&s, family);
    if (rc < 0)
        return rc;
    rc = coil__datagram_open(s, SOCK_DGRAM);
    if (rc == 0)
        rc = set_options(s, options);
    return coil__datagram_give(out, s, rc);
}

int coil_udp_open(struct coil_datagram_socket **out, int family,
                  const struct coil_udp_options *options)
{
    *out = NULL;
    if (family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    return open_socket(out, family, options ? options : &defaults);
}

static int bind_one(struct coil_datagram_socket **out,
                    const struct coil_address *address,
                    const struct coil_udp_options *options)
{
    struct coil_datagram_socket *s;
    int rc = open_socket(out, address->storage.ss_family, options);

    if (rc < 0)
        return rc;
    s = *out;
    rc = s->backend->ops->bind_datagrams(s->backend, s->open.fd, address);
    return coil__datagram_give(out, s, rc);
}

int coil_udp_bind_address(struct coil_datagram_socket **out,
                          const struct coil_address *address,
                          const struct coil_udp_options *options)
{
    return bind_one(out, address, options ? options : &defaults);
}

static int connect_one(struct coil_datagram_socket **out,
                       const struct coil_address *address,
                       const struct coil_udp_options *options)
{
    int family = address->storage.ss_family;
    int rc;

    *out = NULL;
    if (options->local && options->local->storage.ss_family != family)
        return -EADDRNOTAVAIL;
    rc = options->local ? bind_one(out, options->local, options)
                        : open_socket(out, family, options);
    if (rc < 0)
        return rc;
    return coil__datagram_give(out, *out,
                               coil__datagram_connect(*out, address));
}

int coil_udp_connect_address(struct coil_datagram_socket **out,
                             const struct coil_address *address,
                             const struct coil_udp_options *options)
{
    int rc = coil__checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    return coil__keep_frame(
        connect_one(out, address, options ? options : &defaults));
}

/* ---- by name ---------------------------------------------------------- */

/* The first address that can be used is taken; else the first error. */
static int use_first(struct coil_datagram_socket **out,
                     const struct coil_address *addresses, size_t count,
                     const struct coil_udp_options *options, bool connects)
{
    int error = 0;

    for (size_t i = 0; i < count; i++) {
        int rc = connects ? connect_one(out, &addresses[i], options)
                          : bind_one(out, &addresses[i], options);

        if (rc == 0 || rc == -ECANCELED)
            return rc;
        error = error ? error : rc;
    }
    return error;
}

static int by_name(struct coil_datagram_socket **out, const char *host,
                   uint16_t port, const struct coil_udp_options *options,
                   bool connects)
{
    struct coil_getaddrinfo_options names = { .family = AF_UNSPEC };
    struct coil_address *addresses;
    size_t count;
    int rc = coil__checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    if (!options)
        options = &defaults;
    names.family = options->family;
    if (!host && !names.family)
        names.family = AF_INET;
    rc = coil_getaddrinfo(host, port, &names, &addresses, &count);
    if (rc < 0)
        return rc;
    rc = use_first(out, addresses, count, options, connects);
    coil_addresses_free(addresses);
    return rc;
}

int coil_udp_bind(struct coil_datagram_socket **out, const char *host,
                  uint16_t port, const struct coil_udp_options *options)
{
    return coil__keep_frame(by_name(out, host, port, options, false));
}

int coil_udp_connect(struct coil_datagram_socket **out, const char *host,
                     uint16_t port, const struct coil_udp_options *options)
{
    return coil__keep_frame(by_name(out, host, port, options, true));
}

/* ---- multicast -------------------------------------------------------- */

int coil_udp_join(struct coil_datagram_socket *s,
                  const struct coil_address *group, unsigned interface)
{
    coil__datagram_check(s);
    return s->backend->ops->multicast(s->backend, s->open.fd, group, interface,
                                      COIL_MULTICAST_JOIN);
}

int coil_udp_leave(struct coil_datagram_socket *s,
                   const struct coil_address *group, unsigned interface)
{
    coil__datagram_check(s);
    return s->backend->ops->multicast(s->backend, s->open.fd, group, interface,
                                      COIL_MULTICAST_LEAVE);
}

static int set(struct coil_datagram_socket *s, int of_ipv4, int of_ipv6,
               int value)
{
    bool six = s->family == AF_INET6;

    coil__datagram_check(s);
    return s->backend->ops->set_option(s->backend, s->open.fd,
                                       six ? IPPROTO_IPV6 : IPPROTO_IP,
                                       six ? of_ipv6 : of_ipv4, value);
}

int coil_udp_set_multicast_hops(struct coil_datagram_socket *s, int hops)
{
    if (hops < 0 || hops > 255)
        return -EINVAL;
    return set(s, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}

int coil_udp_set_multicast_loop(struct coil_datagram_socket *s, bool loop)
{
    return set(s, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, loop);
}
