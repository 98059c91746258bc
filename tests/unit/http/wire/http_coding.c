/* SPDX-License-Identifier: MIT */
/*
 * Content codings: what is encoded comes back, however it is cut; what is
 * broken, cut off or a bomb is told apart; and the two sides agree on a coding.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/http.h>
#include <coil/testing.h>

#include "http/wire/decoder.h"
#include "http/wire/encoder.h"
#include "test.h"

enum { RATIO = 200, TEXT = 100 * 1000 };

static const enum coil__http_coding all[] = { COIL__HTTP_GZIP,
                                              COIL__HTTP_DEFLATE, COIL__HTTP_BR,
                                              COIL__HTTP_ZSTD };

/* Some of it repeats, and some does not. */
static unsigned char *make_text(size_t size)
{
    unsigned char *text = malloc(size);
    uint32_t state = 1;

    ASSERT(text);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = i / 1000 % 2 ? (unsigned char)(state >> 24)
                               : (unsigned char)('a' + i % 7);
    }
    return text;
}

/* ---- the two sides ---------------------------------------------------- */

static void encode(struct coil_buffer *out, enum coil__http_coding coding,
                   const void *data, size_t size)
{
    struct coil__http_encoder *encoder;

    ASSERT_EQ(coil__http_encoder_new(&encoder, coding, 0), 0);
    ASSERT_EQ(
        coil__http_encoder_run(encoder, data, size, COIL__HTTP_PUSH_NONE, out),
        0);
    ASSERT_EQ(
        coil__http_encoder_run(encoder, NULL, 0, COIL__HTTP_PUSH_END, out), 0);
    coil__http_encoder_free(encoder);
}

static int make_decoder(struct coil__http_decoder **out, const char *codings,
                        size_t ratio)
{
    struct coil_http_header header = { "content-encoding", codings };

    return coil__http_decoder_new(out, &header, 1, ratio);
}

/*
 * Decode in pieces of `piece` bytes to pieces of `room` bytes.  Returns 0 with
 * all of it in `out`, or the error.
 */
static int decode(struct coil_buffer *out, const char *codings,
                  const unsigned char *in, size_t in_size, size_t piece,
                  size_t room)
{
    struct coil__http_decoder *decoder;
    ptrdiff_t n = 0;

    ASSERT_EQ(make_decoder(&decoder, codings, RATIO), 0);
    ASSERT(decoder);
    while (n >= 0 && !coil__http_decoder_is_done(decoder)) {
        size_t size = in_size < piece ? in_size : piece;
        size_t left = size;

        ASSERT_EQ(coil__buffer_reserve(out, room), 0);
        n = coil__http_decoder_run(decoder, &in, &left, size == in_size,
                                   coil__buffer_end(out), room);
        in_size -= size - left;
        if (n > 0)
            coil__buffer_grow(out, (size_t)n);
    }
    if (n >= 0)
        ASSERT_EQ(in_size, 0);
    coil__http_decoder_free(decoder);
    return n < 0 ? (int)n : 0;
}

static void expect(const char *codings, const struct coil_buffer *coded,
                   const void *text, size_t size, size_t piece, size_t room)
{
    struct coil_buffer out = { 0 };

    ASSERT_EQ(decode(&out, codings, coil__buffer_bytes(coded), coded->size,
                     piece, room),
              0);
    ASSERT_EQ(out.size, size);
    if (size > 0)
        ASSERT_EQ(memcmp(coil__buffer_bytes(&out), text, size), 0);
    coil__buffer_fini(&out);
}

static int error_of(const char *codings, const void *coded, size_t size)
{
    struct coil_buffer out = { 0 };
    int rc = decode(&out, codings, coded, size, 1000, 1000);

    coil__buffer_fini(&out);
    return rc;
}

/* ---- what is right ---------------------------------------------------- */

TEST(http_coding_gives_back_what_was_encoded)
{
    static const size_t sizes[] = { 1, 2, 1000, TEXT };
    unsigned char *text = make_text(TEXT);

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            const char *name = coil__http_coding_name(all[i]);
            struct coil_buffer coded = { 0 };

            if (!coil__http_has_coding(all[i]))
                continue;
            encode(&coded, all[i], text, sizes[j]);
            expect(name, &coded, text, sizes[j], SIZE_MAX, 16384);
            expect(name, &coded, text, sizes[j], 1, 16384);
            expect(name, &coded, text, sizes[j], 7, 13);
            expect(name, &coded, text, sizes[j], SIZE_MAX, 1);
            coil__buffer_fini(&coded);
        }
    }
    free(text);
}

