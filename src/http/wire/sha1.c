/* SPDX-License-Identifier: MIT */
#include "http/wire/sha1.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 64 };

static uint32_t turn_left(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

/* Four bytes, the highest first. */
static uint32_t get_word(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static void put_word(unsigned char *out, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* The function and the constant of a round (RFC 3174, 5). */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5a827999;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ed9eba1;
    if (round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

static void add_block(uint32_t sum[5], const unsigned char *block)
{
    uint32_t w[80];
    uint32_t h[5];

    for (int i = 0; i < 16; i++)
        w[i] = get_word(block + 4 * i);
    for (int i = 16; i < 80; i++)
        w[i] = turn_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    memcpy(h, sum, sizeof h);
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next =
            turn_left(h[0], 5) + mix(i, h[1], h[2], h[3]) + h[4] + w[i];

        h[4] = h[3];
        h[3] = h[2];
        h[2] = turn_left(h[1], 30);
        h[1] = h[0];
        h[0] = next;
    }
    for (int i = 0; i < 5; i++)
        sum[i] += h[i];
}

void coil__sha1(unsigned char out[COIL__SHA1_SIZE], const void *bytes,
                size_t size)
{
    uint32_t sum[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                        0xc3d2e1f0 };
    unsigned char text[2 * BLOCK] = { 0 };
    size_t all = size + 9 > BLOCK ? 2 * BLOCK : BLOCK;

    assert(size <= COIL__SHA1_MOST);
    memcpy(text, bytes, size);
    text[size] = 0x80;
    put_word(text + all - 4, (uint32_t)size * 8);
    for (size_t at = 0; at < all; at += BLOCK)
        add_block(sum, text + at);
    for (int i = 0; i < 5; i++)
        put_word(out + 4 * i, sum[i]);
}
