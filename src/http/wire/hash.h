/* SPDX-License-Identifier: MIT */
/*
 * http/wire/hash.h - the sums that Digest asks for (RFC 1321, FIPS 180-4)
 *
 * They are computed here, since OpenSSL is loaded for https only.
 */
#ifndef COIL_HTTP_WIRE_HASH_H
#define COIL_HTTP_WIRE_HASH_H

#include <stddef.h>

#include "http/wire/text.h"

enum coil__http_hash {
    COIL__HTTP_MD5,
    COIL__HTTP_SHA256,
};

/* Room for the hexadecimal digits of any sum, with a NUL. */
#define COIL__HTTP_HASH_SIZE 65

/*
 * The sum of some pieces one after the other, in lower-case hexadecimal digits.
 * No piece is left in memory: it may be a password.
 */
void coil__http_hash(char out[COIL__HTTP_HASH_SIZE], enum coil__http_hash kind,
                     const struct coil__http_slice *pieces, size_t count);

#endif
