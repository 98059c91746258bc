/* SPDX-License-Identifier: MIT */
/*
 * coil/stream.h - TCP connections: read, write, and hold back in time
 *
 *     struct coil_stream *s;
 *
 *     rc = coil_tcp_connect(&s, "127.0.0.1", 7);
 *     if (rc < 0)
 *         return rc;
 *     rc = coil_stream_write(s, "ping\n", 5);
 *     if (rc == 0)
 *         rc = coil_stream_drain(s);
 *     if (rc == 0)
 *         rc = coil_stream_read_until(s, "\n", 1, line, sizeof line, &n);
 *     coil_stream_abort(s);                 // or coil_stream_close(), to flush
 *
 * Writing never waits: what the kernel does not take at once is kept and sent
 * in the background.  coil_stream_drain() is where a writer waits for a slow
 * reader: while more than 64 KiB are kept, until less than 16 KiB are.
 * Reading takes in at most 64 KiB ahead of what is asked for.
 *
 * Use      One task may read and another write at a time.  A second reader gets
 *          -EBUSY; any number may drain.
 * Threads  A stream belongs to the loop that made it, and must be closed before
 *          the loop.
 * Signals  No SIGPIPE is raised.
 * asyncio  open_connection(), StreamReader, StreamWriter.
 */
#ifndef COIL_STREAM_H
#define COIL_STREAM_H

#include <coil/base.h>
#include <coil/resolve.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;
struct coil_listener;

/* ---- connections ------------------------------------------------------ */

/*
 * Connect to `host` and `port`.  The next of the host's addresses is tried when
 * one has failed, or has not answered for 250 ms; IPv6 and IPv4 take turns, and
 * the first to answer is taken (RFC 8305, by coil_staggered_race()).  `*out` is
 * returned: release it with coil_stream_close() or coil_stream_abort().
 *
 * Returns 0, else, with nothing left open:
 *   -ECANCELED    cancelled
 *   -ECONNREFUSED, -ETIMEDOUT, -ENETUNREACH …  what the first to fail gave
 *   what coil_resolve() returns
 *   -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM  the process or the system had no
 *                 descriptor or no memory left for one address at least,
 *                 whatever the others gave
 *   -ENOTSUP      on a user's scheduler
 * asyncio: open_connection().
 */
COIL_API int coil_tcp_connect(struct coil_stream **out, const char *host,
                              uint16_t port) COIL_SUSPENDS;

/*
 * Connect to one address, without a look-up; as coil_tcp_connect() otherwise.
 */
COIL_API int coil_tcp_connect_address(struct coil_stream **out,
                                      const struct coil_address *address)
    COIL_SUSPENDS;

/*
 * Listen on `host` (a name, an address, or NULL: all addresses of this machine)
 * and `port`.  If the name has several addresses, or with NULL, the listener
 * listens on all of them, of IPv4 and of IPv6.  An address that this machine
 * does not have is left out, as long as another is not: so it does no harm if
 * IPv6 is switched off.  A socket of IPv6 takes no connections of IPv4
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
 * Wait for the next connection.  `*out` is returned as by coil_tcp_connect().
 * Any number of tasks may wait: the one that has waited longest is served first.
 * The listener's addresses take turns.
 *
 * Returns 0; -ECANCELED: no connection was taken; -EBADF: the listener was
 * closed meanwhile.  A connection that died in the queue, or that a firewall
 * forbids (-EPERM), is passed over.  While the process has no descriptor or
 * memory left, and after 16 connections in a row that failed, the error is
 * reported to the loop's exception handler, and it tries again a second later.
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
 * Stop listening and free the listener; NULL is allowed.  Tasks in
 * coil_listener_accept() get -EBADF.
 */
COIL_API void coil_listener_close(struct coil_listener *listener);

/* The two ends' addresses. */
COIL_API void coil_stream_local_address(const struct coil_stream *stream,
                                        struct coil_address *address);
COIL_API void coil_stream_peer_address(const struct coil_stream *stream,
                                       struct coil_address *address);

/* ---- reading ---------------------------------------------------------- */

/*
 * Read what there is, at least one byte and at most `size`, into `buffer`.
 *
 * Returns how many bytes were read, 0 at the end of the input (or if `size` is
 * 0), else
 *   -ECANCELED   nothing was consumed
 *   -ECONNRESET, -ETIMEDOUT …  the connection broke
 *   -EBUSY       another task is reading
 *   -EBADF       the stream was closed meanwhile; it must not be used any more
 *   -ENOMEM, -ENOBUFS, -ENOSPC  the process or the system lacked memory;
 *                nothing was consumed
 * A connection that broke stays so; after -ECANCELED, -EBUSY and what says that
 * memory was lacking, reading may go on.  asyncio: read().
 */
