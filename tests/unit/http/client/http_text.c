/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Bodies that are text, and JSON: what is taken for it, and how it is sent.
 */
#include <coil/http_client.h>
#include <coil/http_text.h>

#include "http_client_test.h"

/* A response with this type (NULL: none) and body. */
static struct coil_http_response respond(const char *type, const char *body,
                                         size_t size)
{
    static struct coil_http_header header = { "Content-Type", NULL };

    header.value = type;
    return (struct coil_http_response){ .status = 200,
                                        .headers = &header,
                                        .header_count = type ? 1 : 0,
                                        .body = body,
                                        .body_size = size };
}

static int text_of(const char *type, const char *body)
{
    struct coil_http_response r = respond(type, body, strlen(body));
    const char *text;
    size_t size;
    int rc = coil_http_response_text(&r, &text, &size);

    if (rc == 0)
        ASSERT_EQ(size, strlen(text));
    return rc;
}

static int json_of(const char *type)
{
    struct coil_http_response r = respond(type, "{}", 2);
    const char *text;
    size_t size;

    return coil_http_response_json(&r, &text, &size);
}

TEST(http_text_is_in_utf8)
{
    static const char *const good[] = {
        "",
        "abc\r\n",
        "\xc2\x80",
        "\xc3\xbc",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xc3z",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xe2\x82z",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xf0\x90\x80",
    };
    struct coil_http_response r = respond(NULL, "a\0b", 3);
    const char *text;
    size_t size;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ASSERT_EQ(text_of(NULL, good[i]), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_EQ(text_of(NULL, bad[i]), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(coil_http_response_text(&r, &text, &size), COIL_EHTTP_MALFORMED);

    r = respond(NULL,
                "\xef\xbb\xbf"
                "abc",
                6);
    ASSERT_EQ(coil_http_response_text(&r, &text, &size), 0);
    ASSERT_STR_EQ(text, "abc");
    ASSERT_EQ(size, 3);
}

TEST(http_text_has_a_charset)
{
    static const char *const good[] = {
        "text/plain",
        "text/html; charset=utf-8",
        "text/html;charset=UTF-8",
        "text/html ; a=b; Charset=\"utf-8\"; c=d",
        "text/plain; charset=US-ASCII ",
        "text/plain; charset=utf8;",
        "text/plain; charsets=x",
        "text/plain;",
        "",
    };
    static const char *const other[] = {
        "text/html; charset=iso-8859-1",
        "text/html; charset=\"utf-16\"",
        "text/html; a=b; charset=utf-8x",
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ASSERT_EQ(text_of(good[i], "abc"), 0);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        ASSERT_EQ(text_of(other[i], "abc"), -EPROTOTYPE);
}

TEST(http_text_is_json_by_its_type)
{
    ASSERT_EQ(json_of("application/json"), 0);
    ASSERT_EQ(json_of("Application/JSON; charset=utf-8"), 0);
    ASSERT_EQ(json_of("application/problem+json"), 0);
    ASSERT_EQ(json_of("application/json; charset=latin1"), -EPROTOTYPE);
    ASSERT_EQ(json_of("text/html"), -EPROTOTYPE);
    ASSERT_EQ(json_of("+json"), -EPROTOTYPE);
    ASSERT_EQ(json_of("application/jsonp"), -EPROTOTYPE);
    ASSERT_EQ(json_of("application/java"), -EPROTOTYPE);
    ASSERT_EQ(json_of(NULL), -EPROTOTYPE);
}

STREAM_TEST(http_text_json_is_sent_and_received)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
          "Content-Length: 8\r\n\r\n{\"b\": 2}",
          KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    const char *text;
    size_t size;

    fake_start(&fake, lines, 1);
    ASSERT_EQ(coil_http_post_json(client, fake.url, "{\"a\": 1}", &r), 0);
    ASSERT_MEM_EQ(fake.heard, "POST / HTTP/1.1\r\n", 17);
    ASSERT(strstr(fake.heard, "\r\nContent-Type: application/json\r\n"));
    ASSERT(strstr(fake.heard, "\r\nAccept: application/json\r\n"));
    ASSERT_STR_EQ(fake.body, "{\"a\": 1}");
    ASSERT_EQ(coil_http_response_json(r, &text, &size), 0);
    ASSERT_STR_EQ(text, "{\"b\": 2}");
    ASSERT_STR_EQ(coil_http_json_header.value, "application/json");
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}
