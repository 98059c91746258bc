/* SPDX-License-Identifier: MIT */
/*
 * http/server/encode.h - decide how a response is compressed
 */
#ifndef COIL_HTTP_SERVER_ENCODE_H
#define COIL_HTTP_SERVER_ENCODE_H

#include "http/server/http_exchange.h"

/*
 * Choose the coding of a compressible response that is about to begin, and make
 * its encoder, x->encoder, and headers.  NULL stays: it is sent as it is.
 * `length` as for coil_http_begin().  Returns 0; -ENOMEM.
 */
int coil__http_encode_begin(struct coil_http_exchange *x, int status,
                            const char *content_type, int64_t length);

/* The response could not begin: take back what was made and added for it. */
void coil__http_encode_undo(struct coil_http_exchange *x);

#endif
