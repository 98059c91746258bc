/* SPDX-License-Identifier: MIT */
/*
 * http/wire/base64.h - bytes as letters (RFC 4648, 4)
 */
#ifndef COIL_HTTP_WIRE_BASE64_H
#define COIL_HTTP_WIRE_BASE64_H

#include <stddef.h>

/* How many characters `size` bytes are, without a NUL. */
static inline size_t coil__http_base64_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Write them, without a NUL.  Returns the end. */
char *coil__http_base64(char *out, const void *bytes, size_t size);

#endif
