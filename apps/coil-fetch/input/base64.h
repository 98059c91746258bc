/* SPDX-License-Identifier: MIT */
/* base64.h - RFC 4648, 4 */
#ifndef COIL_FETCH_INPUT_BASE64_H
#define COIL_FETCH_INPUT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Decode `size` characters into `out`, which has room for 3 bytes for each 4 of
 * them.  False: it is not base64, with its padding.
 */
bool base64_decode(unsigned char *out, size_t *out_size, const char *text,
                   size_t size);

#endif
