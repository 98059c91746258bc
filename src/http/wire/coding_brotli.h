/* SPDX-License-Identifier: MIT */
/*
 * http/wire/coding_brotli.h - the coding br (RFC 7932)
 *
 * coding_brotli_lib.c does it with Google's brotli, and coding_brotli_none.c cannot.
 */
#ifndef COIL_HTTP_WIRE_CODING_BROTLI_H
#define COIL_HTTP_WIRE_CODING_BROTLI_H

#include <stdint.h>

#include "http/wire/coder.h"

/*
 * Make a decoder.  Its window is at most 16 MiB.  What follows the end is ignored.
 *
 * Returns 0; COIL_EHTTP_NO_CODING without the library; -ENOMEM.
 */
int coil__http_brotli_decoder(struct coil__http_coder *coder);

/*
 * Make an encoder; `level` is 1 to 11, 0 for the usual.  Returns as above.  If
 * there is no memory later on, the library ends the program (brotli 1.0 and 1.1).
 */
int coil__http_brotli_encoder(struct coil__http_coder *coder, int level);

/* The version of the library, 8, 12 and 12 bits of it; 0: there is none. */
uint32_t coil__http_brotli_version(void);

#endif
