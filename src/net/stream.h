/* SPDX-License-Identifier: MIT */
/*
 * net/stream.h - what the parts of a stream share
 *
 * When the owner closes or aborts the stream, its pointer is gone, but calls of
 * other tasks may still wait inside, and the transport may still have the write
 * operation.  So each of the three has a reference: `refs`.  After a wait, a
 * call first looks at is_open.  If that is false, the call touches nothing but
 * its own reference.
 *
 * A stream that is_gone looks as if a task read and a task sent a file.  So a call
 * sees that something is wrong where it looks for these, and not sooner.
 */
#ifndef COIL_NET_STREAM_H
#define COIL_NET_STREAM_H

#include <coil/error.h>
#include <coil/stream.h>
#include <coil/transport.h>

#include "base/buffer.h"
#include "base/platform.h"
#include "sched/wait.h"

enum {
    COIL__HIGH_MARK = 64 * 1024,  /* with more unsent bytes, writers wait */
    COIL__LOW_MARK = 16 * 1024,   /* until there are fewer than this */
    COIL__READ_AHEAD = 64 * 1024, /* at most so much input is buffered */
    COIL__READ_CHUNK = 16 * 1024,
    COIL__READ_DIRECT = 4 * 1024, /* from this size on, past the buffer */
};

struct coil_stream {
    struct coil_transport *transport;
    unsigned refs;
    unsigned users;   /* of the memory: the stream, and a transport within it */
    bool is_open;     /* the owner has not closed it */
    bool is_detached; /* it belongs to no loop: stream_move.c */
    bool is_gone;     /* freed, and only debug mode has kept the memory */

    /*
     * Input.  While `reading`, one task is inside a read call, and nothing else
     * may touch `in`: an operation may be writing behind its end.
     */
    struct coil_buffer in;
    bool reading;   /* a watch counts, too */
    bool ended;     /* the other side sends no more */
    int read_error; /* kept, as the kernel reports it only once */

    struct coil_transport_watch watching; /* stream_watch.c */
    struct coil_stream_watch *watch;      /* NULL: nobody watches */
    bool is_watched;                      /* the transport has `watching` */
    bool takes_over;                      /* that of a watch before `watch` */
    struct coil_list selecting;           /* stream_case.c */

    /*
     * Output.  While `is_sending`, the transport has `write` and the bytes of
     * `sending`; what is written meanwhile goes to `queued`.  Otherwise both
     * are empty.  Or it has taken `passed` bytes of a writer's memory, and
     * `sending` is empty.
     */
    struct coil_transport_write write;
    size_t passed;
    struct coil_buffer sending;
    struct coil_buffer queued;
    bool is_sending;
    bool is_held_back;        /* from the high mark down to the low one */
    bool has_told;            /* that nobody drains: stream_write.c */
    unsigned writes_too_many; /* since it was held back */
    bool is_shut;
    bool has_file; /* a task sends a file, or descriptors: nobody else writes */
    int write_error;
    struct coil_list drainers;
    struct coil_list flushers;
};

/*
 * A stream that is not open yet, with the owner's reference; or NULL: no
 * memory.  Its transport has `size` zeroed bytes and uses `ops`, whose release()
 * is coil__stream_release_transport().
 */
struct coil_stream *coil__stream_new(const struct coil_transport_ops *ops,
                                     size_t size);

/*
 * A layer above this transport may release it after the stream has ended, and so
 * whoever comes last frees the memory of both.
 */
void coil__stream_release_transport(struct coil_transport *transport);

static inline void coil__stream_hold(struct coil_stream *stream)
{
    stream->refs++;
}

/* Give a reference back. */
void coil__stream_release(struct coil_stream *stream);

/* Stop the program: the stream is used after its end. */
void coil__stream_stop(const struct coil_stream *stream) COIL_NEVER_RETURNS;

static inline void coil__stream_check(const struct coil_stream *stream)
{
    if (COIL_UNLIKELY(stream->is_gone))
        coil__stream_stop(stream);
}

#endif