COIL_API ptrdiff_t coil_stream_read(struct coil_stream *stream, void *buffer,
                                    size_t size) COIL_SUSPENDS;

/*
 * Read exactly `size` bytes.  Returns 0, else as coil_stream_read(), and
 *   -EPIPE  the input ended first
 * On an error what had come stays in the stream, for the next read, as long as
 * it is at most 64 KiB; a cancellation consumes nothing that fits there.
 * `*got`, which may be NULL, says how much of `buffer` was filled and consumed.
 * asyncio: readexactly().
 */
COIL_API int coil_stream_read_exactly(struct coil_stream *stream, void *buffer,
                                      size_t size, size_t *got) COIL_SUSPENDS;

/*
 * Read up to and including the first `separator`.  `*length` is set to the
 * number of bytes, the separator's included.
 *
 * Returns 0, else, consuming nothing, as coil_stream_read(), and
 *   -EPIPE     the input ended first
 *   -EMSGSIZE  no separator within `size` bytes, or within 64 KiB
 *   -EINVAL    `separator_size` is 0
 * asyncio: readuntil().
 */
COIL_API int coil_stream_read_until(struct coil_stream *stream,
                                    const void *separator,
                                    size_t separator_size, void *buffer,
                                    size_t size, size_t *length) COIL_SUSPENDS;

/*
 * Wait until there is something to read, without a copy: `*data` points at it
 * until the next call on the stream.  Returns how many bytes (0: the end), or
 * as coil_stream_read().  coil_stream_consume() says what was used.
 */
COIL_API ptrdiff_t coil_stream_peek(struct coil_stream *stream,
                                    const void **data) COIL_SUSPENDS;

/*
 * As coil_stream_peek(), but waits for more than the `seen` bytes there are; 0
 * says that no more come, and those stay.
 */
COIL_API ptrdiff_t coil_stream_peek_more(struct coil_stream *stream,
                                         size_t seen, const void **data)
    COIL_SUSPENDS;

/*
 * Take the first `size` bytes out of what coil_stream_peek() showed, at most as
 * many.  While a task reads it does nothing, and the loop's exception handler
 * is told.
 */
COIL_API void coil_stream_consume(struct coil_stream *stream, size_t size);

/*
 * Whether the other side has closed, or sent what nobody asked for, as far as
 * the kernel knows now: such a connection cannot be used for a new request.
 */
COIL_API bool coil_stream_is_stale(struct coil_stream *stream);

/* ---- writing ---------------------------------------------------------- */

/*
 * Send `size` bytes of `data`, or keep a copy of what cannot be sent at once.
 * Returns 0, else
 *   -EPIPE, -ECONNRESET …  the connection is broken, or shut for writing
 *   -ENOMEM, -ENOBUFS, -ENOSPC  the process or the system lacked memory; nothing
 *             of `data` was taken, and it may be written again
 * If memory is lacking later, while what is kept is being sent, the connection
 * is broken: who waits is told of what was lacking, later calls get -EPIPE.
 */
COIL_API int coil_stream_write(struct coil_stream *stream, const void *data,
                               size_t size) COIL_MUST_CHECK;

/*
 * Wait while more is kept than the other side has room for.  Returns 0;
 * -ECANCELED: nothing is lost, what is kept goes on being sent; -EPIPE,
 * -ECONNRESET …: the connection is broken; -EBADF: closed meanwhile.
 * asyncio: drain().
 */
COIL_API int coil_stream_drain(struct coil_stream *stream) COIL_SUSPENDS;

/* Wait until everything has been given to the kernel; as drain otherwise. */
COIL_API int coil_stream_flush(struct coil_stream *stream) COIL_SUSPENDS;

/*
 * Flush, then tell the other side that no more comes.  As
 * coil_stream_flush(); a cancellation leaves the stream open for writing.
 * asyncio: write_eof().
 */
COIL_API int coil_stream_shutdown(struct coil_stream *stream) COIL_SUSPENDS;

/* How many bytes are kept. */
COIL_API size_t coil_stream_unsent(const struct coil_stream *stream);

/* ---- the end ---------------------------------------------------------- */

/*
 * Flush, close and free the stream; NULL is allowed.  The stream is gone
 * whatever is returned: 0, -ECANCELED, or what flushing returned, which say
 * that something was not sent.  A task that reads gets -EBADF.
 * asyncio: close() and wait_closed().
 */
COIL_API int coil_stream_close(struct coil_stream *stream) COIL_SUSPENDS;

/*
 * Close and free it now; what is kept is lost.  Does not suspend; NULL is
 * allowed.  asyncio: transport.abort().
 */
COIL_API void coil_stream_abort(struct coil_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