TEST(http_coding_of_nothing_is_nothing)
{
    struct coil_buffer none = { 0 };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *name = coil__http_coding_name(all[i]);
        struct coil_buffer coded = { 0 };

        if (!coil__http_has_coding(all[i]))
            continue;
        expect(name, &none, "", 0, 1, 1);
        encode(&coded, all[i], "", 0);
        ASSERT_GT(coded.size, 0);
        expect(name, &coded, "", 0, 1, 1);
        coil__buffer_fini(&coded);
    }
}

/* What was flushed can be decoded before the rest is there. */
TEST(http_coding_can_be_flushed)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct coil_buffer coded = { 0 };
        struct coil__http_encoder *encoder;
        struct coil__http_decoder *decoder;
        const unsigned char *in;
        char text[100];

        if (coil__http_encoder_new(&encoder, all[i], 1) < 0)
            continue;
        ASSERT_EQ(make_decoder(&decoder, coil__http_coding_name(all[i]), RATIO),
                  0);
        for (int round = 0; round < 3; round++) {
            size_t size;

            ASSERT_EQ(coil__http_encoder_run(encoder, "hello", 5,
                                             COIL__HTTP_PUSH_FLUSH, &coded),
                      0);
            in = coil__buffer_bytes(&coded);
            size = coded.size;
            ASSERT_EQ(coil__http_decoder_run(decoder, &in, &size, false, text,
                                             sizeof text),
                      5);
            ASSERT_EQ(memcmp(text, "hello", 5), 0);
            ASSERT_EQ(size, 0);
            coil__buffer_consume(&coded, coded.size);
        }
        coil__http_encoder_free(encoder);
        coil__http_decoder_free(decoder);
        coil__buffer_fini(&coded);
    }
}

/* Of "hello": zlib's format, and the same without what is around it. */
TEST(http_coding_deflate_may_be_raw)
{
    static const unsigned char zlib[] = { 0x78, 0x9c, 0xcb, 0x48, 0xcd,
                                          0xc9, 0xc9, 0x07, 0x00, 0x06,
                                          0x2c, 0x02, 0x15 };
    struct coil_buffer coded = { .data = (unsigned char *)(uintptr_t)zlib,
                                 .size = sizeof zlib };
    static const unsigned char raw[] = { 0xcb, 0x48, 0xcd, 0xc9,
                                         0xc9, 0x07, 0x00 };

    if (!coil__http_has_coding(COIL__HTTP_DEFLATE))
        return;
    expect("deflate", &coded, "hello", 5, 100, 100);
    expect("deflate", &coded, "hello", 5, 1, 1);
    coded.data = (unsigned char *)(uintptr_t)raw;
    coded.size = sizeof raw;
    expect("deflate", &coded, "hello", 5, 100, 100);
    expect("Deflate", &coded, "hello", 5, 1, 1);
}

TEST(http_coding_may_have_several_parts_and_a_rest)
{
    static const enum coil__http_coding several[] = { COIL__HTTP_GZIP,
                                                      COIL__HTTP_ZSTD };
    static const char *const rests[] = { "", "\0\0\0\0", "rest", "\x28\xb5x" };

    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof rests / sizeof rests[0]; j++) {
            const char *name = coil__http_coding_name(several[i]);
            struct coil_buffer coded = { 0 };

            if (!coil__http_has_coding(several[i]))
                continue;
            encode(&coded, several[i], "hel", 3);
            encode(&coded, several[i], "", 0);
            encode(&coded, several[i], "lo", 2);
            ASSERT_EQ(coil__buffer_append(&coded, rests[j], j == 1 ? 4 : j), 0);
            expect(name, &coded, "hello", 5, 100, 100);
            expect(name, &coded, "hello", 5, 1, 1);
            coil__buffer_fini(&coded);
        }
    }
}

