/* SPDX-License-Identifier: MIT */
/*
 * tls/layer.h - TLS between a stream and its transport: what its parts share
 */
#ifndef COIL_TLS_LAYER_H
#define COIL_TLS_LAYER_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include <coil/transport.h>

#include "base/platform.h"
#include "tls/tls_context.h"
#include "tls/wire.h"

enum {
    COIL__TLS_RECORD = 16 * 1024, /* plain text in a record, at most */
    COIL__TLS_OVERHEAD = 512,     /* what encryption adds to a record */
};

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

/* So much becomes of `size` bytes when they are encrypted, at most. */
static inline size_t coil__tls_encrypted(size_t size)
{
    return size + (size / COIL__TLS_RECORD + 2) * COIL__TLS_OVERHEAD;
}

static inline struct coil__tls *coil__tls_from(struct coil_transport *transport)
{
    return coil__container_of(transport, struct coil__tls, transport);
}

/* Whether it works: 0, or why not. */
int coil__tls_state(const struct coil__tls *tls);

/* OpenSSL has failed, so the connection is broken.  Returns the error. */
int coil__tls_fail(struct coil__tls *tls);

/* Free it, and the transport below if the stream has released both. */
void coil__tls_free(struct coil__tls *tls);

#endif
