/* SPDX-License-Identifier: MIT */
/*
 * The edges of content codings: much at once, foreign formats behind the end,
 * and memory that is missing while a coder works.
 */
#include <stdlib.h>

#include <coil/http.h>
#include <coil/testing.h>

#include "http/wire/decoder.h"
#include "http/wire/encoder.h"
#include "test.h"

static const enum coil__http_coding all[] = { COIL__HTTP_GZIP,
                                              COIL__HTTP_DEFLATE, COIL__HTTP_BR,
                                              COIL__HTTP_ZSTD };

static struct coil__http_decoder *decoder_of(const char *codings)
{
    struct coil_http_header header = { "Content-Encoding", codings };
    struct coil__http_decoder *decoder;

    ASSERT_EQ(coil__http_decoder_new(&decoder, &header, 1, 200), 0);
    ASSERT_NOT_NULL(decoder);
    return decoder;
}

/* Decode all of it at once.  Returns as coil__http_decoder_run(). */
static ptrdiff_t decode(const char *codings, const void *coded, size_t size,
                        void *out, size_t room)
{
    struct coil__http_decoder *decoder = decoder_of(codings);
    const unsigned char *in = coded;
    size_t all_given = 0;
    ptrdiff_t n = 0;

    while (n >= 0 && !coil__http_decoder_is_done(decoder)) {
        ASSERT_LT(all_given, room);
        n = coil__http_decoder_run(decoder, &in, &size, true,
                                   (char *)out + all_given, room - all_given);
        if (n > 0)
            all_given += (size_t)n;
    }
    coil__http_decoder_free(decoder);
    return n < 0 ? n : (ptrdiff_t)all_given;
}

TEST(http_coding_edges_no_coding_has_no_coder)
{
    static const enum coil__http_coding none[] = { COIL__HTTP_IDENTITY,
                                                   COIL__HTTP_CODINGS };
    struct coil__http_coder coder;

    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil__http_make_decoder(&coder, none[i]),
                  COIL_EHTTP_NO_CODING);
        ASSERT_EQ(coil__http_make_encoder(&coder, none[i], 1),
                  COIL_EHTTP_NO_CODING);
        ASSERT_NULL(coder.state);
    }
}

/* More than a coder puts out at once, and what does not become smaller. */
TEST(http_coding_edges_much_is_pushed_at_once)
{
    enum { SIZE = 1 << 20 };
    unsigned char *text = malloc(SIZE);
    unsigned char *out = malloc(SIZE + 1);
    uint32_t state = 1;

    ASSERT(text && out);
    for (size_t i = 0; i < SIZE; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = (unsigned char)(state >> 24);
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct coil__http_encoder *encoder;
        struct coil_buffer coded = { 0 };

        if (!coil__http_has_coding(all[i]))
            continue;
        ASSERT_EQ(coil__http_encoder_new(&encoder, all[i], 1), 0);
        ASSERT_EQ(coil__http_encoder_run(encoder, text, SIZE / 2,
                                         COIL__HTTP_PUSH_FLUSH, &coded),
                  0);
        ASSERT_EQ(coil__http_encoder_run(encoder, text + SIZE / 2, SIZE / 2,
                                         COIL__HTTP_PUSH_NONE, &coded),
                  0);
        ASSERT_EQ(coil__http_encoder_run(encoder, NULL, 0, COIL__HTTP_PUSH_END,
                                         &coded),
                  0);
        coil__http_encoder_free(encoder);
        ASSERT_EQ(decode(coil__http_coding_name(all[i]),
                         coil__buffer_bytes(&coded), coded.size, out, SIZE + 1),
                  SIZE);
        ASSERT_EQ(memcmp(out, text, SIZE), 0);
        coil__buffer_fini(&coded);
    }
    free(text);
    free(out);
}

/* Of "hello".  What stands behind it is dropped. */
TEST(http_coding_edges_deflate_has_one_part)
{
    static const unsigned char coded[] = { 0xcb, 0x48, 0xcd, 0xc9, 0xc9,
                                           0x07, 0x00, 0xcb, 0x48, 0xcd,
                                           0xc9, 0xc9, 0x07, 0x00 };
    char out[20];

    if (!coil__http_has_coding(COIL__HTTP_DEFLATE))
        SKIP("deflate needs zlib");
    ASSERT_EQ(decode("deflate", coded, sizeof coded, out, sizeof out), 5);
    ASSERT_EQ(memcmp(out, "hello", 5), 0);
}

