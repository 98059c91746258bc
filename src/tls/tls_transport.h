/* SPDX-License-Identifier: MIT */
/*
 * tls/tls_transport.h - a transport that carries another one
 */
#ifndef COIL_TLS_TLS_TRANSPORT_H
#define COIL_TLS_TLS_TRANSPORT_H

#include "tls/layer.h"

/*
 * A layer over `below`, which is not its own yet; NULL: no memory.  It holds
 * `context`.
 */
struct coil__tls *coil__tls_new(struct coil_tls_context *context,
                                struct coil_transport *below);

/* The layer of a stream, or NULL: there is none. */
struct coil__tls *coil__tls_of(struct coil_stream *stream);

#endif
