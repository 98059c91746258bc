/* SPDX-License-Identifier: MIT */
/*
 * coil/unix.h - sockets between programs of one machine
 *
 *     rc = coil_unix_listen(&listener, "/run/user/1000/example", NULL);
 *     if (rc == 0)
 *         rc = coil_listener_accept(listener, &stream);
 *
 * Names    A path, relative or not; or, behind a "@", an abstract name, which is
 *          no file and is gone with its socket.  A file whose name begins with
 *          "@" is "./@…".  At most 107 bytes.
 * On the simulator there are no files: a path is a name like another, which is
 * gone with its socket.
 */
#ifndef COIL_UNIX_H
#define COIL_UNIX_H

#include <sys/types.h>

#include <coil/address.h>
#include <coil/base.h>
#include <coil/datagram.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_listener;
struct coil_stream;

/* The address of a name.  Returns 0; -ENAMETOOLONG; -EINVAL: it is empty. */
COIL_API int coil_unix_address(struct coil_address *address, const char *name)
    COIL_MUST_CHECK;

/* ---- streams ---------------------------------------------------------- */

/* Zeroed is the default of everything. */
struct coil_unix_options {
    /*
     * Listening: the permissions of the file, 07777 at most, whatever the umask
     * is; who connects needs the one to write.  0: what the umask leaves.
     */
    unsigned mode;
    /*
     * Listening: do not replace the file of another socket, whether somebody
     * listens there or not: -EADDRINUSE.
     */
    bool exclusive;
    /* Listening: leave the file when it is closed.  asyncio: cleanup_socket. */
    bool keep_file;
    /*
     * How many descriptors a stream keeps that have come and were not taken by
     * coil_unix_take_descriptor().  0: none; the kernel closes what comes.  With
     * it, coil_stream_has_ended() knows only of what was read.
     */
    size_t descriptors;
    void *reserved[4];
};

/*
 * Connect to a Unix socket.  If its queue is full, it is tried again until there
 * is room.  `options` may be NULL.  `*out` is returned: release it with
 * coil_stream_close() or coil_stream_abort().
 *
 * Returns 0, else, with nothing left open:
 *   -ECANCELED
 *   -ENOENT        there is no such file
 *   -ECONNREFUSED  nobody listens there
 *   -EACCES        no permission
 *   -EPROTOTYPE    it is a socket of another kind
 *   -ENAMETOOLONG, -EINVAL  see coil_unix_address()
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM
 *   -ENOTSUP       on a user's scheduler
 * asyncio: open_unix_connection().
 */
COIL_API int coil_unix_connect(struct coil_stream **out, const char *name,
                               const struct coil_unix_options *options)
    COIL_SUSPENDS;

/*
 * Listen on a Unix socket.  A socket file that is there already is replaced,
 * unless the options say otherwise; another file is not.  When the listener is
 * closed, its file is removed, unless another one has taken its place.
 * `options` may be NULL.  `*out` is returned: release it with
 * coil_listener_close().
 *
 * Returns 0, else, with nothing left open: -EADDRINUSE; -EACCES, -ENOENT,
 * -ENOTDIR, -EROFS …: the file cannot be made; otherwise as coil_unix_connect().
 * It never waits for others, except for the file system.
 * asyncio: start_unix_server(), with coil_listener_accept().
 */
COIL_API int coil_unix_listen(struct coil_listener **out, const char *name,
                              const struct coil_unix_options *options)
    COIL_MUST_CHECK;

/* Who is at the other end: a process, and its user and group. */
struct coil_unix_peer {
    pid_t pid; /* when it connected, or listened */
    uid_t uid;
    gid_t gid;
};

/*
 * Returns 0; -EINVAL or -EOPNOTSUPP: the stream is not directly over a Unix
 * socket.
 */
COIL_API int coil_unix_peer(const struct coil_stream *stream,
                            struct coil_unix_peer *peer) COIL_MUST_CHECK;

/*
 * Send `size` bytes, at least one, and with the first of them descriptors, at
 * least one and 253 at most, which stay the caller's.  What was written before is
 * sent first.  Who receives these bytes can take the descriptors then.
 *
 * Returns 0: all is sent or kept to be sent; else, and nothing was sent,
 *   -ECANCELED
 *   -EINVAL        a number out of range
 *   -EBADF         one of the descriptors is not open; or the stream was closed
 *                  meanwhile, and must not be used any more
 *   -ETOOMANYREFS  too many descriptors are under way
 *   -EBUSY         another task sends descriptors or a file
 *   -EOPNOTSUPP    the stream is not directly over a Unix socket
 *   -EPIPE, -ECONNRESET …  the connection is broken
 * Meanwhile nobody else may write.  Python: socket.send_fds().
 */
COIL_API int coil_unix_send_descriptors(struct coil_stream *stream,
                                        const int *fds, size_t count,
                                        const void *data, size_t size)
    COIL_SUSPENDS;

/*
 * Take the next descriptor that has come with bytes that were received; the
 * option `descriptors` must be set.  It is the caller's, close-on-exec.
 *
 * Returns it, else -EAGAIN: none is there; -EMFILE: some were lost here, as this
 * process lacked room for them, or more came than the option allows; -EOPNOTSUPP:
 * the option was not set.  What is not taken is closed with the stream.
 * Python: socket.recv_fds().
 */
COIL_API int coil_unix_take_descriptor(struct coil_stream *stream)
    COIL_MUST_CHECK;

/* ---- messages --------------------------------------------------------- */

/*
 * A socket of datagrams, which keeps the bounds of messages, and loses none.
 * `name` NULL: without a name; others cannot answer.  As coil_unix_listen()
 * otherwise; release it with coil_datagram_close(), which removes the file.
 * asyncio: create_datagram_endpoint(family=AF_UNIX).
 */
COIL_API int coil_unix_datagram_bind(struct coil_datagram_socket **out,
                                     const char *name,
                                     const struct coil_unix_options *options)
    COIL_MUST_CHECK;

/*
 * Let coil_datagram_send() go to `name`, and receive from there only.  Returns 0;
 * as coil_unix_connect().
 */
COIL_API int coil_unix_datagram_connect(struct coil_datagram_socket *socket,
                                        const char *name) COIL_SUSPENDS;

/*
 * A connection of messages (SOCK_SEQPACKET): as coil_unix_connect(); release it
 * with coil_datagram_close().
 */
COIL_API int coil_unix_seqpacket_connect(struct coil_datagram_socket **out,
                                         const char *name) COIL_SUSPENDS;

/* As coil_unix_listen(), for coil_unix_seqpacket_accept(). */
COIL_API int coil_unix_seqpacket_listen(struct coil_listener **out,
                                        const char *name,
                                        const struct coil_unix_options *options)
    COIL_MUST_CHECK;

/*
 * As coil_listener_accept().  -EOPNOTSUPP, from both: the listener is of the
 * other kind.
 */
COIL_API int coil_unix_seqpacket_accept(struct coil_listener *listener,
                                        struct coil_datagram_socket **out)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
