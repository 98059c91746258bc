/* SPDX-License-Identifier: MIT */
/*
 * coil/transport.h - what carries the bytes of a stream
 *
 * A stream buffers, counts and waits.  A transport moves bytes: a socket, one
 * end of a pair in memory, or a layer such as TLS that changes the bytes of
 * the transport below it.  Every function of coil/stream.h works over any
 * transport.
 *
 *     struct my_transport {
 *         struct coil_transport transport;      // first
 *         ...
 *     };
 *
 *     rc = coil_stream_new(&stream, &mine->transport);
 *
 * Memory   The stream owns its transport.  After close() it calls release(),
 *          once, when all that was under way has ended.
 * Threads  A transport belongs to the loop of its stream, and its functions are
 *          called there.
 * asyncio  Transport, which is also what lies between a protocol and a socket.
 */
#ifndef COIL_TRANSPORT_H
#define COIL_TRANSPORT_H

#include <coil/address.h>
#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;
struct coil_transport;

/* Bytes that are to be sent.  A transport has one of them at a time. */
struct coil_transport_write {
    const void *data;
    size_t size; /* not 0, except for shutdown() */
    /* When over: how many bytes were taken, at least one; or an error. */
    ptrdiff_t result;
    void (*over)(struct coil_transport_write *write);
};

/* Somebody wants to hear of input.  A transport has one of them at a time. */
struct coil_transport_watch {
    void (*over)(struct coil_transport_watch *watch);
};

struct coil_transport_ops {
    /*
     * Receive up to `size` bytes into `data`; `size` is not 0.  The calling
     * task waits, with `stream` as the object of its wait.  Returns bytes, 0 at
     * the end of the input, or an error.  After -ECANCELED nothing was
     * received; a call that has received something returns it, and the next
     * call reports the cancellation.  The stream has looked for a cancellation
     * before.  One task reads at a time.
     */
    ptrdiff_t (*read)(struct coil_transport *transport, void *data, size_t size,
                      const struct coil_stream *stream);

    /*
     * Wait as read() does, but receive nothing, so that no memory is needed
     * meanwhile.  Returns 0 when a read would probably not wait, or an error.
     */
    int (*wait_readable)(struct coil_transport *transport,
                         const struct coil_stream *stream);

    /*
     * Receive what there is now, as read() does, without a wait and outside of
     * any task's call; -EAGAIN: nothing.  It is not called while a task reads.
     * A layer above needs it for is_stale().
     */
    ptrdiff_t (*read_nowait)(struct coil_transport *transport, void *data,
                             size_t size);

    /*
     * Send write->data.  True: it is over, with write->result.  False:
     * write->over() will be called, by any function of the transport but this
     * one; until then the bytes stay where they are.  It does not wait.
     */
    bool (*write)(struct coil_transport *transport,
                  struct coil_transport_write *write);

    /*
     * Tell the other side that nothing more comes.  Everything was sent before,
     * and nothing is written afterwards, but shutdown() may be called again.
     * As write() otherwise, without data; when over, the result is 0 or an
     * error.
     */
    bool (*shutdown)(struct coil_transport *transport,
                     struct coil_transport_write *write);

    /* Whether a read would return at once, as far as is known now. */
    bool (*is_stale)(struct coil_transport *transport);

    /* The addresses of the two ends; of length 0 where there is none. */
    void (*local_address)(const struct coil_transport *transport,
                          struct coil_address *address);
    void (*peer_address)(const struct coil_transport *transport,
                         struct coil_address *address);

    /*
     * The end.  What is under way ends as well: a read returns -EBADF, and
     * over() is called for a write, within close() or later.  After close() only
     * release() is called.
     */
    void (*close)(struct coil_transport *transport);

    /* Free the transport.  NULL: there is nothing to free. */
    void (*release)(struct coil_transport *transport);

    /*
     * Hear of input outside of any task.  True: a read would probably not wait.
     * False: watch->over() will be called, once, when a read would probably not
     * wait, or when the watch is cancelled or the transport closed; by any
     * function but this one.  cancel_watch() only asks.  Both may be NULL.
     */
    bool (*watch)(struct coil_transport *transport,
                  struct coil_transport_watch *watch);
    void (*cancel_watch)(struct coil_transport *transport);

    /*
     * Send at most `size` bytes of the file `fd` from `offset` on, of which the
     * kernel has the first and the last in memory.  Nothing else is being sent.
     * The calling task waits as in read().  Returns bytes, 0 behind the end of
     * the file, or an error; -EINVAL: this file must be read and written.  May be
     * NULL, which means -EINVAL always.
     */
    ptrdiff_t (*send_file)(struct coil_transport *transport, int fd,
                           int64_t offset, size_t size,
                           const struct coil_stream *stream);

    /*
     * Move at most `size` bytes between the transport and a pipe, without a copy:
     * what came into the pipe, or, if `is_out`, out of the pipe to be sent.
     * `end` is the end of the pipe.  Nothing else is being read, or sent.  The
     * calling task waits as in read().  Returns bytes, 0 at the end of the input,
     * or an error; -EINVAL: these bytes must be read and written.  May be NULL,
     * which means -EINVAL always.
     */
    ptrdiff_t (*splice)(struct coil_transport *transport, int end, size_t size,
                        bool is_out, const struct coil_stream *stream);

    /*
     * Leave the loop that runs here; or, if `joins`, join it.  In between, the
     * transport belongs to no loop: nobody waits, nothing is read, and close()
     * and release() may be called in any thread.  No task is inside a call, and
     * there is no watch.  A write may be under way: it stays so, goes on when the
     * transport joins a loop, and over() may then be called within that call.
     * It does not wait.
     *
     * Returns 0.  On an error nothing has changed: -ENOTSUP, the transport cannot
     * leave, or cannot join this loop; -EBUSY, it cannot leave now.  May be NULL,
     * which means that it never leaves.
     */
    int (*move)(struct coil_transport *transport, bool joins);
};

/* The first member of each transport. */
struct coil_transport {
    const struct coil_transport_ops *ops;
    /* The stream wipes the memory of what it read or has to send. */
    bool is_secret;
    /*
     * An end without shutdown() looks as if the connection had been cut, so
     * coil_stream_close() calls it.
     */
    bool must_say_end;
    /*
     * If memory is lacking while what is kept is being sent, later calls get
     * that error, too, and not -EPIPE: -ENOSPC means that a disk is full.
     */
    bool keeps_errors;
    /*
     * A write() that returns false has taken write->result bytes, at least one,
     * and does not look at write->data any more.  When it is over, the result is
     * the same, or an error.
     */
    bool takes_at_once;
};

/*
 * Make a stream over `transport`, which then belongs to the stream.  `*out` is
 * returned: release it with coil_stream_close() or coil_stream_abort().
 * Returns 0; or -ENOMEM, and the transport still belongs to the caller.
 */
COIL_API int coil_stream_new(struct coil_stream **out,
                             struct coil_transport *transport) COIL_MUST_CHECK;

/* What the stream is over now. */
COIL_API struct coil_transport *
coil_stream_transport(struct coil_stream *stream);

/*
 * Put `layer` between the stream and its transport, in place.  The layer must
 * call the transport below it, which coil_stream_transport() has named, for all
 * it needs; its close() closes that one too, and its release() releases it.
 * What the stream has read ahead stays in the stream: a layer that needs these
 * bytes has taken them before, by coil_stream_read_nowait().
 *
 * Returns 0; -EBUSY while a task reads, or while something is unsent: nothing
 * was changed.
 */
COIL_API int coil_stream_wrap(struct coil_stream *stream,
                              struct coil_transport *layer) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
