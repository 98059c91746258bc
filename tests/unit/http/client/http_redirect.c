/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Redirects: what is asked for next, with which method, what is left behind, and
 * where the client does not go.
 */
#include <coil/http_client.h>
#include <coil/http_cookies.h>

#include "http_client_test.h"

#define TO(status, where)                                                      \
    "HTTP/1.1 " #status " Moved\r\nLocation: " where                           \
    "\r\nContent-Length: 2\r\n\r\nno"

static struct coil_http_client *
make_client(const struct coil_http_client_options *options)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, options), 0);
    return client;
}

STREAM_TEST(http_redirect_is_followed_over_the_same_connection)
{
    static const struct line lines[] = {
        { TO(301, "/a?b"), KEEP },
        { TO(302, "c/./../d#e"), KEEP },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_response *r;
    struct fake fake;
    char url[128];

    fake_start(&fake, lines, 3);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    ASSERT_EQ(r->hop_count, 2);
    ASSERT_STR_EQ(r->hops[0].url, fake.url);
    ASSERT_EQ(r->hops[0].status, 301);
    snprintf(url, sizeof url, "%sa?b", fake.url);
    ASSERT_STR_EQ(r->hops[1].url, url);
    ASSERT_EQ(r->hops[1].status, 302);
    snprintf(url, sizeof url, "%sd#e", fake.url);
    ASSERT_STR_EQ(r->url, url);
    ASSERT(strstr(fake.heard, "GET /d HTTP/1.1\r\n") == fake.heard);
    ASSERT_EQ(fake.connections, 1);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_redirect_is_a_response_if_nobody_wants_to_follow)
{
    static const struct line lines[] = {
        { TO(301, "/a"), KEEP },
        { TO(301, "/a"), KEEP },
        { TO(304, "/a"), CLOSE },
        { "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno", KEEP },
        { TO(300, "/a"), KEEP },
        { TO(305, "/a"), KEEP },
    };
    struct coil_http_client *none =
        make_client(&(struct coil_http_client_options){
            .max_redirects = COIL_HTTP_NO_REDIRECTS });
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .max_redirects =
                                             COIL_HTTP_NO_REDIRECTS };
    static const int statuses[] = { 304, 302, 300, 305 };
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 6);
    r = fetch(none, fake.url);
    ASSERT_EQ(r->status, 301);
    ASSERT_STR_EQ(r->body, "no");
    ASSERT_EQ(r->hop_count, 0);
    ASSERT_STR_EQ(r->url, fake.url);
    coil_http_response_free(r);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(r->status, 301);
    coil_http_response_free(r);
    for (size_t i = 0; i < 4; i++) {
        r = fetch(client, fake.url);
        ASSERT_EQ(r->status, statuses[i]);
        ASSERT_EQ(r->hop_count, 0);
        coil_http_response_free(r);
    }
    coil_http_client_free(client);
    coil_http_client_free(none);
    fake_end(&fake);
}

/* ---- methods and bodies ------------------------------------------------ */

struct change {
    const char *line;
    const char *method;
    const char *next;
    bool keeps_body;
};

static void expect_change(const struct change *change)
{
    struct line lines[] = { { change->line, KEEP }, { OK(0), KEEP } };
    const struct coil_http_header headers[] = { { "Content-Type", "a/b" },
                                                { "X-Mine", "yes" } };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = {
        .method = change->method,
        .headers = headers,
        .header_count = 2,
        .body = "body",
        .body_size = 4,
    };
    struct fake fake;
    size_t size = strlen(change->next);

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    coil_http_response_free(send_request(client, &request));
    ASSERT(strncmp(fake.heard, change->next, size) == 0);
    ASSERT(fake.heard[size] == ' ');
    ASSERT(strstr(fake.heard, "X-Mine: yes\r\n"));
    ASSERT_EQ(strstr(fake.heard, "Content-Type: a/b\r\n") != NULL,
              change->keeps_body);
    ASSERT_EQ(strstr(fake.heard, "Content-Length: 4\r\n") != NULL,
              change->keeps_body);
    if (change->keeps_body)
        ASSERT_STR_EQ(fake.body, "body");
    else
        ASSERT(!strstr(fake.heard, "Content-Length"));
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_redirect_changes_the_method_as_rfc_9110_says)
{
    static const struct change changes[] = {
        { TO(301, "/a"), "POST", "GET", false },
        { TO(302, "/a"), "POST", "GET", false },
        { TO(303, "/a"), "POST", "GET", false },
        { TO(307, "/a"), "POST", "POST", true },
        { TO(308, "/a"), "POST", "POST", true },
        { TO(301, "/a"), "PUT", "PUT", true },
        { TO(302, "/a"), "PATCH", "PATCH", true },
        { TO(303, "/a"), "PUT", "GET", false },
        { TO(303, "/a"), "DELETE", "GET", false },
        { TO(308, "/a"), "DELETE", "DELETE", true },
    };

    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        expect_change(&changes[i]);
}

