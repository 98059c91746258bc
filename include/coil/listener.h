/* SPDX-License-Identifier: MIT */
/*
 * coil/listener.h - wait for connections
 */
#ifndef COIL_LISTENER_H
#define COIL_LISTENER_H

#include <coil/address.h>
#include <coil/base.h>
#include <coil/tcp_options.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_listener;
struct coil_stream;

/*
 * Listen on `host` (a name, an address, or NULL: all addresses of this machine)
 * and `port`.  If the name has several addresses, or with NULL, the listener
 * listens on all of them, of IPv4 and of IPv6.  An address that this machine
 * does not have is left out, as long as there is another one; so it does no
 * harm if IPv6 is switched off.  A socket of IPv6 takes no connections of IPv4
 * (IPV6_V6ONLY).
 *
 * `port` 0 means a free one, the same for all addresses: see
 * coil_listener_address().  `*out` is returned: release it with
 * coil_listener_close().
 *
 * Returns 0, else, with nothing left open: -ECANCELED; -EADDRINUSE (at one of
 * the addresses), -EACCES; -EADDRNOTAVAIL or -EAFNOSUPPORT (none of them is this
 * machine's); what coil_resolve() returns; -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM.
 * asyncio: start_server(), with coil_listener_accept(); but there each address
 * has a port of its own if `port` is 0.
 */
COIL_API int coil_tcp_listen(struct coil_listener **out, const char *host,
                             uint16_t port) COIL_SUSPENDS;

/*
 * What the listeners of several loops share (the option `group`).  It is caller's
 * memory, zeroed, kept until the last of its listeners is closed.  The fields are
 * private.
 */
struct coil_listener_group {
    struct coil_list members;
    unsigned mutex;
    bool is_stalled;
};

/* Zeroed is the default of everything. */
struct coil_tcp_listen_options {
    struct coil_tcp_options tcp; /* of the connections */
    int family;                  /* AF_UNSPEC (0): all; AF_INET, AF_INET6 */
    /*
     * Let several listeners, of this and of other processes of the user, listen
     * on the same addresses (SO_REUSEPORT).  Each connection goes to one of
     * them, which the kernel chooses; one that a listener has not accepted when
     * it is closed is lost.  So one loop a thread can serve one port.
     */
    bool reuse_port;
    /*
     * Share the port with the listeners of other loops of this program, so that
     * each has as many open connections as the others; NULL: it is this one's own.
     *
     *     static struct coil_listener_group group;      // for all loops
     *
     *     options.group = &group;                       // on each loop
     *     rc = coil_tcp_listen_with(&listener, host, 8080, &options);
     *
     * The first listener of the group opens the port.  For the others `host`,
     * `port` and the other options do not matter: they get the same addresses, also
     * if `port` is 0.  One loop accepts for all.  Each connection goes to the loop
     * that has the fewest open connections of this group, and there to the task
     * that has waited longest in coil_listener_accept(); no connection moves later.
     * A loop for which 16 connections wait, because it does not accept them, is
     * passed over.  When a listener is closed, or its loop, the others get what was
     * waiting for it, and one of them goes on accepting; with the last listener the
     * port is closed.
     *
     * This evens out connections that last.  Those that are short are cheaper with
     * `reuse_port`, where each loop accepts its own.
     *
     * Besides: -ENOTSUP for a second listener on the simulator.
     */
    struct coil_listener_group *group;
    void *reserved[3];
};

/*
 * As coil_tcp_listen(), with options, which may be NULL.  Besides: -EINVAL for
 * an option out of range.
 */
COIL_API int coil_tcp_listen_with(struct coil_listener **out, const char *host,
                                  uint16_t port,
                                  const struct coil_tcp_listen_options *options)
    COIL_SUSPENDS;

/*
 * Make a listener of `count` sockets from elsewhere, which listen for streams
 * (TCP or Unix), such as those of a parent process.  On success they are given:
 * the listener closes them, and they do not block and are closed on exec.
 *
 * Returns 0, else, with the sockets still the caller's: -EINVAL if `count` is 0
 * or one of them does not listen for streams; -EBADF, -ENOTSOCK; -ENOTSUP on the
 * simulator and on a user's scheduler; -ENOMEM.
 * asyncio: start_server(sock=…).
 */
COIL_API int coil_listener_adopt(struct coil_listener **out, const int *fds,
                                 size_t count) COIL_MUST_CHECK;

/*
 * Make a listener of the sockets that the service manager has handed to this
 * process, by the protocol of systemd (LISTEN_FDS, see sd_listen_fds(3)): those
 * of the name `name` (FileDescriptorName=), or all if it is NULL.  Sockets that
 * do not listen for streams are left alone.  Each is handed over once: a
 * descriptor that is closed on exec is taken to have an owner.  The environment
 * is not changed.
 *
 * Returns as coil_listener_adopt(), or -ENOENT: there is none, or all are taken.
 */
COIL_API int coil_listener_inherit(struct coil_listener **out, const char *name)
    COIL_MUST_CHECK;

/*
 * Wait for the next connection.  `*out` is returned as by coil_tcp_connect().
 * Any number of tasks may wait: the one that has waited longest is served first.
 * The listener's addresses take turns.
 *
 * Returns 0; -ECANCELED: no connection was taken; -EBADF: the listener was
 * closed meanwhile.  A connection that died in the queue, or that a firewall
 * forbids (-EPERM), is passed over.  While the process has no descriptor or
 * memory left, and after 16 connections in a row that failed, the error is
 * reported to the loop's exception handler, and accepting goes on a second
 * later.
 */
COIL_API int coil_listener_accept(struct coil_listener *listener,
                                  struct coil_stream **out) COIL_SUSPENDS;

/* The first of the addresses it listens on; all have the same port. */
COIL_API void coil_listener_address(const struct coil_listener *listener,
                                    struct coil_address *address);

/*
 * Store the addresses it listens on in addresses[0 … capacity-1], and return how
 * many there are, which may be more.  asyncio: Server.sockets.
 */
COIL_API size_t coil_listener_addresses(const struct coil_listener *listener,
                                        struct coil_address *addresses,
                                        size_t capacity);

/*
 * How many connections are open of those that a listener of a group got, with those
 * that wait to be accepted.  One that was detached (coil_stream_detach()) does not
 * count any more.  0 for a listener without a group.
 */
COIL_API size_t coil_listener_connections(const struct coil_listener *listener);

/*
 * Stop listening and free the listener; NULL is allowed.  Tasks in
 * coil_listener_accept() get -EBADF.
 */
COIL_API void coil_listener_close(struct coil_listener *listener);

#ifdef __cplusplus
}
#endif

#endif