/* Neither zlib's format nor raw: there is no third kind of block. */
TEST(http_coding_edges_deflate_that_begins_wrong_is_told)
{
    char out[20];

    if (!coil__http_has_coding(COIL__HTTP_DEFLATE))
        SKIP("deflate needs zlib");
    ASSERT_EQ(decode("deflate", "\x07\x00", 2, out, sizeof out),
              COIL_EHTTP_BAD_CODING);
    /* 8 in four bits, and no multiple of 31. */
    ASSERT_LT(decode("deflate", "\x78\x00\x00", 3, out, sizeof out), 0);
}

/* RFC 8878, 3.1.2: a frame that is to be skipped, at either end. */
TEST(http_coding_edges_zstd_skips_frames)
{
    static const char skipped[] = "\x50\x2a\x4d\x18\x03\x00\x00\x00xyz";
    static const char almost[] = "\x5f\x2a\x4d\x19";
    struct coil__http_encoder *encoder;
    struct coil_buffer coded = { 0 };
    char out[20];

    if (!coil__http_has_coding(COIL__HTTP_ZSTD))
        SKIP("zstd is not there");
    ASSERT_EQ(coil__buffer_append(&coded, skipped, 11), 0);
    ASSERT_EQ(coil__http_encoder_new(&encoder, COIL__HTTP_ZSTD, 1), 0);
    ASSERT_EQ(coil__http_encoder_run(encoder, "hello", 5, COIL__HTTP_PUSH_END,
                                     &coded),
              0);
    coil__http_encoder_free(encoder);
    ASSERT_EQ(coil__buffer_append(&coded, skipped, 11), 0);
    ASSERT_EQ(coil__buffer_append(&coded, almost, 4), 0);
    ASSERT_EQ(
        decode("zstd", coil__buffer_bytes(&coded), coded.size, out, sizeof out),
        5);
    ASSERT_EQ(memcmp(out, "hello", 5), 0);
    coil__buffer_fini(&coded);
}

TEST(http_coding_edges_no_room_is_no_end)
{
    static const unsigned char coded[] = { 0xcb, 0x48, 0xcd, 0xc9,
                                           0xc9, 0x07, 0x00 };
    const unsigned char *in = coded;
    size_t size = sizeof coded;
    struct coil__http_decoder *decoder;

    if (!coil__http_has_coding(COIL__HTTP_DEFLATE))
        SKIP("deflate needs zlib");
    decoder = decoder_of("deflate");
    ASSERT_EQ(coil__http_decoder_run(decoder, &in, &size, true, NULL, 0), 0);
    ASSERT_EQ(size, sizeof coded);
    ASSERT(!coil__http_decoder_is_done(decoder));
    coil__http_decoder_free(decoder);
}

/* Two codings, and each allocation of what decodes them. */
TEST(http_coding_edges_decoder_without_memory_fails_cleanly)
{
    static unsigned char text[100000];
    struct coil__http_encoder *encoder;
    struct coil_buffer once = { 0 };
    struct coil_buffer twice = { 0 };
    ptrdiff_t rc = -ENOMEM;
    size_t n;

    if (!coil__http_has_coding(COIL__HTTP_GZIP))
        SKIP("gzip needs zlib");
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * i / 7);
    ASSERT_EQ(coil__http_encoder_new(&encoder, COIL__HTTP_GZIP, 1), 0);
    ASSERT_EQ(coil__http_encoder_run(encoder, text, sizeof text,
                                     COIL__HTTP_PUSH_END, &once),
              0);
    coil__http_encoder_free(encoder);
    ASSERT_EQ(coil__http_encoder_new(&encoder, COIL__HTTP_GZIP, 1), 0);
    ASSERT_EQ(coil__http_encoder_run(encoder, coil__buffer_bytes(&once),
                                     once.size, COIL__HTTP_PUSH_END, &twice),
              0);
    coil__http_encoder_free(encoder);
    for (n = 1; rc == -ENOMEM; n++) {
        struct coil_http_header header = { "Content-Encoding", "gzip, gzip" };
        struct coil__http_decoder *decoder;
        const unsigned char *in = coil__buffer_bytes(&twice);
        size_t size = twice.size;
        unsigned char out[1000];
        size_t given = 0;

        coil_test_fail_allocation(n, false);
        rc = coil__http_decoder_new(&decoder, &header, 1, 200);
        while (rc >= 0 && !coil__http_decoder_is_done(decoder)) {
            rc = coil__http_decoder_run(decoder, &in, &size, true, out,
                                        sizeof out);
            if (rc > 0)
                given += (size_t)rc;
        }
        coil_test_fail_allocation(0, false);
        coil__http_decoder_free(decoder);
        if (rc >= 0)
            ASSERT_EQ(given, sizeof text);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_GT(n, 6);
    coil__buffer_fini(&once);
    coil__buffer_fini(&twice);
}