STREAM_TEST(http_redirect_leaves_a_head_a_head)
{
    static const struct line lines[] = {
        { "HTTP/1.1 303 See Other\r\nLocation: /a\r\nContent-Length: 9\r\n\r\n",
          KEEP },
        { OK(7), KEEP }
    };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .method = "HEAD" };
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_EQ(r->content_length, 7);
    ASSERT(strncmp(fake.heard, "HEAD /a ", 8) == 0);
    ASSERT_EQ(fake.connections, 1);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- other origins ----------------------------------------------------- */

static const struct coil_http_header secrets[] = {
    { "Authorization", "secret" },       { "cookie", "secret=1" },
    { "Proxy-Authorization", "secret" }, { "X-Mine", "yes" },
    { "Host", "secret.example" },
};

/* There and back, and on: what was dropped stays dropped. */
STREAM_TEST(http_redirect_drops_credentials_across_origins)
{
    char there[256], back[256];
    struct line first[] = { { TO(302, "/same"), KEEP },
                            { there, KEEP },
                            { TO(302, "/again"), KEEP },
                            { OK(4) "back", KEEP } };
    struct line second[] = { { back, KEEP } };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .headers = secrets,
                                         .header_count = 5 };
    struct coil_http_response *r;
    struct fake one, two;

    fake_start(&one, first, 2);
    fake_start(&two, second, 1);
    snprintf(there, sizeof there, TO(307, "%s"), two.url);
    snprintf(back, sizeof back, TO(307, "%s"), one.url);
    request.url = one.url;
    ASSERT_LT(fail_request(client, &request), 0);
    ASSERT(!strstr(two.heard, "secret"));
    ASSERT(strstr(two.heard, "X-Mine: yes\r\n"));
    ASSERT(strstr(two.heard, "Host: 127.0.0.1:"));

    one.count = 4;
    one.said = 0;
    two.said = 0;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "back");
    ASSERT_EQ(r->hop_count, 4);
    ASSERT(!strstr(one.heard, "secret"));
    ASSERT(strstr(one.heard, "X-Mine: yes\r\n"));
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&one);
    fake_end(&two);
}

/* Another address of the same length, and the same port. */
SOCKET_TEST(http_redirect_to_a_neighbour_drops_credentials)
{
    char there[256];
    struct line first[] = { { there, KEEP } };
    static const struct line second[] = { { OK(2) "ok", KEEP } };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .headers = secrets,
                                         .header_count = 4 };
    struct coil_address address;
    struct fake one, two;

    fake_start(&one, first, 1);
    coil_listener_address(one.listener, &address);
    fake_start_at(&two, "127.0.0.2", coil_address_port(&address), second, 1);
    snprintf(there, sizeof there, TO(307, "%s"), two.url);
    request.url = one.url;
    coil_http_response_free(send_request(client, &request));
    ASSERT(strstr(one.heard, "secret"));
    ASSERT(!strstr(two.heard, "secret"));
    ASSERT(strstr(two.heard, "X-Mine: yes\r\n"));
    coil_http_client_free(client);
    fake_end(&one);
    fake_end(&two);
}

/* Cookies of the request stay behind, and those of the jar go with it. */
STREAM_TEST(http_redirect_to_others_gets_the_cookies_of_the_jar)
{
    static const struct coil_http_header own = { "Cookie", "own=1" };
    static const struct line second[] = { { OK(2) "ok", KEEP } };
    struct coil_http_client_options options = { 0 };
    char there[256];
    struct line first[] = {
        { "HTTP/1.1 200 OK\r\nSet-Cookie: jar=1; Path=/\r\n"
          "Content-Length: 0\r\n\r\n",
          KEEP },
        { there, KEEP },
    };
    struct coil_http_request request = { .headers = &own, .header_count = 1 };
    struct coil_http_client *client;
    struct fake one, two;

    ASSERT_EQ(coil_http_cookies_new(&options.cookies, NULL), 0);
    client = make_client(&options);
    fake_start(&one, first, 2);
    fake_start(&two, second, 1);
    snprintf(there, sizeof there, TO(302, "%s"), two.url);
    coil_http_response_free(fetch(client, one.url));
    request.url = one.url;
    coil_http_response_free(send_request(client, &request));
    ASSERT(strstr(one.heard, "\r\nCookie: own=1\r\n"));
    ASSERT(!strstr(one.heard, "jar=1"));
    ASSERT(strstr(two.heard, "\r\nCookie: jar=1\r\n"));
    ASSERT(!strstr(two.heard, "own=1"));
    coil_http_client_free(client);
    coil_http_cookies_free(options.cookies);
    fake_end(&one);
    fake_end(&two);
}

