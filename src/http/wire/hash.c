/* SPDX-License-Identifier: MIT */
#include "http/wire/hash.h"

#include <stdint.h>

/* Both take blocks of 16 words; the words of MD5 have the lowest byte first. */
enum { BLOCK = 64 };

struct state {
    uint32_t sum[8];
    unsigned char block[BLOCK];
    uint64_t size; /* of all that was added */
    enum coil__http_hash kind;
};

static const uint32_t md5_constants[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
    0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
    0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
    0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn_left(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t turn_right(uint32_t word, unsigned bits)
{
    return turn_left(word, 32 - bits);
}

/* The byte of a word that comes as number `i`. */
static unsigned shift_of(enum coil__http_hash kind, unsigned i)
{
    return 8 * (kind == COIL__HTTP_MD5 ? i : 3 - i);
}

static uint32_t get_word(const struct state *state, unsigned index)
{
    uint32_t word = 0;

    for (unsigned i = 0; i < 4; i++)
        word |= (uint32_t)state->block[4 * index + i]
                << shift_of(state->kind, i);
    return word;
}

/* RFC 1321, 3.4. */
static void add_to_md5(struct state *state)
{
    static const unsigned char turns[4][4] = { { 7, 12, 17, 22 },
                                               { 5, 9, 14, 20 },
                                               { 4, 11, 16, 23 },
                                               { 6, 10, 15, 21 } };
    uint32_t a = state->sum[0];
    uint32_t b = state->sum[1];
    uint32_t c = state->sum[2];
    uint32_t d = state->sum[3];

    for (unsigned i = 0; i < 64; i++) {
        const uint32_t mixes[] = { (b & c) | (~b & d), (b & d) | (c & ~d),
                                   b ^ c ^ d, c ^ (b | ~d) };
        const unsigned indexes[] = { i, 5 * i + 1, 3 * i + 5, 7 * i };
        unsigned round = i / 16;
        uint32_t sum = a + mixes[round] + md5_constants[i] +
                       get_word(state, indexes[round] % 16);

        a = d;
        d = c;
        c = b;
        b += turn_left(sum, turns[round][i % 4]);
    }
    state->sum[0] += a;
    state->sum[1] += b;
    state->sum[2] += c;
    state->sum[3] += d;
}

/* FIPS 180-4, 6.2.2. */
static void add_to_sha256(struct state *state)
{
    uint32_t w[64];
    uint32_t h[8];

    for (unsigned i = 0; i < 16; i++)
        w[i] = get_word(state, i);
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];

        w[i] = w[i - 16] + w[i - 7] +
               (turn_right(a, 7) ^ turn_right(a, 18) ^ a >> 3) +
               (turn_right(b, 17) ^ turn_right(b, 19) ^ b >> 10);
    }
    memcpy(h, state->sum, sizeof h);
    for (unsigned i = 0; i < 64; i++) {
        uint32_t e = h[4];
        uint32_t a = h[0];
        uint32_t first =
            h[7] + (turn_right(e, 6) ^ turn_right(e, 11) ^ turn_right(e, 25)) +
            ((e & h[5]) ^ (~e & h[6])) + sha256_constants[i] + w[i];
        uint32_t second =
            (turn_right(a, 2) ^ turn_right(a, 13) ^ turn_right(a, 22)) +
            ((a & h[1]) ^ (a & h[2]) ^ (h[1] & h[2]));

        memmove(h + 1, h, 7 * sizeof h[0]);
        h[4] += first;
        h[0] = first + second;
    }
    for (unsigned i = 0; i < 8; i++)
        state->sum[i] += h[i];
    explicit_bzero(w, sizeof w);
}

static void add_byte(struct state *state, unsigned char byte)
{
    state->block[state->size++ % BLOCK] = byte;
    if (state->size % BLOCK > 0)
        return;
    if (state->kind == COIL__HTTP_MD5)
        add_to_md5(state);
    else
        add_to_sha256(state);
}

/* A one, zeros, and how many bits there were. */
static void end(struct state *state)
{
    uint64_t bits = 8 * state->size;

    add_byte(state, 0x80);
    while (state->size % BLOCK != BLOCK - 8)
        add_byte(state, 0);
    for (unsigned i = 0; i < 8; i++)
        add_byte(
            state,
            (unsigned char)(bits >>
                            8 * (state->kind == COIL__HTTP_MD5 ? i : 7 - i)));
}

void coil__http_hash(char out[COIL__HTTP_HASH_SIZE], enum coil__http_hash kind,
                     const struct coil__http_slice *pieces, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    static const uint32_t begin[2][8] = {
        { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
        { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
          0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
    };
    struct state state = { .kind = kind };

    memcpy(state.sum, begin[kind], sizeof state.sum);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; at < pieces[i].size; at++)
            add_byte(&state, (unsigned char)pieces[i].at[at]);
    end(&state);
    for (unsigned i = 0; i < (kind == COIL__HTTP_MD5 ? 16 : 32); i++) {
        uint32_t byte = state.sum[i / 4] >> shift_of(kind, i % 4);

        *out++ = digits[byte >> 4 & 15];
        *out++ = digits[byte & 15];
    }
    *out = '\0';
    explicit_bzero(&state, sizeof state);
}
