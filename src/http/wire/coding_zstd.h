/* SPDX-License-Identifier: MIT */
/*
 * http/wire/coding_zstd.h - the coding zstd (RFC 8878)
 *
 * coding_zstd_lib.c does it with libzstd, and coding_zstd_none.c cannot.
 */
#ifndef COIL_HTTP_WIRE_CODING_ZSTD_H
#define COIL_HTTP_WIRE_CODING_ZSTD_H

#include "http/wire/coder.h"

/*
 * Make a decoder.  Its window is at most 8 MiB, as that RFC and browsers
 * have it.  Frames may follow each other, and what follows them is ignored.
 *
 * Returns 0; COIL_EHTTP_NO_CODING without the library; -ENOMEM.
 */
int coil__http_zstd_decoder(struct coil__http_coder *coder);

/* Make an encoder; `level` is 1 to 19, 0 for the usual.  Returns as above. */
int coil__http_zstd_encoder(struct coil__http_coder *coder, int level);

/* The version of the library, or NULL: there is none. */
const char *coil__http_zstd_version(void);

#endif
