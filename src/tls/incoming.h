/* SPDX-License-Identifier: MIT */
/*
 * tls/incoming.h - what comes in: received from the transport below, decrypted
 *
 * The functions are as read(), wait_readable() and so on of struct
 * coil_transport_ops.  The first call of coil__tls_wait_readable(), which
 * coil_tls_start_client() and coil_tls_start_server() make, is the handshake.
 */
#ifndef COIL_TLS_INCOMING_H
#define COIL_TLS_INCOMING_H

#include "tls/layer.h"

ptrdiff_t coil__tls_read(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream);
ptrdiff_t coil__tls_read_nowait(struct coil_transport *transport, void *data,
                                size_t size);
int coil__tls_wait_readable(struct coil_transport *transport,
                            const struct coil_stream *stream);
bool coil__tls_is_stale(struct coil_transport *transport);
bool coil__tls_watch(struct coil_transport *transport,
                     struct coil_transport_watch *watch);
void coil__tls_cancel_watch(struct coil_transport *transport);

#endif
