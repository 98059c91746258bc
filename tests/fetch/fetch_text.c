/* SPDX-License-Identifier: MIT */
/* What others said, written where it can do no harm. */
#include "common/hash.h"
#include "common/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static const struct sample {
    const char *bytes;
    size_t size;
    const char *json;
    const char *printable;
    const char *html;
} samples[] = {
#define SAMPLE(bytes, json, printable, html)                                   \
    {                                                                          \
        bytes, sizeof bytes - 1, json, printable, html                         \
    }
    SAMPLE("", "\"\"", "", ""),
    SAMPLE("a<b>&'\"", "\"a<b>&'\\\"\"", "a<b>&'\"",
           "a&#60;b&#62;&#38;&#39;&#34;"),
    SAMPLE("\\\n\t\x01", "\"\\\\\\n\\t\\u0001\"", "\\\\x0a\\x09\\x01",
           "\\\n\t"),
    SAMPLE("\0x", "\"\\u0000x\"", "\\x00x", "x"),
    SAMPLE("\x1b[2J", "\"\\u001b[2J\"", "\\x1b[2J", "[2J"),
    SAMPLE("\xc2\x9b\x7f", "\"\\u009b\\u007f\"", "\\xc2\\x9b\\x7f", ""),
    SAMPLE("\xe2\x82\xac", "\"\xe2\x82\xac\"", "\xe2\x82\xac", "\xe2\x82\xac"),
    SAMPLE("\xe2\x80\xa8", "\"\\u2028\"", "\\xe2\\x80\\xa8", "\xe2\x80\xa8"),
    SAMPLE("\xff\xc3", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xff\\xc3",
           "\xef\xbf\xbd\xef\xbf\xbd"),
    SAMPLE("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
           "\\xed\\xa0\\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
};

TEST(fetch_text_of_others_is_harmless)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *s = &samples[i];
        struct text text = { 0 };

        text_json(&text, s->bytes, s->size);
        ASSERT_STR_EQ(text.bytes, s->json);
        text_clear(&text);
        text_printable(&text, s->bytes, s->size);
        text_add(&text, "");
        ASSERT_STR_EQ(text.bytes, s->printable);
        text_clear(&text);
        text_html(&text, s->bytes, s->size);
        ASSERT_STR_EQ(text.bytes, s->html);
        text_fini(&text);
    }
}

/* A name could end in another name's letters, or look like that name. */
TEST(fetch_text_shows_what_would_be_unseen_on_a_terminal)
{
    static const char *const hidden[] = {
        "\xc2\xad",         /* U+00AD, the soft hyphen */
        "\xd8\x9c",         /* U+061C, the Arabic letter mark */
        "\xe1\x85\x9f",     /* U+115F, a filler */
        "\xe2\x80\x8b",     /* U+200B, the space without width */
        "\xe2\x80\x8f",     /* U+200F, the mark from right to left */
        "\xe2\x80\xaa",     /* U+202A, an embedding */
        "\xe2\x80\xae",     /* U+202E, the override */
        "\xe2\x81\xa6",     /* U+2066, an isolate */
        "\xef\xb8\x8f",     /* U+FE0F, a variant */
        "\xef\xbb\xbf",     /* U+FEFF, the mark of byte order */
        "\xf3\xa0\x81\x81", /* U+E0041, a tag */
    };
    static const char shown[] = "\xc3\xa9\xe4\xb8\xad\xd7\x90\xe2\x80\xa7"
                                "\xe2\x80\xaf\xf0\x9f\x98\x80";
    struct text text = { 0 };

    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        text_clear(&text);
        text_printable(&text, hidden[i], strlen(hidden[i]));
        ASSERT_EQ(text.size, 4 * strlen(hidden[i]));
        ASSERT_EQ(memcmp(text.bytes, "\\x", 2), 0);
        text_clear(&text);
        text_json(&text, hidden[i], strlen(hidden[i]));
        ASSERT_EQ(memcmp(text.bytes, "\"\\u", 3), 0);
    }
    ASSERT_STR_EQ(text.bytes, "\"\\udb40\\udc41\"");
    text_clear(&text);
    text_printable(&text, shown, sizeof shown - 1);
    ASSERT_STR_EQ(text.bytes, shown);
    text_fini(&text);
}

