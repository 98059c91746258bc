/* SPDX-License-Identifier: MIT */
#include "http/wire/base64.h"

char *coil__http_base64(char *out, const void *bytes, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;

    while (size > 0) {
        unsigned second = size > 1 ? at[1] : 0;
        unsigned third = size > 2 ? at[2] : 0;

        *out++ = letters[at[0] >> 2];
        *out++ = letters[(at[0] & 3u) << 4 | second >> 4];
        *out++ = size > 1 ? letters[(second & 15) << 2 | third >> 6] : '=';
        *out++ = size > 2 ? letters[third & 63] : '=';
        at += 3;
        size -= size > 3 ? 3 : size;
    }
    return out;
}
