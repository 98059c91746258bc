/* SPDX-License-Identifier: MIT */
/*
 * A client keeps the authority of the URL that it has parsed last.  Whatever it
 * keeps, a URL is taken apart as if it kept nothing.
 */
#include <stdio.h>

#include <coil/error.h>
#include <coil/url.h>

#include "http/client/url_kept.h"
#include "test.h"

static void expect_same(struct coil__http_url_kept *kept, const char *text)
{
    struct coil__http_url plain;
    struct coil__http_url url;
    int rc = coil__http_url_parse(&plain, text);

    if (coil__http_url_parse_kept(kept, &url, text) != rc)
        FAIL("\"%s\" is good or bad by what is kept", text);
    if (rc < 0)
        return;
    ASSERT_PTR_EQ(url.authority, plain.authority);
    ASSERT_PTR_EQ(url.host, plain.host);
    ASSERT_EQ(url.host_size, plain.host_size);
    ASSERT_EQ(url.is_ipv6, plain.is_ipv6);
    ASSERT_EQ(url.is_secure, plain.is_secure);
    ASSERT_EQ(url.must_tunnel, plain.must_tunnel);
    ASSERT_EQ(url.port, plain.port);
    ASSERT_PTR_EQ(url.target, plain.target);
    ASSERT_EQ(url.target_size, plain.target_size);
}

static const char *const bases[] = {
    "http://example.org",
    "http://example.org:8080",
    "https://example.org",
    "HTTP://Example.org",
    "http://127.0.0.1",
    "http://127.0.0.1:80",
    "http://[::1]",
    "https://[::1]:8443",
    "http://a",
    "http://example.org:80",
    "http://user@example.org",
    "ftp://example.org",
    "http://",
    "//example.org",
    "",
};

TEST(http_url_kept_each_url_after_each)
{
    static const char *const rests[] = {
        "",      "/",        "/a/b?c=d", "?a",     "?",    "#",
        "#a",    "/a#b",     "?a#b",     "/a?b#c", "0",    ":80",
        ":8080", ".evil",    "@evil",    ":p@q",   "/@",   "//",
        "/a b",  "/a\x80",   "/a#b c",   "/a#\n",  "/\t",  "?\x7f",
        "]",     "\\@evil/", "%00",      "/%",     "/?a?", "/a##b",
    };
    enum { BASES = sizeof bases / sizeof bases[0] };

    for (size_t i = 0; i < BASES; i++) {
        for (size_t j = 0; j < BASES; j++) {
            for (size_t k = 0; k < sizeof rests / sizeof rests[0]; k++) {
                struct coil__http_url_kept kept = { .size = 0 };
                char text[100];

                expect_same(&kept, bases[i]);
                snprintf(text, sizeof text, "%s%s", bases[j], rests[k]);
                expect_same(&kept, text);
                expect_same(&kept, bases[i]);
            }
        }
    }
}

TEST(http_url_kept_each_byte_behind_the_authority)
{
    static const char *const forms[] = { "http://a.b%c", "http://a.b%c/",
                                         "http://a.b/%c", "http://a.b/c#%c",
                                         "http://a.b?%cc" };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (int byte = 1; byte < 256; byte++) {
            struct coil__http_url_kept kept = { .size = 0 };
            const char *mark = strchr(forms[i], '%');
            char text[32];

            snprintf(text, sizeof text, "%.*s%c%s", (int)(mark - forms[i]),
                     forms[i], byte, mark + 2);
            expect_same(&kept, "http://a.b/");
            expect_same(&kept, text);
        }
    }
}

TEST(http_url_kept_authorities_of_each_length)
{
    struct coil__http_url_kept kept = { .size = 0 };
    char text[400];

    for (size_t size = 1; size <= 260; size++) {
        strcpy(text, "https://");
        memset(text + 8, 'h', size);
        strcpy(text + 8 + size, "/path");
        expect_same(&kept, text);
        expect_same(&kept, text);
        strcpy(text + 8 + size, ":81?query");
        expect_same(&kept, text);
        expect_same(&kept, text);
    }
}

/* What is kept is a copy: the text of before may have gone. */
TEST(http_url_kept_outlives_its_text)
{
    struct coil__http_url_kept kept = { .size = 0 };
    char text[] = "http://example.org/a";

    expect_same(&kept, text);
    memcpy(text, "http://example.net/a", sizeof text);
    expect_same(&kept, text);
    expect_same(&kept, "http://example.org/a");
}