STREAM_TEST(http_redirect_keeps_credentials_within_an_origin)
{
    static const struct line lines[] = { { TO(302, "/same"), KEEP },
                                         { OK(0), KEEP } };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .headers = secrets,
                                         .header_count = 5 };
    struct fake fake;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    coil_http_response_free(send_request(client, &request));
    ASSERT(strstr(fake.heard, "Authorization: secret\r\n"));
    ASSERT(strstr(fake.heard, "cookie: secret=1\r\n"));
    ASSERT(strstr(fake.heard, "Host: secret.example\r\n"));
    coil_http_client_free(client);
    fake_end(&fake);
}

/* ---- where it does not go ---------------------------------------------- */

static int outcome_to(const char *where)
{
    char text[4096];
    struct line lines[] = { { text, KEEP } };
    struct coil_http_client *client = make_client(NULL);
    struct fake fake;
    int rc;

    snprintf(text, sizeof text, TO(302, "%s"), where);
    fake_start(&fake, lines, 1);
    rc = fail_request(client, &(struct coil_http_request){ .url = fake.url });
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

STREAM_TEST(http_redirect_to_what_is_not_to_be_fetched_is_refused)
{
    static const char *const targets[] = {
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/_x",
        "data:text/plain,x",
        "javascript:alert(1)",
        "http://user@127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "//user@127.0.0.1/",
        "http://",
        "http:///x",
        "http://[::1/",
        "http://a b/",
        "http://127.0.0.1:99999/",
    };

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        ASSERT_EQ(outcome_to(targets[i]), COIL_EHTTP_BAD_REDIRECT);
}

STREAM_TEST(http_redirect_loops_end)
{
    struct line lines[30];
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .max_redirects = 3 };
    struct coil_http_response *r;
    struct fake fake;

    for (size_t i = 0; i < 30; i++)
        lines[i] = (struct line){ TO(302, "/"), KEEP };
    fake_start(&fake, lines, 30);
    request.url = fake.url;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_TOO_MANY_REDIRECTS);
    ASSERT_EQ(fake.said, 4);
    fake.said = 0;
    request.max_redirects = 0;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_TOO_MANY_REDIRECTS);
    ASSERT_EQ(fake.said, 21);

    /* The twentieth may be the last. */
    fake.said = 0;
    lines[20] = (struct line){ OK(2) "ok", KEEP };
    r = send_request(client, &request);
    ASSERT_EQ(r->hop_count, 20);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

static void follow_ten_thousand(void)
{
    enum { MANY = 10000 };
    struct line *lines = calloc(MANY + 1, sizeof *lines);
    char(*texts)[100] = calloc(MANY, sizeof *texts);
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_request request = { .max_redirects = MANY };
    struct coil_http_response *r;
    struct fake fake;

    ASSERT(lines && texts);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof *texts, TO(302, "/%zu"), i);
        lines[i] = (struct line){ texts[i], KEEP };
    }
    lines[MANY] = (struct line){ OK(4) "here", KEEP };
    fake_start(&fake, lines, MANY + 1);
    request.url = fake.url;
    r = send_request(client, &request);
    ASSERT_STR_EQ(r->body, "here");
    ASSERT_EQ(r->hop_count, MANY);
    ASSERT_STR_CONTAINS(r->hops[MANY - 1].url, "/9998");
    ASSERT_STR_CONTAINS(r->url, "/9999");
    coil_http_response_free(r);

    /* One fewer is too few, and who says nothing follows twenty. */
    fake.said = 0;
    request.max_redirects = MANY - 1;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_TOO_MANY_REDIRECTS);
    ASSERT_EQ(fake.said, MANY);
    fake.said = 0;
    request.max_redirects = 0;
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_TOO_MANY_REDIRECTS);
    ASSERT_EQ(fake.said, 21);
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
    free(texts);
    free(lines);
}

/* Once is enough for so many. */
TEST(http_redirect_may_be_one_of_ten_thousand)
{
    run_on_kernel(follow_ten_thousand);
}

/* A redirect with an endless body is not read to its end. */
STREAM_TEST(http_redirect_with_a_large_body_closes_its_connection)
{
    static char large[100000];
    struct line lines[] = { { large, KEEP }, { OK(2) "ok", KEEP } };
    struct coil_http_client *client = make_client(NULL);
    struct coil_http_response *r;
    struct fake fake;
    int n = sprintf(large, "HTTP/1.1 302 Found\r\nLocation: /x\r\n"
                           "Content-Length: 90000\r\n\r\n");

    memset(large + n, 'a', 90000);
    fake_start(&fake, lines, 2);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    ASSERT_EQ(fake.connections, 2);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* Nor is one whose connection ends anyway. */
STREAM_TEST(http_redirect_that_ends_its_connection_is_not_read_on)
{
    static const struct line lines[] = {
        { "HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\n"
          "Content-Length: 5\r\n\r\nab",
          HANG },
        { OK(2) "ok", KEEP },
    };
    struct coil_http_client *client = make_client(NULL);
    coil_time began = coil_now();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 2);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    ASSERT_EQ(fake.connections, 2);
    ASSERT(!simulated || coil_now() == began);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}
