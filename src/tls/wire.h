/* SPDX-License-Identifier: MIT */
/*
 * tls/wire.h - what lies between OpenSSL and a transport: two buffers
 *
 * OpenSSL reads from `in` and appends to `out`.  Neither ever waits.  Both hold
 * what goes over the network, encrypted but for the first messages.
 */
#ifndef COIL_TLS_WIRE_H
#define COIL_TLS_WIRE_H

#include <openssl/bio.h>

#include "base/buffer.h"

struct coil__tls_wire {
    struct coil_buffer in;
    struct coil_buffer out;
};

/* A BIO over `wire`, which must outlive the BIO; NULL: no memory. */
BIO *coil__tls_wire_bio(struct coil__tls_wire *wire);

#endif
