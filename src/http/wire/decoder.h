/* SPDX-License-Identifier: MIT */
/*
 * http/wire/decoder.h - a body as it was before it was compressed
 *
 * Several codings may have been applied.  Each of them is a stage, which takes
 * what the stage before it has given.  Only as much is decoded as there is room
 * for, so the memory that this takes does not depend on the body: some 40 KiB
 * for gzip and deflate, and at most 8 MiB and 16 MiB, the windows, for zstd and
 * br.
 */
#ifndef COIL_HTTP_WIRE_DECODER_H
#define COIL_HTTP_WIRE_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>

/* More codings than these are refused. */
#define COIL__HTTP_MAX_STAGES 3

struct coil__http_decoder;

/*
 * Make the decoder that the headers ask for by Content-Encoding, or none:
 * `*out` is NULL if no coding is named but identity.  `max_ratio`: see
 * coil__http_decoder_run().
 *
 * Returns 0; COIL_EHTTP_NO_CODING for a coding that is unknown or not built in,
 * and for too many; -ENOMEM.
 */
int coil__http_decoder_new(struct coil__http_decoder **out,
                           const struct coil_http_header *headers,
                           size_t header_count, size_t max_ratio);

/* NULL is allowed. */
void coil__http_decoder_free(struct coil__http_decoder *decoder);

/*
 * Decode some of `*in`, which moves on, to `buffer`.  `is_last`: nothing comes
 * behind `*in`.
 *
 * Returns how many bytes were decoded; 0: it needs more, or all is done; else
 *   COIL_EHTTP_BAD_CODING  it is not what it is said to be
 *   COIL_EHTTP_TRUNCATED   it is the last, and there should be more
 *   COIL_EHTTP_BOMB        more than 1 MiB has become of less than the
 *                          `max_ratio`th part of it, at one of the stages
 *   -ENOMEM
 * An error is final.  A body without any byte is decoded to nothing.
 */
ptrdiff_t coil__http_decoder_run(struct coil__http_decoder *decoder,
                                 const unsigned char **in, size_t *in_size,
                                 bool is_last, void *buffer, size_t size);

/* Whether all is done: nothing more will come of it. */
bool coil__http_decoder_is_done(const struct coil__http_decoder *decoder);

#endif
