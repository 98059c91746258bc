/* SPDX-License-Identifier: MIT */
/*
 * coil/stream.h - TCP connections: read, write, and wait for slow readers
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
 * in the background.  In coil_stream_drain() a writer waits for a slow reader:
 * if more than 64 KiB are kept, until less than 16 KiB are.  Reading takes in
 * at most 64 KiB ahead of what is asked for.
 *
 * Use      One task may read and another write at a time.  A second reader gets
 *          -EBUSY; any number may drain.
 * Threads  A stream belongs to the loop that made it, or that it was moved to, and
 *          must be closed before the loop.
 * Signals  No SIGPIPE is raised.
 * asyncio  open_connection(), StreamReader, StreamWriter.
 */
#ifndef COIL_STREAM_H
#define COIL_STREAM_H

#include <sys/uio.h>

#include <coil/address.h>
#include <coil/base.h>
#include <coil/connect.h>
#include <coil/handle.h>
#include <coil/listener.h>
#include <coil/resolve.h>
#include <coil/select.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;
struct coil_loop;

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
 * A broken connection stays broken.  After -ECANCELED, -EBUSY, or an error that
 * says that memory was lacking, reading may go on.  asyncio: read().
 */
COIL_API ptrdiff_t coil_stream_read(struct coil_stream *stream, void *buffer,
                                    size_t size) COIL_SUSPENDS;

/*
 * Take what has been read ahead, at most `size` bytes, and never wait.  Returns
 * how many, which may be 0, or -EBUSY: another task is reading.
 */
COIL_API ptrdiff_t coil_stream_read_nowait(struct coil_stream *stream,
                                           void *buffer, size_t size)
    COIL_MUST_CHECK;

/*
 * Wait until there is something to read, and take nothing.  The stream needs no
 * memory for its input meanwhile, so this is how thousands of idle connections
 * are waited for.
 *
 * Returns 0 when a read will probably return at once, also for the end of the
 * input; else as coil_stream_read().  trio: wait_readable().
 */
COIL_API int coil_stream_wait_readable(struct coil_stream *stream)
    COIL_SUSPENDS;

/*
 * The same as a case of coil_select(), for a task that serves several connections,
 * or a connection and a queue.  The result is 0 when a read will probably return at
 * once; else
 *   -EBUSY    another task is reading, or there is a watch
 *   -EBADF    the stream was closed meanwhile; it must not be used any more
 *   -ENOTSUP  the transport cannot
 */
COIL_API struct coil_select_case
coil_stream_wait_readable_case(struct coil_stream *stream);

/*
 * Somebody who hears of input outside of any task: caller's memory, kept until
 * the call is made, coil_stream_unwatch() or the end of the stream.  The fields
 * are private.
 */
struct coil_stream_watch {
    struct coil_handle handle;
    struct coil_stream *stream; /* NULL: not watching */
    coil_callback_fn fn;
    void *arg;
};

/*
 * Have fn(arg) called once, by the loop, when a read will probably return at
 * once, also for the end of the input.  An idle connection that is watched
 * needs neither a task nor memory for its input.  Until the call the watch
 * counts as a reader.  When the stream is closed first, fn is never called.
 *
 * Returns 0; -EBUSY: another task is reading, or there is a watch; -ENOTSUP:
 * the transport cannot.  asyncio: a protocol, whose data_received() is called.
 */
COIL_API int coil_stream_watch(struct coil_stream *stream,
                               struct coil_stream_watch *watch,
                               coil_callback_fn fn, void *arg) COIL_MUST_CHECK;

/*
 * fn is not called any more, even if the call was due.  Returns whether it was
 * still to come.
 */
COIL_API bool coil_stream_unwatch(struct coil_stream_watch *watch);

/*
 * Whether fn is about to be called.  No system call is made: what has come since
 * the loop looked outside last is not known yet; coil_stream_is_stale() asks.
 */
COIL_API bool coil_stream_is_heard(const struct coil_stream_watch *watch);

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
 * As coil_stream_peek(), but waits for more than the `seen` bytes there are.
 * Returns 0 if no more will come; the bytes stay.
 */