TEST(http_codings_can_be_stacked)
{
    struct coil__http_decoder *decoder;
    unsigned char *text;
    struct coil_buffer one = { 0 };
    struct coil_buffer two = { 0 };
    struct coil_buffer three = { 0 };

    if (!coil__http_has_coding(COIL__HTTP_GZIP) ||
        !coil__http_has_coding(COIL__HTTP_BR))
        SKIP("zlib or brotli is not there");
    text = make_text(TEXT);
    encode(&one, COIL__HTTP_GZIP, text, TEXT);
    encode(&two, COIL__HTTP_BR, coil__buffer_bytes(&one), one.size);
    encode(&three, COIL__HTTP_DEFLATE, coil__buffer_bytes(&two), two.size);
    expect("gzip, br", &two, text, TEXT, 100, 100);
    expect("gzip,\tidentity ,,BR, deflate", &three, text, TEXT, 1000, 3);
    expect("gzip, br, deflate", &three, text, TEXT, 1, 10000);
    ASSERT_EQ(error_of("br, gzip", coil__buffer_bytes(&two), two.size),
              COIL_EHTTP_BAD_CODING);
    ASSERT_EQ(make_decoder(&decoder, "gzip, gzip, gzip, gzip", RATIO),
              COIL_EHTTP_NO_CODING);
    ASSERT_NULL(decoder);
    coil__buffer_fini(&one);
    coil__buffer_fini(&two);
    coil__buffer_fini(&three);
    free(text);
}

TEST(http_codings_are_named_by_headers)
{
    static const struct coil_http_header lines[] = {
        { "A", "br" },
        { "Content-Encoding", "gzip" },
        { "CONTENT-ENCODING", "x-gzip" },
    };
    struct coil__http_decoder *decoder;
    struct coil_buffer once = { 0 };
    struct coil_buffer twice = { 0 };
    const unsigned char *in;
    size_t size;
    char text[10];

    ASSERT_EQ(coil__http_decoder_new(&decoder, NULL, 0, RATIO), 0);
    ASSERT_NULL(decoder);
    ASSERT_EQ(make_decoder(&decoder, "identity", RATIO), 0);
    ASSERT_NULL(decoder);
    ASSERT_EQ(make_decoder(&decoder, "", RATIO), 0);
    ASSERT_NULL(decoder);
    ASSERT_EQ(make_decoder(&decoder, "compress", RATIO), COIL_EHTTP_NO_CODING);
    ASSERT_EQ(make_decoder(&decoder, "gzi", RATIO), COIL_EHTTP_NO_CODING);
    if (!coil__http_has_coding(COIL__HTTP_GZIP))
        return;
    encode(&once, COIL__HTTP_GZIP, "hello", 5);
    encode(&twice, COIL__HTTP_GZIP, coil__buffer_bytes(&once), once.size);
    ASSERT_EQ(coil__http_decoder_new(&decoder, lines, 3, RATIO), 0);
    in = coil__buffer_bytes(&twice);
    size = twice.size;
    ASSERT_EQ(coil__http_decoder_run(decoder, &in, &size, true, text, 10), 5);
    ASSERT_EQ(memcmp(text, "hello", 5), 0);
    coil__http_decoder_free(decoder);
    coil__buffer_fini(&once);
    coil__buffer_fini(&twice);
}

/* ---- what is wrong ---------------------------------------------------- */

TEST(http_coding_that_is_cut_off_is_told)
{
    unsigned char *text = make_text(3000);

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct coil_buffer coded = { 0 };

        if (!coil__http_has_coding(all[i]))
            continue;
        encode(&coded, all[i], text, 3000);
        for (size_t size = 1; size < coded.size; size++)
            ASSERT_EQ(error_of(coil__http_coding_name(all[i]),
                               coil__buffer_bytes(&coded), size),
                      COIL_EHTTP_TRUNCATED);
        coil__buffer_fini(&coded);
    }
    free(text);
}

/* gzip has a sum of what it holds; the others may not see every change. */
TEST(http_coding_that_is_broken_is_told)
{
    unsigned char *text = make_text(2000);

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct coil_buffer coded = { 0 };
        int bad = 0;

        if (!coil__http_has_coding(all[i]))
            continue;
        encode(&coded, all[i], text, 2000);
        for (size_t at = 0; at < coded.size; at++) {
            int rc;

            coil__buffer_bytes(&coded)[at] ^= 0x55;
            rc = error_of(coil__http_coding_name(all[i]),
                          coil__buffer_bytes(&coded), coded.size);
            coil__buffer_bytes(&coded)[at] ^= 0x55;
            bad += rc == COIL_EHTTP_BAD_CODING;
            if (all[i] == COIL__HTTP_GZIP && at >= 10)
                ASSERT(rc == COIL_EHTTP_BAD_CODING ||
                       rc == COIL_EHTTP_TRUNCATED);
            else
                ASSERT(rc == 0 || rc == COIL_EHTTP_BAD_CODING ||
                       rc == COIL_EHTTP_TRUNCATED);
        }
        ASSERT_GT(bad, 0);
        coil__buffer_fini(&coded);
    }
    free(text);
}

