/* SPDX-License-Identifier: MIT */
/*
 * coil/udp.h - make sockets of UDP, and multicast
 *
 * coil/datagram.h has what is done with them.
 */
#ifndef COIL_UDP_H
#define COIL_UDP_H

#include <coil/datagram.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed is the default of everything. */
struct coil_udp_options {
    int family; /* of a name's addresses: AF_UNSPEC (0), AF_INET, AF_INET6 */
    /*
     * The address to send from; its port may be 0.  For sockets that are
     * connected.  asyncio: local_addr.
     */
    const struct coil_address *local;
    /*
     * Share the address with other sockets of the user (SO_REUSEPORT): each
     * datagram goes to one of them, each of a group to all.
     */
    bool reuse_port;
    /*
     * Share it with everybody who does (SO_REUSEADDR), as multicast on a
     * well-known port needs.  What is sent to one address goes to the socket that
     * was bound last.
     */
    bool reuse_address;
    bool broadcast;   /* allow to send to a broadcast address */
    bool packet_info; /* fill `local` and `interface` of struct coil_datagram */
    bool coalesce;    /* receive several datagrams as one (UDP_GRO) */
    int receive_buffer; /* bytes (SO_RCVBUF); 0: the system's */
    int send_buffer;
    void *reserved[4];
};

/*
 * Receive at `host` (a name, an address, or NULL: all addresses of IPv4) and
 * `port`; 0: a free one, see coil_datagram_local_address().  The first of the
 * name's addresses that can be used is taken.  A socket of IPv6 gets no datagrams
 * of IPv4.  `options` may be NULL.  `*out` is returned: release it with
 * coil_datagram_close().
 *
 * Returns 0, else, with nothing left open: -ECANCELED; -EADDRINUSE,
 * -EADDRNOTAVAIL, -EACCES (of the first address); what coil_resolve() returns;
 * -EINVAL for an option out of range; -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM;
 * -ENOTSUP on a user's scheduler.
 * asyncio: create_datagram_endpoint(local_addr=…).
 */
COIL_API int coil_udp_bind(struct coil_datagram_socket **out, const char *host,
                           uint16_t port,
                           const struct coil_udp_options *options)
    COIL_SUSPENDS;

/* The same at one address, without a look-up; it never waits. */
COIL_API int coil_udp_bind_address(struct coil_datagram_socket **out,
                                   const struct coil_address *address,
                                   const struct coil_udp_options *options)
    COIL_MUST_CHECK;

/*
 * Send to, and receive from, `host` and `port` only.  The first of the name's
 * addresses to which there is a way is taken; whether anybody is there, only an
 * answer tells.  Otherwise as coil_udp_bind(), and -ENETUNREACH.
 * asyncio: create_datagram_endpoint(remote_addr=…).
 */
COIL_API int coil_udp_connect(struct coil_datagram_socket **out,
                              const char *host, uint16_t port,
                              const struct coil_udp_options *options)
    COIL_SUSPENDS;

/* The same with one address, without a look-up. */
COIL_API int coil_udp_connect_address(struct coil_datagram_socket **out,
                                      const struct coil_address *address,
                                      const struct coil_udp_options *options)
    COIL_SUSPENDS;

/*
 * A socket without a name or a peer, of AF_INET or AF_INET6, to send with.  It
 * gets a port when it first sends.  Returns as coil_udp_bind_address().
 */
COIL_API int coil_udp_open(struct coil_datagram_socket **out, int family,
                           const struct coil_udp_options *options)
    COIL_MUST_CHECK;

/* ---- multicast -------------------------------------------------------- */

/*
 * Receive what is sent to the group, an address without regard to its port, by
 * the interface (if_nametoindex(); 0: the system chooses).  A socket hears only
 * the groups that it has joined itself, though others of the same port may have
 * joined more (IP_MULTICAST_ALL is off).  What is sent to a group of IPv4 goes out
 * by the interface whose address the sender is bound to, and to one of IPv6 by
 * that of sin6_scope_id.
 *
 * Returns 0; -EINVAL: no address of a group, or of another family; -EADDRINUSE:
 * joined already; -ENODEV; -ENOBUFS, -ENOMEM.
 */
COIL_API int coil_udp_join(struct coil_datagram_socket *socket,
                           const struct coil_address *group, unsigned interface)
    COIL_MUST_CHECK;

/* Leave it again.  Returns 0; -EADDRNOTAVAIL: not joined; -EINVAL. */
COIL_API int coil_udp_leave(struct coil_datagram_socket *socket,
                            const struct coil_address *group,
                            unsigned interface) COIL_MUST_CHECK;

/*
 * How what this socket sends to groups goes: through `hops` networks at most
 * (0 … 255; 1 is the default: this network only), and whether sockets of this
 * machine get it, too (the default).  Returns 0; -EINVAL.
 */
COIL_API int coil_udp_set_multicast_hops(struct coil_datagram_socket *socket,
                                         int hops) COIL_MUST_CHECK;
COIL_API int coil_udp_set_multicast_loop(struct coil_datagram_socket *socket,
                                         bool loop) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