COIL_API ptrdiff_t coil_stream_peek_more(struct coil_stream *stream,
                                         size_t seen, const void **data)
    COIL_SUSPENDS;

/*
 * Take the first `size` bytes out of those that coil_stream_peek() showed, or
 * all of these if they are fewer.  While a task reads, this does nothing, and
 * the loop's exception handler is told.
 */
COIL_API void coil_stream_consume(struct coil_stream *stream, size_t size);

/*
 * Whether the other side has closed, or sent what nobody asked for, as far as
 * the kernel knows now: such a connection cannot be used for a new request.
 */
COIL_API bool coil_stream_is_stale(struct coil_stream *stream);

/*
 * Whether the other side has ended its input, or the connection is broken, as far
 * as is known now.  To find out, what has come is read ahead, as far as 64 KiB.
 */
COIL_API bool coil_stream_has_ended(struct coil_stream *stream);

/* ---- writing ---------------------------------------------------------- */

/*
 * Send `size` bytes of `data`, or keep a copy of what cannot be sent at once.
 * Returns 0, else
 *   -EPIPE, -ECONNRESET …  the connection is broken, or shut for writing
 *   -EBUSY    another task sends a file
 *   -ENOMEM, -ENOBUFS, -ENOSPC  the process or the system lacked memory; nothing
 *             of `data` was taken, and it may be written again
 * If memory is lacking later, while what is kept is being sent, the connection
 * is broken: those who wait get this error, and later calls get -EPIPE.
 */
COIL_API int coil_stream_write(struct coil_stream *stream, const void *data,
                               size_t size) COIL_MUST_CHECK;

/*
 * The same of several pieces, one behind the other: all of them are taken, or
 * none.  They are sent together, so pieces of a message need not be copied into
 * one.  Returns as coil_stream_write(), and -EINVAL if `count` is negative.
 * asyncio: writelines().  POSIX: writev().
 */
COIL_API int coil_stream_writev(struct coil_stream *stream,
                                const struct iovec *pieces, int count)
    COIL_MUST_CHECK;

/*
 * Give the transport as many as it takes at once of `size` bytes, which is not 0,
 * without a copy in the stream.  It does not wait.  coil_stream_unsent() counts
 * them until they are sent, and coil_stream_drain() waits for that.
 *
 * Returns how many were taken, and `data` is the caller's again.  0: none, since
 * something else is being sent, or since the transport has no `takes_at_once`
 * (coil/transport.h): drain and try again, or write.  Else an error of
 * coil_stream_write(), with none taken.
 */
COIL_API ptrdiff_t coil_stream_pass(struct coil_stream *stream,
                                    const void *data, size_t size)
    COIL_MUST_CHECK;

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
 * coil_stream_flush(), and -EBUSY: another task sends a file.  A cancellation
 * during the flush leaves the stream open for writing.
 * asyncio: write_eof().
 */
COIL_API int coil_stream_shutdown(struct coil_stream *stream) COIL_SUSPENDS;

/*
 * Send `size` bytes of the file `fd`, from `offset` on; a negative `size`: up to
 * the end of the file.  The function waits until all is given to the kernel.  Where
 * the kernel can, it sends the file without a copy (sendfile(), over a plain
 * socket); else, and what the kernel would have to get from a disk, is read in
 * another thread and written.  The position of `fd` does not matter and does not
 * change.  Meanwhile nobody else may write.
 *
 * `*sent`, which may be NULL, says how many bytes were taken from the file,
 * whatever is returned; they are sent, and none twice.  Returns 0, also if the
 * file has ended first: then `*sent` is less than `size`; else
 *   -ECANCELED   the rest of the file is not sent; the stream can be used on
 *   -EPIPE, -ECONNRESET …  the connection is broken, or shut for writing
 *   -EBADF       the stream was closed meanwhile, or `fd` is not open
 *   -EBUSY       another task sends a file
 *   -EINVAL      `offset` is negative
 *   -ESPIPE, -EISDIR, -EIO …  the file cannot be read; the stream can be used on
 *   -ENOMEM, -ENOBUFS, -ENOSPC  memory was lacking; the stream can be used on
 * asyncio: loop.sendfile().
 */
