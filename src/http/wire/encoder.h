/* SPDX-License-Identifier: MIT */
/*
 * http/wire/encoder.h - compress a body on the way
 *
 *     rc = coil__http_encoder_new(&encoder, COIL__HTTP_GZIP, 0);
 *     rc = coil__http_encoder_run(encoder, piece, size, COIL__HTTP_PUSH_NONE, &out);
 *     ...
 *     rc = coil__http_encoder_run(encoder, NULL, 0, COIL__HTTP_PUSH_END, &out);
 *     coil__http_encoder_free(encoder);
 */
#ifndef COIL_HTTP_WIRE_ENCODER_H
#define COIL_HTTP_WIRE_ENCODER_H

#include "base/buffer.h"
#include "http/wire/coding.h"

struct coil__http_encoder;

/* As coil__http_make_encoder(). */
int coil__http_encoder_new(struct coil__http_encoder **out,
                           enum coil__http_coding coding, int level);

/* NULL is allowed. */
void coil__http_encoder_free(struct coil__http_encoder *encoder);

/*
 * Compress `size` bytes, and append to `out` what has become of them and of those
 * before.  After the end nothing more may be encoded.
 *
 * Returns 0; -ENOMEM, after which the encoder can only be freed.
 */
int coil__http_encoder_run(struct coil__http_encoder *encoder, const void *data,
                           size_t size, enum coil__http_push push,
                           struct coil_buffer *out);

#endif
