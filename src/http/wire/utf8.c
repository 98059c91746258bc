/* SPDX-License-Identifier: MIT */
#include "http/wire/utf8.h"

#include <stdint.h>
#include <string.h>

/* How many bytes of ASCII are in front, eight at a time. */
static size_t skip_ascii(const unsigned char *at, size_t size)
{
    size_t n = 0;

    while (size - n >= 8) {
        uint64_t word;

        memcpy(&word, at + n, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
        n += 8;
    }
    return n;
}

/* A character begins that is not ASCII. */
static bool begin(struct coil__utf8 *utf8, unsigned char c)
{
    utf8->least = 0x80;
    utf8->most = 0xbf;
    if (c < 0xc2 || c > 0xf4)
        return false;
    utf8->more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if (c == 0xe0)
        utf8->least = 0xa0;
    else if (c == 0xf0)
        utf8->least = 0x90;
    else if (c == 0xed)
        utf8->most = 0x9f;
    else if (c == 0xf4)
        utf8->most = 0x8f;
    return true;
}

bool coil__utf8_check(struct coil__utf8 *utf8, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t i = 0;

    while (i < size) {
        if (utf8->more == 0) {
            i += skip_ascii(at + i, size - i);
            if (i == size)
                break;
            if (at[i] >= 0x80 && !begin(utf8, at[i]))
                return false;
        } else {
            if (at[i] < utf8->least || at[i] > utf8->most)
                return false;
            utf8->more--;
            utf8->least = 0x80;
            utf8->most = 0xbf;
        }
        i++;
    }
    return true;
}
