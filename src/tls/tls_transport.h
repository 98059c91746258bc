/* SPDX-License-Identifier: MIT */
/*
 * tls/tls_transport.h - TLS as a layer between a stream and its transport
 */
#ifndef COIL_TLS_TLS_TRANSPORT_H
#define COIL_TLS_TLS_TRANSPORT_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include <coil/transport.h>

#include "tls/tls_context.h"
#include "tls/wire.h"

struct coil__tls {
    struct coil_transport transport; /* first */
    struct coil_transport *below;
    SSL *ssl;
    struct coil__tls_peer peer;

    /*
     * Encrypted bytes: `wire` is between OpenSSL and us.  While `is_sending`,
     * the transport below has `own` and the bytes of `flight`.
     */
    struct coil__tls_wire wire;
    struct coil_buffer flight;
    struct coil_transport_write own;
    bool is_sending;

    /*
     * What the stream sends: over when all its `taken` bytes, encrypted, have
     * been taken by the transport below.  0: not encrypted yet.
     */
    struct coil_transport_write *theirs;
    size_t taken;

    /* Who wants to hear of input, and the watch below for that. */
    struct coil_transport_watch *watch;
    struct coil_transport_watch watching;
    bool is_cancelled; /* the watch was given up */

    bool is_ready; /* the handshake is over */
    bool is_reading;
    bool is_flowing; /* the last read from below took all it could */
    bool is_closed;
    bool is_released;
    int error;       /* of the protocol: nothing works any more */
    int write_error; /* of the transport below */

    unsigned char *certificate; /* of the peer, as DER, when asked for */
    int certificate_size;
    char *protocol; /* by ALPN, when asked for */
};

/*
 * A layer over `below`, which is not its own yet; NULL: no memory.  It holds
 * `context`.
 */
struct coil__tls *coil__tls_new(struct coil_tls_context *context,
                                struct coil_transport *below);

/* Free what is not under a stream. */
void coil__tls_free(struct coil__tls *tls);

/* The layer of a stream, or NULL: there is none. */
struct coil__tls *coil__tls_of(struct coil_stream *stream);

#endif
