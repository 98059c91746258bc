/* SPDX-License-Identifier: MIT */
/*
 * http/wire/coding_zlib.h - gzip and deflate
 *
 * coding_zlib_libz.c does it with zlib, and coding_zlib_none.c cannot.
 */
#ifndef COIL_HTTP_WIRE_CODING_ZLIB_H
#define COIL_HTTP_WIRE_CODING_ZLIB_H

#include "http/wire/coder.h"

/*
 * Make a decoder of gzip, with any number of members, or of deflate, in zlib's
 * format or raw: servers send both (RFC 9110, 8.4.1.2).  What follows the end and
 * does not begin another member is ignored, as browsers do.
 *
 * Returns 0; COIL_EHTTP_NO_CODING without zlib; -ENOMEM.
 */
int coil__http_zlib_decoder(struct coil__http_coder *coder, bool is_gzip);

/* Make an encoder; `level` is 1 to 9, 0 for the usual.  Returns as above. */
int coil__http_zlib_encoder(struct coil__http_coder *coder, bool is_gzip,
                            int level);

/*
 * Raw deflate, as messages of a WebSocket have it (RFC 7692, 7.2), with a window
 * of 2^bits bytes: 8 to 15 to decode, 9 to 15 to encode.  The decoder goes on
 * behind a last block, and keeps the window.  Returns as above.
 */
int coil__http_raw_decoder(struct coil__http_coder *coder, int bits);
int coil__http_raw_encoder(struct coil__http_coder *coder, int level, int bits);

/* The version of the library, or NULL: there is none. */
const char *coil__http_zlib_version(void);

#endif
