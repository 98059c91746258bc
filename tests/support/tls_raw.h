/* SPDX-License-Identifier: MIT */
/*
 * tls_raw.h - bytes in the middle of a TLS connection that are not TLS
 */
#ifndef COIL_TESTS_TLS_RAW_H
#define COIL_TESTS_TLS_RAW_H

#include <stddef.h>

#include <coil/stream.h>

/*
 * Send `data`, which stays where it is, past the encryption of `s`.  Nothing is
 * under way there, and one such call at a time is.
 */
void tls_send_raw(struct coil_stream *s, const void *data, size_t size);

#endif
