/* SPDX-License-Identifier: MIT */
/*
 * net/transport.h - what carries the bytes of a stream
 *
 * A stream buffers, counts and waits.  A transport moves bytes: a socket, or
 * one end of a pair in memory.  Every function of coil/stream.h works over any
 * transport.
 *
 * close() ends what is under way: a read returns -EBADF, and over() is called
 * for a write, within close() or later.  After close() nothing else is called.
 * The memory belongs to the stream, which keeps it until all that has ended.
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
     * Receive up to `size` bytes into `data`; `size` is not 0.  The calling
     * task waits, with `stream` as the object of its wait.  Returns bytes, 0 at
     * the end of the input, or an error.  After -ECANCELED nothing was
     * received.  The caller has called coil__checkpoint().  One read at a time.
     */
    ptrdiff_t (*read)(struct coil_transport *transport, void *data, size_t size,
                      const struct coil_stream *stream);

    /*
     * Send write->data.  True: it is over, and write->result is the number of
     * bytes taken, or an error.  False: write->over() will be called, by any
     * function of the transport but this one; until then the bytes stay
     * unchanged.  One write at a time.
     */
    bool (*write)(struct coil_transport *transport, struct coil_op *write);

    /* Tell the other side that nothing more comes.  0 or an error. */
    int (*shutdown)(struct coil_transport *transport);

    /* Whether a read would return at once, as far as is known now. */
    bool (*is_stale)(struct coil_transport *transport);

    /* The addresses of the two ends; of length 0 where there is none. */
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
