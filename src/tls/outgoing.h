/* SPDX-License-Identifier: MIT */
/*
 * tls/outgoing.h - what goes out: encrypted, and given to the transport below
 */
#ifndef COIL_TLS_OUTGOING_H
#define COIL_TLS_OUTGOING_H

#include "tls/layer.h"

/* Give the transport below what is encrypted, until it keeps the operation. */
void coil__tls_flush(struct coil__tls *tls);

/* Whether the other side has been told that nothing more comes. */
bool coil__tls_has_said_end(const struct coil__tls *tls);

/*
 * As write() and shutdown() of struct coil_transport_ops.  After an error, what
 * a shutdown sends is what OpenSSL has said about it.
 */
bool coil__tls_write(struct coil_transport *transport,
                     struct coil_transport_write *write);
bool coil__tls_shutdown(struct coil_transport *transport,
                        struct coil_transport_write *write);

#endif
