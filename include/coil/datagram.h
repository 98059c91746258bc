/* SPDX-License-Identifier: MIT */
/*
 * coil/datagram.h - sockets of messages: UDP, and Unix sockets of that kind
 *
 *     struct coil_datagram_socket *s;
 *     struct coil_address from;
 *     char text[1500];
 *     ptrdiff_t n;
 *
 *     rc = coil_udp_bind(&s, "127.0.0.1", 9999, NULL);       // coil/udp.h
 *     if (rc < 0)
 *         return rc;
 *     n = coil_datagram_receive_from(s, text, sizeof text, &from);
 *     if (n >= 0)
 *         n = coil_datagram_send_to(s, text, (size_t)n, &from);
 *     coil_datagram_close(s);
 *
 * A message is sent and received whole.  Over UDP it may be lost, come twice, or
 * overtake another; coil_test_set_datagrams() has the simulator do all of that.
 *
 * Errors   What the network says of an earlier message, such as -ECONNREFUSED on
 *          a connected socket, is returned once, by the next call that sends or
 *          receives.  The socket is used on.  asyncio: error_received().
 * Use      Any number of tasks may send and receive at a time.  Each message goes
 *          to the task that has waited longest.
 * Threads  A socket belongs to the loop that made it, and must be closed before
 *          the loop.
 * asyncio  create_datagram_endpoint(), sock_recvfrom(), sock_sendto().  Nothing is
 *          buffered here: who sends waits until the kernel has room.
 */
#ifndef COIL_DATAGRAM_H
#define COIL_DATAGRAM_H

#include <coil/address.h>
#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_datagram_socket;

/*
 * Send one message to the address that the socket is connected to.
 *
 * Returns `size`, else, and nothing was sent:
 *   -ECANCELED     cancelled
 *   -EDESTADDRREQ, -ENOTCONN  the socket is not connected
 *   -EMSGSIZE      the message is too long
 *   -ECONNREFUSED, -EHOSTUNREACH …  of an earlier message; see above
 *   -ENOENT, -ECONNREFUSED  a Unix socket: nobody has the name
 *   -EPIPE         seqpacket: the other side has closed
 *   -EBADF         the socket was closed meanwhile; it must not be used any more
 *   -ENOBUFS, -ENOMEM
 */
COIL_API ptrdiff_t coil_datagram_send(struct coil_datagram_socket *socket,
                                      const void *data, size_t size)
    COIL_SUSPENDS;

/*
 * The same, to `to`.  Besides: -EAFNOSUPPORT, or -EINVAL, for an address of
 * another family; -EACCES for broadcast without the option.
 */
COIL_API ptrdiff_t coil_datagram_send_to(struct coil_datagram_socket *socket,
                                         const void *data, size_t size,
                                         const struct coil_address *to)
    COIL_SUSPENDS;

/*
 * Receive one message of at most `size` bytes.
 *
 * Returns its length, which may be 0 (of a seqpacket socket this is the end),
 * else
 *   -ECANCELED     no message was taken
 *   -EMSGSIZE      the message was longer.  Its first `size` bytes are in
 *                  `buffer`, the others are lost
 *   -ECONNREFUSED, -EHOSTUNREACH …  of an earlier message; see above
 *   -EBADF         the socket was closed meanwhile; it must not be used any more
 *   -ENOMEM, -ENOBUFS
 */
COIL_API ptrdiff_t coil_datagram_receive(struct coil_datagram_socket *socket,
                                         void *buffer, size_t size)
    COIL_SUSPENDS;

/*
 * The same, and store where it came from, also with -EMSGSIZE.  `from->length` is
 * 0 for a Unix socket without a name.
 */
COIL_API ptrdiff_t coil_datagram_receive_from(
    struct coil_datagram_socket *socket, void *buffer, size_t size,
    struct coil_address *from) COIL_SUSPENDS;

/* ---- many at a time --------------------------------------------------- */

/* One message.  Zeroed is the default of everything but `data` and `size`. */
struct coil_datagram {
    void *data;  /* borrowed */
    size_t size; /* to send: how many bytes; to receive: how many fit */
    /*
     * Received: how many bytes came.  The message was cut if this is more than
     * `size`.
     */
    size_t length;
    /* Where it goes to (length 0: where the socket is connected), or is from. */
    struct coil_address peer;
    /*
     * With the option `packet_info` of coil/udp.h: which of this machine's
     * addresses it was sent to.  To send: which one it comes from; an answer from
     * a socket of all addresses copies it.  Length 0: unknown, or the system
     * chooses.
     */
    struct coil_address local;
    /*
     * The interface it came by, or goes by; 0: unknown, or the system chooses.
     */
    unsigned interface;
    /*
     * To send: `data` is several datagrams of this size, of which the last may be
     * shorter, 64 at most (UDP_SEGMENT): one call for all.  Received, with the
     * option `coalesce`: likewise.  0: it is one.
     */
    size_t segment;
    /*
     * Unix sockets: descriptors.  To send: `fd_count` of `fds`, 253 at most; they
     * stay the caller's.  To receive: room for `fd_count`; how many came is
     * stored there.  These are the caller's, close-on-exec.  Those for which
     * there is no room are closed, and `lost_fds` is set.
     */
    int *fds;
    size_t fd_count;
    bool lost_fds;
    void *reserved[4];
};

/*
 * Wait for a message, and take those that are there by one system call: `count`
 * at most, and 32.  One with room for descriptors is taken alone.
 *
 * Returns how many were received, 0 if `count` is 0; else as
 * coil_datagram_receive(), but a message that was cut is no error.  A
 * cancellation or an error takes no message.  POSIX: none; Linux: recvmmsg().
 */
COIL_API ptrdiff_t coil_datagram_receive_many(
    struct coil_datagram_socket *socket, struct coil_datagram *datagrams,
    size_t count) COIL_SUSPENDS;

/*
 * Send messages in their order by one system call: `count` at most, and 32.  One
 * with descriptors is sent alone.
 *
 * Returns how many were sent, which may be fewer than `count`: the first of the
 * others is then to be sent again, and if it cannot be, that call says why.  0 if
 * `count` is 0; else, with none sent, as coil_datagram_send_to(), and -EINVAL for
 * a segment of more than 65,535 bytes, too many segments, or more than 253
 * descriptors; -EIO where the interface cannot cut segments.  Linux: sendmmsg().
 */
COIL_API ptrdiff_t coil_datagram_send_many(struct coil_datagram_socket *socket,
                                           struct coil_datagram *datagrams,
                                           size_t count) COIL_SUSPENDS;

/* ---- addresses, and the end ------------------------------------------- */

/* This end's address.  Length 0: none. */
COIL_API void
coil_datagram_local_address(const struct coil_datagram_socket *socket,
                            struct coil_address *address);

/* The address it is connected to.  Length 0: it is not connected. */
COIL_API void
coil_datagram_peer_address(const struct coil_datagram_socket *socket,
                           struct coil_address *address);

/*
 * Close and free the socket; NULL is allowed.  Tasks that send or receive get
 * -EBADF.  asyncio: transport.close().
 */
COIL_API void coil_datagram_close(struct coil_datagram_socket *socket);

#ifdef __cplusplus
}
#endif

#endif
