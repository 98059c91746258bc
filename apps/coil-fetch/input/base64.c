/* SPDX-License-Identifier: MIT */
#include "input/base64.h"

#include <string.h>

/* 64: none. */
static unsigned value_of(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;

    return letter ? (unsigned)(letter - letters) : 64;
}

bool base64_decode(unsigned char *out, size_t *out_size, const char *text,
                   size_t size)
{
    unsigned padding = 0;

    *out_size = 0;
    if (size % 4 != 0)
        return false;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size; i += 4) {
        unsigned bits = 0;

        for (size_t k = i; k < i + 4; k++) {
            unsigned value = k < size - padding ? value_of(text[k]) : 0;

            if (value > 63)
                return false;
            bits = bits << 6 | value;
        }
        out[(*out_size)++] = (unsigned char)(bits >> 16);
        out[(*out_size)++] = (unsigned char)(bits >> 8);
        out[(*out_size)++] = (unsigned char)bits;
    }
    *out_size -= padding;
    return true;
}
