/* SPDX-License-Identifier: MIT */
/*
 * net/transport.h - what a stream is carried by
 *
 * A stream buffers, counts and waits; a transport moves bytes: a socket, one end of
 * a pair in memory.  Every function of coil/stream.h works over any transport.
 *
 * close() ends what is under way: a read returns -EBADF, and over() is called for a
 * write, within close() or later.  Nothing else is called after close().  The
 * memory belongs to the stream, which is there until all of that has ended.
 */
#ifndef COIL_NET_TRANSPORT_H
#define COIL_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/stream.h>

#include "backend/backend.h"

struct coil_transport;

struct coil_transport_ops {
    /*
     * Receive up to `size` bytes, which is not 0, into `data`; the calling task
     * waits, with `stream` as the object it waits for.  Returns bytes, 0 at the
     * end of the input, or an error; after -ECANCELED nothing was received.  The
     * caller has passed coil__checkpoint().  One read at a time.
     */
    ptrdiff_t (*read)(struct coil_transport *transport, void *data, size_t size,
                      const struct coil_stream *stream);

    /*
     * Send write->data.  True: it is over, write->result says how many bytes were
     * taken, or which error it is.  False: write->over() will be called, by any
     * function of the transport but this one; until then the bytes stay as they
     * are.  One write at a time.
     */
    bool (*write)(struct coil_transport *transport, struct coil_op *write);

    /* Tell the other side that no more comes.  0 or an error. */
    int (*shutdown)(struct coil_transport *transport);

    /* Whether a read would not wait, as far as is known now. */
    bool (*is_stale)(struct coil_transport *transport);

    /* The two ends' addresses; of length 0 where there is none. */
    void (*local_address)(const struct coil_transport *transport,
                          struct coil_address *address);
    void (*peer_address)(const struct coil_transport *transport,
                         struct coil_address *address);

    void (*close)(struct coil_transport *transport);
};

/* The first member of each transport. */
struct coil_transport {
    const struct coil_transport_ops *ops;
};

#endif