TEST(http_coding_that_is_none_is_told)
{
    static const char page[] = "<!DOCTYPE html><title>hello</title>";

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (coil__http_has_coding(all[i]))
            ASSERT_LT(
                error_of(coil__http_coding_name(all[i]), page, sizeof page - 1),
                0);
}

static int explode(const char *codings, const struct coil_buffer *bomb,
                   size_t ratio, uint64_t *given)
{
    static unsigned char out[1 << 16];
    struct coil__http_decoder *decoder;
    const unsigned char *in = coil__buffer_bytes(bomb);
    size_t size = bomb->size;
    ptrdiff_t n = 0;

    *given = 0;
    ASSERT_EQ(make_decoder(&decoder, codings, ratio), 0);
    while (n >= 0 && !coil__http_decoder_is_done(decoder)) {
        n = coil__http_decoder_run(decoder, &in, &size, true, out, sizeof out);
        if (n > 0)
            *given += (uint64_t)n;
    }
    coil__http_decoder_free(decoder);
    return (int)n;
}

TEST(http_coding_that_is_a_bomb_is_told)
{
    enum { SIZE = 32 << 20 };
    unsigned char *zeros = calloc(1, SIZE);
    uint64_t given;

    ASSERT(zeros);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *name = coil__http_coding_name(all[i]);
        struct coil_buffer bomb = { 0 };

        if (!coil__http_has_coding(all[i]))
            continue;
        encode(&bomb, all[i], zeros, SIZE);
        ASSERT_EQ(explode(name, &bomb, RATIO, &given), COIL_EHTTP_BOMB);
        ASSERT_LT(given, SIZE / 2);
        /* Who wants it gets it. */
        ASSERT_EQ(explode(name, &bomb, SIZE_MAX, &given), 0);
        ASSERT_EQ(given, SIZE);
        coil__buffer_fini(&bomb);
        /* What is small is no bomb. */
        encode(&bomb, all[i], zeros, 1 << 20);
        ASSERT_EQ(explode(name, &bomb, RATIO, &given), 0);
        ASSERT_EQ(given, 1 << 20);
        coil__buffer_fini(&bomb);
    }
    free(zeros);
}

/* The bomb is in the middle: little comes out at the end. */
TEST(http_coding_that_is_a_bomb_inside_is_told)
{
    enum { SIZE = 32 << 20 };
    unsigned char *zeros;
    struct coil_buffer inner = { 0 };
    struct coil_buffer bomb = { 0 };
    uint64_t given;

    if (!coil__http_has_coding(COIL__HTTP_GZIP))
        SKIP("zlib is not there");
    zeros = calloc(1, SIZE);
    ASSERT(zeros);
    encode(&inner, COIL__HTTP_GZIP, "hello", 5);
    ASSERT_EQ(coil__buffer_append(&inner, zeros, SIZE), 0);
    encode(&bomb, COIL__HTTP_GZIP, coil__buffer_bytes(&inner), inner.size);
    ASSERT_EQ(explode("gzip, gzip", &bomb, RATIO, &given), COIL_EHTTP_BOMB);
    ASSERT_LE(given, 5);
    coil__buffer_fini(&inner);
    coil__buffer_fini(&bomb);
    free(zeros);
}

/* ---- memory ----------------------------------------------------------- */

static int there_and_back(enum coil__http_coding coding)
{
    struct coil__http_encoder *encoder;
    struct coil__http_decoder *decoder = NULL;
    struct coil_buffer coded = { 0 };
    unsigned char text[100];
    const unsigned char *in;
    size_t size;
    int rc = coil__http_encoder_new(&encoder, coding, 1);

    if (rc == 0)
        rc = coil__http_encoder_run(encoder, "hello", 5, COIL__HTTP_PUSH_END,
                                    &coded);
    if (rc == 0)
        rc = make_decoder(&decoder, coil__http_coding_name(coding), RATIO);
    if (rc == 0) {
        in = coil__buffer_bytes(&coded);
        size = coded.size;
        rc = (int)coil__http_decoder_run(decoder, &in, &size, true, text,
                                         sizeof text);
    }
    coil__http_encoder_free(encoder);
    coil__http_decoder_free(decoder);
    coil__buffer_fini(&coded);
    return rc;
}