COIL_API int coil_stream_send_file(struct coil_stream *stream, int fd,
                                   int64_t offset, int64_t size, int64_t *sent)
    COIL_SUSPENDS;

/* How many bytes are kept. */
COIL_API size_t coil_stream_unsent(const struct coil_stream *stream);

/* ---- from one loop to another ------------------------------------------ */

/*
 * Take the stream from its loop, so that another one, in another thread, can have
 * it.  What has been read ahead and what is kept to be sent go along, and so does
 * the state of TLS.  What is kept waits meanwhile: nothing is sent before
 * coil_stream_adopt().
 *
 *     rc = coil_stream_detach(stream);            // here
 *     if (rc == 0)
 *         rc = coil_channel_put(&streams, &stream);
 *     ...
 *     rc = coil_channel_get(&streams, &stream);   // in another loop
 *     if (rc == 0)
 *         rc = coil_stream_adopt(stream);
 *
 * A detached stream belongs to whoever holds its pointer.  Only one thread may hold
 * it at a time, and what hands it on must order the threads, as a channel does.
 * In any thread it may be aborted; else only coil_stream_adopt() is of use, also in
 * the loop that it has left.  Reads and writes return -EBUSY; flush and drain must
 * not be called.
 *
 * It does not wait.  Returns 0, else, with nothing changed,
 *   -EBUSY    a task is inside a call of this stream, or is about to return from
 *             one, or a watch is set, or a handshake of TLS is under way
 *   -ENOTSUP  the stream cannot leave its loop.  Those over sockets can, TCP and
 *             Unix, with TLS and without; files, pipes, pairs, and streams within a
 *             connection of HTTP/2 cannot
 */
COIL_API int coil_stream_detach(struct coil_stream *stream) COIL_MUST_CHECK;

/*
 * Let the loop that runs in this thread have a stream that is detached.  What is
 * kept goes on being sent, and every function of the stream works here.
 *
 * It does not wait.  Returns 0; -EINVAL: it is not detached; or, with the stream
 * still detached, -ENOTSUP: no loop runs here, or it is of another world: a stream
 * of the simulator can only come back to its own loop.
 */
COIL_API int coil_stream_adopt(struct coil_stream *stream)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Both in one call: detach the stream, have `loop` adopt it, and wait until it has.
 * Afterwards the stream belongs to `loop`, what is kept goes on being sent there,
 * and this loop must not touch the stream any more, but only hand its pointer to a
 * task there, by a call that does not fail, such as coil_loop_call_soon_threadsafe().
 * Where that call may fail or be cancelled, coil_stream_detach() leaves the stream
 * with its owner.  `loop` is that of another thread, which coil_loops_at() names,
 * or this one.
 *
 * Returns 0.  On an error the stream belongs to this loop as before, and can be
 * used on, with all that it has buffered:
 *   -ECANCELED  it was not moved.  If the cancellation comes too late, the result
 *               is 0, and the next suspending call reports the cancellation
 *   -ESHUTDOWN  `loop` is being closed, or has ended.  A freed loop is recognised,
 *               unless a new loop has the same address
 *   -EBUSY, -ENOTSUP  as coil_stream_detach() and coil_stream_adopt(); also on a
 *               user's scheduler
 *   -ENOMEM     memory was lacking, here or there
 */
COIL_API int coil_stream_move(struct coil_stream *stream,
                              struct coil_loop *loop) COIL_SUSPENDS;

/* ---- the end ---------------------------------------------------------- */

/*
 * Flush, close and free the stream; NULL is allowed.  The stream is gone,
 * whatever this returns: 0; or, if something was not sent, -ECANCELED or the
 * error of flushing.  A task that reads gets -EBADF.
 * asyncio: close() and wait_closed().
 */
COIL_API int coil_stream_close(struct coil_stream *stream) COIL_SUSPENDS;

/*
 * Close and free it now; what is kept is lost.  Does not suspend; NULL is
 * allowed.  A detached stream may be aborted in any thread.
 * asyncio: transport.abort().
 */
COIL_API void coil_stream_abort(struct coil_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
