/* SPDX-License-Identifier: MIT */
/*
 * net/stream.h - what the parts of a stream share
 *
 * The owner's pointer is gone the moment it closes or aborts, while calls of
 * other tasks may still be parked inside, and the write operation may still
 * belong to the transport.  So each of the three holds the stream: `refs`.  After
 * a wait a call looks at is_open first and, if that is false, touches nothing
 * but its own reference.
 */
#ifndef COIL_NET_STREAM_H
#define COIL_NET_STREAM_H

#include <coil/error.h>
#include <coil/stream.h>

#include "base/buffer.h"
#include "backend/backend.h"
#include "net/transport.h"
#include "sched/wait.h"

enum {
    COIL__HIGH_MARK = 64 * 1024,  /* more unsent bytes hold writers back, */
    COIL__LOW_MARK = 16 * 1024,   /* until there are fewer than this */
    COIL__READ_AHEAD = 64 * 1024, /* most that is buffered of the input */
    COIL__READ_CHUNK = 16 * 1024,
    COIL__READ_DIRECT = 4 * 1024, /* from here on past the buffer */
};

struct coil_stream {
    struct coil_transport *transport;
    unsigned refs;
    bool is_open; /* the owner has not let go yet */

    /*
     * Input.  While `reading`, one task is inside a read call and nothing else
     * may touch `in`: an operation may write behind its end.
     */
    struct coil_buffer in;
    bool reading;
    bool ended;     /* the other side sends no more */
    int read_error; /* broken; the kernel tells only once */

    /*
     * Output.  While `is_sending`, `write` belongs to the transport and so do the
     * bytes of `sending`; what is written meanwhile goes to `queued`.  While
     * not, both are empty.
     */
    struct coil_op write;
    struct coil_buffer sending;
    struct coil_buffer queued;
    bool is_sending;
    bool is_held_back; /* since the high mark, until the low one */
    bool is_shut;
    int write_error;
    struct coil_list drainers;
    struct coil_list flushers;
};

/*
 * A stream with the owner's reference, which is not open yet; or NULL for want of
 * memory.  Its transport has `size` bytes, zeroed, and `ops`.
 */
struct coil_stream *coil__stream_new(const struct coil_transport_ops *ops,
                                     size_t size);

static inline void coil__stream_hold(struct coil_stream *stream)
{
    stream->refs++;
}

/* Give one reference back. */
void coil__stream_release(struct coil_stream *stream);

#endif