TEST(http_coding_says_when_there_is_no_memory)
{
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int rc = -ENOMEM;

        if (!coil__http_has_coding(all[i]))
            continue;
        for (size_t n = 1; rc == -ENOMEM; n++) {
            ASSERT_LT(n, 100);
            coil_test_fail_allocation(n, false);
            rc = there_and_back(all[i]);
        }
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(rc, 5);
    }
}

/* ---- agreement -------------------------------------------------------- */

TEST(http_coding_is_asked_for_if_it_is_there)
{
    char value[COIL__HTTP_ACCEPT_SIZE];

    coil__http_accept_codings(value);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        ASSERT_EQ(strstr(value, coil__http_coding_name(all[i])) != NULL,
                  coil__http_has_coding(all[i]));
    ASSERT_NULL(strstr(value, ",,"));
}

TEST(http_coding_is_chosen_by_q)
{
    static const struct {
        const char *accept;
        enum coil__http_coding chosen;
    } table[] = {
        { NULL, COIL__HTTP_IDENTITY },
        { "", COIL__HTTP_IDENTITY },
        { "gzip", COIL__HTTP_GZIP },
        { "GZIP", COIL__HTTP_GZIP },
        { "x-gzip", COIL__HTTP_GZIP },
        { "gzip, deflate, br, zstd", COIL__HTTP_BR },
        { "gzip, deflate, zstd", COIL__HTTP_ZSTD },
        { "gzip;q=1.0, br;q=0.5", COIL__HTTP_GZIP },
        { "gzip ; Q=0.001 , identity;q=0", COIL__HTTP_GZIP },
        { "gzip;q=0", COIL__HTTP_IDENTITY },
        { "deflate", COIL__HTTP_IDENTITY },
        { "compress, gzip;q=0.5", COIL__HTTP_GZIP },
        { "*", COIL__HTTP_BR },
        { "*;q=0", COIL__HTTP_CODINGS },
        { "*;q=0, identity", COIL__HTTP_IDENTITY },
        { "br;q=0, *;q=0.5", COIL__HTTP_ZSTD },
        { "identity;q=0.9, gzip;q=0.5", COIL__HTTP_IDENTITY },
        { "identity;q=0.5, gzip;q=0.5", COIL__HTTP_GZIP },
        { "identity;q=0", COIL__HTTP_CODINGS },
        { "gzip;q=2", COIL__HTTP_IDENTITY },
        { "gzip;q=1.5", COIL__HTTP_IDENTITY },
        { "gzip;q=0.1234", COIL__HTTP_IDENTITY },
        { "gzip;q=", COIL__HTTP_IDENTITY },
        { "gzip;q", COIL__HTTP_IDENTITY },
        { "gzip;x=1", COIL__HTTP_IDENTITY },
        { "gzip;q=.5", COIL__HTTP_IDENTITY },
        { "gzip;q=12", COIL__HTTP_IDENTITY },
        { "gzip;q=0.1.2", COIL__HTTP_IDENTITY },
        { "gzip;q=1., x", COIL__HTTP_GZIP },
        { "gzip br", COIL__HTTP_IDENTITY },
        { ";q=1", COIL__HTTP_IDENTITY },
    };

    if (!coil__http_has_coding(COIL__HTTP_BR) ||
        !coil__http_has_coding(COIL__HTTP_ZSTD) ||
        !coil__http_has_coding(COIL__HTTP_GZIP))
        return;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (coil__http_choose_coding(table[i].accept, true) != table[i].chosen)
            FAIL("\"%s\" chooses %d", table[i].accept,
                 (int)coil__http_choose_coding(table[i].accept, true));
}

TEST(http_coding_br_is_chosen_on_request_only)
{
    ASSERT_EQ(coil__http_choose_coding("br", false), COIL__HTTP_IDENTITY);
    ASSERT_EQ(coil__http_choose_coding("br, identity;q=0", false),
              COIL__HTTP_CODINGS);
    if (!coil__http_has_coding(COIL__HTTP_ZSTD) ||
        !coil__http_has_coding(COIL__HTTP_GZIP))
        return;
    ASSERT_EQ(coil__http_choose_coding("*", false), COIL__HTTP_ZSTD);
    ASSERT_EQ(coil__http_choose_coding("gzip;q=0.1, br", false),
              COIL__HTTP_GZIP);
    ASSERT_EQ(coil__http_choose_coding("gzip, deflate, br, zstd", false),
              COIL__HTTP_ZSTD);
}
