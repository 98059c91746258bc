/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * URLs as people write them: what is sent, and what is refused.
 */
#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/http_versions.h>
#include <coil/url.h>

#include "http_client_test.h"

/* Ask for `text`, which has "%u" for the port, and expect the request line. */
static void expect_sent(const char *text, const char *line, const char *host)
{
    struct line lines[] = { { OK(2) "ok", CLOSE } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    char url[256];
    char heard[256];

    fake_start(&fake, lines, 1);
    snprintf(url, sizeof url, text, atoi(strrchr(fake.url, ':') + 1));
    r = fetch(client, url);
    ASSERT_STR_EQ(r->body, "ok");
    snprintf(heard, sizeof heard, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n", line,
             host, atoi(strrchr(fake.url, ':') + 1));
    ASSERT_MEM_EQ(fake.heard, heard, strlen(heard));
    ASSERT(strstr(r->url, line));
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_request_text_is_made_a_url)
{
    expect_sent("http://127.0.0.1:%u/stra\xc3\x9f"
                "e?q=\xc3\xbc",
                "/stra%C3%9Fe?q=%C3%BC", "127.0.0.1");
    expect_sent("http://127.0.0.1:%u/a b?c d#e f", "/a%20b?c%20d", "127.0.0.1");
    expect_sent("  http://127.0.0.1:%u/\"<>\n", "/%22%3C%3E", "127.0.0.1");
    /* Each byte of what is no UTF-8. */
    expect_sent("http://127.0.0.1:%u/\xff", "/%FF", "127.0.0.1");
    expect_sent("http://127.1:%u/ ", "/", "127.0.0.1");
}

STREAM_TEST(http_request_text_that_is_a_url_is_sent_unchanged)
{
    expect_sent("http://127.0.0.1:%u/%%c3%%9f/../a|b^`{}%%?%%zz",
                "/%c3%9f/../a|b^`{}%?%zz", "127.0.0.1");
}

KERNEL_TEST(http_request_text_has_a_host_in_any_script)
{
    struct coil_http_client *client = new_client();
    struct coil_http_versions versions;
    struct coil_http_request request = { .url = "http://b\xc3\xbc"
                                                "cher.localhost:1/" };

    coil_http_versions(&versions);
    if (versions.libidn2[0]) {
        expect_sent("http://B\xc3\x9c"
                    "CHER.localhost:%u/",
                    "/", "xn--bcher-kva.localhost");
        ASSERT_EQ(fail_request(client, &request), -ECONNREFUSED);
    } else {
        ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_NO_IDN);
    }
    coil_http_client_free(client);
}

STREAM_TEST(http_request_text_that_cannot_be_a_url_is_refused)
{
    static const char *const texts[] = {
        "http://127.0.0.1/a\r\nX: y",
        "http://127.0.0.1/\001",
        "http://a b/",
        "http:// /",
        "http://u@127.0.0.1/ ",
        "http://127.0.0.1:99999/ ",
        "http:///a b",
        "",
        "http://h\xff/",
    };
    struct coil_http_client *client = new_client();

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct coil_http_request request = { .url = texts[i] };
        int rc = fail_request(client, &request);

        if (rc != COIL_EHTTP_BAD_URL && rc != COIL_EHTTP_BAD_SCHEME)
            FAIL("%s: %s", texts[i], coil_strerror(rc));
    }
    coil_http_client_free(client);
}

/* The answer to a challenge is about the URL that is sent. */
STREAM_TEST(http_request_text_is_what_a_digest_is_about)
{
    static const struct line lines[] = {
        { "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", "
          "nonce=\"n\", qop=\"auth\"\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { 0 };
    struct coil_http_response *r;
    struct coil_http_auth *auth;
    struct fake fake;
    char url[128];

    if (coil_http_auth_new(&auth, "u", "p", COIL_HTTP_AUTH_DIGEST) == -ENOTSUP)
        SKIP("no OpenSSL");
    fake_start(&fake, lines, 2);
    snprintf(url, sizeof url, "%sa b", fake.url);
    request.url = url;
    ASSERT_EQ(coil_http_auth_request(auth, client, &request, &r), 0);
    ASSERT_EQ(r->status, 200);
    ASSERT(strstr(fake.heard, "GET /a%20b HTTP/1.1"));
    ASSERT(strstr(fake.heard, "uri=\"/a%20b\""));
    coil_http_response_free(r);
    request.url = "http://a b/";
    ASSERT_EQ(coil_http_auth_request(auth, client, &request, &r),
              COIL_EHTTP_BAD_URL);
    coil_http_auth_free(auth);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- queries ---------------------------------------------------------- */

STREAM_TEST(http_request_text_gets_a_query)
{
    const struct coil_url_pair pairs[] = { { "q", "a&b=c d" }, { "n", NULL } };
    char *text;

    ASSERT_EQ(coil_url_add_query(&text, "http://127.0.0.1:%u/?x", pairs, 2),
              COIL_EHTTP_BAD_URL); /* of the %u */
    ASSERT_EQ(coil_url_add_query(&text, "http://127.0.0.1/?x", pairs, 2), 0);
    ASSERT_STR_EQ(text, "http://127.0.0.1/?x&q=a%26b%3Dc%20d&n");
    coil_url_free(text);
}
