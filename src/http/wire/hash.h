/* SPDX-License-Identifier: MIT */
/*
 * http/wire/hash.h - sums of bytes, and bytes that nobody can guess
 *
 * hash_crypto.c asks OpenSSL, and hash_none.c cannot.
 */
#ifndef COIL_HTTP_WIRE_HASH_H
#define COIL_HTTP_WIRE_HASH_H

#include <stdbool.h>
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
 *
 * Returns 0; -ENOTSUP without OpenSSL, and for what it does not have (MD5 where
 * the rules of FIPS hold); -ENOMEM.
 */
int coil__http_hash(char out[COIL__HTTP_HASH_SIZE], enum coil__http_hash kind,
                    const struct coil__http_slice *pieces, size_t count);

/* Returns 0; -ENOTSUP; -EIO if there is no chance in the machine. */
int coil__http_random(unsigned char *out, size_t size);

/* The version of the library, or NULL: there is none. */
const char *coil__http_hash_version(void);

#endif
