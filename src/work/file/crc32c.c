/* SPDX-License-Identifier: MIT */
#include "work/file/crc32c.h"

#define POLYNOMIAL ((uint32_t)0x82f63b78) /* its bits in reverse */

void coil__crc32c_init(struct coil__crc32c *crc)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;

        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? POLYNOMIAL : 0);
        crc->table[0][byte] = value;
    }
    for (int i = 1; i < 8; i++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = crc->table[i - 1][byte];

            crc->table[i][byte] = before >> 8 ^ crc->table[0][before & 0xff];
        }
}

static uint32_t word_at(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

uint32_t coil__crc32c(const struct coil__crc32c *crc, const void *data,
                      size_t size)
{
    const uint32_t(*t)[256] = crc->table;
    const unsigned char *at = data;
    uint32_t value = ~crc->salt;

    for (; size >= 8; size -= 8, at += 8) {
        uint32_t low = value ^ word_at(at);
        uint32_t high = word_at(at + 4);

        value = t[7][low & 0xff] ^ t[6][low >> 8 & 0xff] ^
                t[5][low >> 16 & 0xff] ^ t[4][low >> 24] ^ t[3][high & 0xff] ^
                t[2][high >> 8 & 0xff] ^ t[1][high >> 16 & 0xff] ^
                t[0][high >> 24];
    }
    for (; size > 0; size--, at++)
        value = value >> 8 ^ t[0][(value ^ *at) & 0xff];
    return ~value;
}
