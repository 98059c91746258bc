/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "http/wire/hash.h"

int coil__http_hash(char out[COIL__HTTP_HASH_SIZE], enum coil__http_hash kind,
                    const struct coil__http_slice *pieces, size_t count)
{
    (void)out;
    (void)kind;
    (void)pieces;
    (void)count;
    return -ENOTSUP;
}

int coil__http_random(unsigned char *out, size_t size)
{
    (void)out;
    (void)size;
    return -ENOTSUP;
}

const char *coil__http_hash_version(void)
{
    return NULL;
}
