/* SPDX-License-Identifier: MIT */
/*
 * What the wire of a WebSocket is made of, each by itself.
 */
#include <stdio.h>

#include <coil/http.h>

#include "http/wire/sha1.h"
#include "http/wire/utf8.h"
#include "http/wire/websocket_extension.h"
#include "http/wire/websocket_frame.h"
#include "http/wire/websocket_key.h"
#include "test.h"

/* RFC 3174, 7.3, and lengths around the end of a block. */
TEST(websocket_wire_sums_are_those_of_sha1)
{
    static const struct {
        const char *text;
        const char *sum;
    } cases[] = {
        { "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
        { "0123456789012345678901234567890123456789012345678901234",
          "" }, /* 55 bytes: the last that fit into one block */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char sum[COIL__SHA1_SIZE];
        char text[2 * COIL__SHA1_SIZE + 1];

        coil__sha1(sum, cases[i].text, strlen(cases[i].text));
        for (int k = 0; k < COIL__SHA1_SIZE; k++)
            snprintf(text + 2 * k, 3, "%02x", sum[k]);
        if (*cases[i].sum)
            ASSERT_STR_EQ(text, cases[i].sum);
    }
}

TEST(websocket_wire_keys_are_sixteen_bytes)
{
    ASSERT(coil__websocket_is_key("dGhlIHNhbXBsZSBub25jZQ=="));
    ASSERT(!coil__websocket_is_key("dGhlIHNhbXBsZSBub25jZQ=A"));
    ASSERT(!coil__websocket_is_key("dGhlIHNhbXBsZSBub25jZQ="));
    ASSERT(!coil__websocket_is_key("dGhlIHNhbXBsZSBub25j=Q=="));
    ASSERT(!coil__websocket_is_key("dGhlIHNhbXBsZSBub25jZR=="));
}

TEST(websocket_wire_windows_have_8_to_15_bits)
{
    static const char *const bad[] = { "7",  "a",  "16",  "20",
                                       "1-", "1a", "010", "08" };
    char text[64];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct coil__websocket_extension item;
        const char *list = text;

        snprintf(text, sizeof text,
                 "permessage-deflate; server_max_window_bits=%s", bad[i]);
        ASSERT_EQ(coil__websocket_extension_next(&list, &item), 1);
        ASSERT(item.is_deflate && !item.is_good);
        ASSERT_EQ(coil__websocket_extension_next(&list, &item), 0);
    }
    for (int bits = 8; bits <= 15; bits++) {
        struct coil__websocket_extension item;
        const char *list = text;

        snprintf(text, sizeof text,
                 "permessage-deflate; client_max_window_bits=%d", bits);
        ASSERT_EQ(coil__websocket_extension_next(&list, &item), 1);
        ASSERT(item.is_good);
        ASSERT_EQ(item.terms.client_bits, bits);
    }
}

/* A head is written and read in the same way, whatever it says. */
TEST(websocket_wire_heads_come_back)
{
    static const uint64_t sizes[] = { 0,     1,     125,           126,
                                      65535, 65536, INT64_MAX - 1, INT64_MAX };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct coil__websocket_frame frame = {
            .is_last = i % 2,
            .is_masked = i % 3,
            .opcode = COIL__WEBSOCKET_BINARY,
            .mask = { 1, 2, 3, 4 },
            .size = sizes[i],
        };
        unsigned char bytes[COIL__WEBSOCKET_HEAD];
        struct coil__websocket_frame back = { 0 };
        size_t size = coil__websocket_frame_put(bytes, &frame);

        for (size_t n = 0; n < size; n++)
            ASSERT_EQ(coil__websocket_frame_parse(&back, bytes, n), 0);
        ASSERT_EQ(coil__websocket_frame_parse(&back, bytes, size), size);
        ASSERT_EQ(back.size, sizes[i]);
        ASSERT_EQ(back.is_last, frame.is_last);
        ASSERT_EQ(back.is_masked, frame.is_masked);
    }
}

/* A mask goes round, wherever a piece begins. */
TEST(websocket_wire_masks_fit_together)
{
    static const unsigned char mask[4] = { 0x11, 0x22, 0x44, 0x88 };
    unsigned char whole[40] = { 0 };
    unsigned char pieces[40] = { 0 };

    coil__websocket_mask(whole, whole, sizeof whole, mask, 0);
    for (size_t i = 0; i < sizeof whole; i++)
        ASSERT_EQ(whole[i], mask[i % 4]);
    for (size_t cut = 0; cut <= sizeof pieces; cut++) {
        memset(pieces, 0, sizeof pieces);
        coil__websocket_mask(pieces, pieces, cut, mask, 0);
        coil__websocket_mask(pieces + cut, pieces + cut, sizeof pieces - cut,
                             mask, cut);
        ASSERT_MEM_EQ(pieces, whole, sizeof whole);
    }
}

/* Every character, cut at each place; and every byte that must not follow. */
TEST(websocket_wire_text_is_utf8)
{
    for (unsigned c = 0x80; c < 0x110000; c += c < 0x1000 ? 1 : 61) {
        unsigned char bytes[4];
        int size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        bool is_good = c < 0xd800 || c > 0xdfff;
        unsigned rest = c;

        for (int i = size - 1; i > 0; i--, rest >>= 6)
            bytes[i] = (unsigned char)(0x80 | (rest & 0x3f));
        bytes[0] = (unsigned char)((0xf00 >> size) | rest);
        for (size_t cut = 0; cut < (size_t)size; cut++) {
            struct coil__utf8 utf8 = { 0 };
            bool is_right =
                coil__utf8_check(&utf8, bytes, cut) &&
                coil__utf8_check(&utf8, bytes + cut, (size_t)size - cut);

            ASSERT_EQ(is_right && coil__utf8_may_end(&utf8), is_good);
        }
    }
}
