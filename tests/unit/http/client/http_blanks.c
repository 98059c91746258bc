/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Blanks where the grammar has them, as users of the client see them.  Where a message ends with such blanks: http_examples.h.
 */
#include <coil/http_client.h>

#include "http_client_test.h"

#define ZERO_LENGTH "Content-Length: 0\r\n\r\n"

/* ---- responses -------------------------------------------------------- */

static const struct {
    const char *lines;
    const char *value; /* of X */
} fields[] = {
    { "X:a", "a" },
    { "X: a", "a" },
    { "X:\ta", "a" },
    { "X: \t a \t ", "a" },
    { "X:a\t", "a" },
    { "X: a b\tc ", "a b\tc" },
    { "X:", "" },
    { "X: \t ", "" },
    { "X: \xc3\xa4\t", "\xc3\xa4" },

    /* folded */
    { "X: a\r\n  b", "a b" },
    { "X: a\r\n b", "a b" },
    { "X: a\r\n\tb", "a b" },
    { "X: a \t\r\n \t b\t", "a b" },
    { "X: a\r\n b\r\n c", "a b c" },
    { "X: a\r\n \r\n b", "a b" },
    { "X: a\r\n ", "a" },
    { "X:\r\n a", "a" },
    { "X: \r\n\t\r\n a", "a" },
    { "X:\r\n ", "" },
    { "X: a\r\n Y: b", "a Y: b" },
    { "X: a\r\n : b", "a : b" },
    { "X: one two\r\n   three four \r\n\tfive", "one two three four five" },
};

static void expect_field(size_t i, bool is_last)
{
    char text[256];
    struct line lines[] = { { text, KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n%s%s\r\n%s\r\nok",
             is_last ? "Content-Length: 2\r\n" : "", fields[i].lines,
             is_last ? "" : "Content-Length: 2\r\n");
    fake_start(&fake, lines, 1);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(coil_http_response_header(r, "X"), fields[i].value);
    ASSERT_NULL(coil_http_response_header(r, "Y"));
    ASSERT_EQ(r->header_count, 2);
    ASSERT_STR_EQ(r->body, "ok");
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_blanks_around_and_folds_within_a_value_of_a_response)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        expect_field(i, false);
        expect_field(i, true);
    }
}

STREAM_TEST(http_blanks_in_lists_of_connection_options)
{
    expect_body("HTTP/1.1 200 OK\r\nConnection:close\t\r\n" ZERO_LENGTH, KEEP,
                "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: x\t,\tclose \r\n" ZERO_LENGTH,
                KEEP, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: ,, close ,\r\n" ZERO_LENGTH,
                KEEP, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: x\r\n , close\r\n" ZERO_LENGTH,
                KEEP, "", false);
    expect_body(
        "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection:\tClose\r\n" ZERO_LENGTH,
        KEEP, "", false);
    expect_body(
        "HTTP/1.0 200 OK\r\nConnection: x\t,\tkeep-alive\t\r\n" ZERO_LENGTH,
        KEEP, "", true);
    expect_body("HTTP/1.1 200 OK\r\nConnection: closed, xclose\r\n" ZERO_LENGTH,
                KEEP, "", true);
}

STREAM_TEST(http_blanks_are_not_passed_over_where_the_grammar_has_none)
{
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\r\nX : a\r\n" ZERO_LENGTH, HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\r\n X: a\r\n" ZERO_LENGTH, HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of("HTTP/1.1 200 OK\r\nX: a\vb\r\n" ZERO_LENGTH, HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of(CHUNKED " 2\r\nok\r\n0\r\n\r\n", HANG),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(outcome_of(CHUNKED "2\r\nok \r\n0\r\n\r\n", HANG),
              COIL_EHTTP_MALFORMED);
}

/* ---- padding is limited ----------------------------------------------- */

/* A chunk whose size is `pads` times `pad` longer than it need be. */
static int outcome_of_padding(char pad, size_t pads)
{
    char *text = calloc(1, pads + 200);
    size_t size = (size_t)sprintf(text, CHUNKED "%s", pad == '0' ? "" : "2");
    int rc;

    memset(text + size, pad, pads);
    strcat(text, pad == '0' ? "2\r\nok\r\n0\r\n\r\n" : "\r\nok\r\n0\r\n\r\n");
    if (pads < 60000) {
        expect_body(text, KEEP, "ok", true);
        rc = 0;
    } else {
        rc = outcome_of(text, HANG);
    }
    free(text);
    return rc;
}

STREAM_TEST(http_blanks_and_zeros_without_end_are_refused)
{
    static const char pads[] = " \t0";

    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(outcome_of_padding(pads[i], 1000), 0);
        ASSERT_EQ(outcome_of_padding(pads[i], 70000),
                  COIL_EHTTP_HEADERS_TOO_LARGE);
    }
}

/* Chunks of one byte each with `extra` bytes around it. */
static char *small_chunks(size_t count, const char *extra)
{
    char *text = malloc(count * (strlen(extra) + 8) + 200);
    size_t size = (size_t)sprintf(text, "%s", CHUNKED);

    for (size_t i = 0; i < count; i++)
        size += (size_t)sprintf(text + size, "1%s\r\nx\r\n", extra);
    sprintf(text + size, "0\r\n\r\n");
    return text;
}

STREAM_TEST(http_blanks_may_not_be_most_of_a_body)
{
    char *text = small_chunks(10000, "");
    char *body = calloc(1, 10001);

    memset(body, 'x', 10000);
    expect_body(text, KEEP, body, true);
    free(text);
    text = small_chunks(10000, "          ");
    expect_body(text, KEEP, body, true);
    free(text);
    free(body);
    text = small_chunks(2000, "                                              ");
    ASSERT_EQ(outcome_of(text, HANG), COIL_EHTTP_HEADERS_TOO_LARGE);
    free(text);
}