TEST(fetch_text_grows_and_is_taken)
{
    struct text text = { 0 };
    char *bytes;

    text_add_char(&text, '{');
    text_json_name(&text, "a");
    text_add_format(&text, "%d", 1);
    text_json_name(&text, "b");
    for (int i = 0; i < 1000; i++)
        text_add(&text, "x");
    bytes = text_take(&text);
    ASSERT_NOT_NULL(bytes);
    ASSERT_EQ(memcmp(bytes, "{\"a\":1,\"b\":xxx", 14), 0);
    ASSERT_EQ(strlen(bytes), 1011u);
    free(bytes);
    ASSERT_EQ(text.size, 0u);
    bytes = text_take(&text);
    ASSERT_STR_EQ(bytes, "");
    free(bytes);
}

/* The first rows of the table of SipHash's authors. */
TEST(fetch_text_hash_is_siphash)
{
    const struct hash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
    unsigned char bytes[15];

    for (unsigned char i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    ASSERT_EQ(hash_bytes(&key, bytes, 0), 0x726fdb47dd0e0e31u);
    ASSERT_EQ(hash_bytes(&key, bytes, 1), 0x74f839c593dc67fdu);
    ASSERT_EQ(hash_bytes(&key, bytes, 15), 0xa129ca6149be45e5u);
}

TEST(fetch_text_of_numbers_and_base64)
{
    static const int64_t numbers[] = { 0, -1, 10, INT64_MAX, INT64_MIN };
    struct text text = { 0 };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char expected[32];

        text_clear(&text);
        text_add_int(&text, numbers[i]);
        snprintf(expected, sizeof expected, "%" PRId64, numbers[i]);
        ASSERT_STR_EQ(text.bytes, expected);
    }
    /* RFC 4648, 10. */
    text_clear(&text);
    text_base64(&text, "", 0);
    text_base64(&text, "f", 1);
    text_base64(&text, "fo", 2);
    text_base64(&text, "foo", 3);
    text_base64(&text, "foob", 4);
    text_base64(&text, "fooba", 5);
    text_base64(&text, "foobar", 6);
    ASSERT_STR_EQ(text.bytes, "Zg==Zm8=Zm9vZm9vYg==Zm9vYmE=Zm9vYmFy");
    text_fini(&text);
    ASSERT(text_is_utf8("", 0));
    ASSERT(text_is_utf8("a\0\xe2\x82\xac", 5));
    ASSERT(!text_is_utf8("a\xe2\x82", 3));
    ASSERT(!text_is_utf8("\xc0\x80", 2));
}

/* Plain bytes are passed over eight at a time: nothing is passed over with them. */
TEST(fetch_text_finds_what_is_to_be_escaped_wherever_it_stands)
{
    for (int byte = 0; byte < 256; byte++)
        for (size_t at = 0; at < 20; at++) {
            static const char hidden[] = "aaaaaaaaaaaaaaaaaaaa";
            char bytes[21];
            struct text whole = { 0 };
            struct text parts = { 0 };

            memcpy(bytes, hidden, sizeof bytes);
            bytes[at] = (char)byte;
            text_json(&whole, bytes, 20);
            text_json(&parts, bytes, at);
            parts.size--;
            text_json(&parts, bytes + at, 1);
            memmove(parts.bytes + at + 1, parts.bytes + at + 2,
                    parts.size - at - 2);
            parts.size -= 2;
            text_add_bytes(&parts, hidden, 19 - at);
            text_add_char(&parts, '"');
            ASSERT_STR_EQ(whole.bytes, parts.bytes);
            text_fini(&whole);
            text_fini(&parts);
        }
}
