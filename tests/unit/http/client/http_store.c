/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * What has not changed is not fetched again, and nobody gets what is not theirs.
 */
#include <coil/http_client.h>
#include <coil/http_cookies.h>
#include <coil/http_store.h>

#include "http_client_test.h"

#define FULL(headers)                                                          \
    "HTTP/1.1 200 OK\r\n" headers "Content-Length: 5\r\n\r\nhello"
#define SAME(headers) "HTTP/1.1 304 Not Modified\r\n" headers "\r\n"
#define OTHER "HTTP/1.1 200 OK\r\nETag: \"2\"\r\nContent-Length: 5\r\n\r\nother"
#define ETAG "ETag: \"1\"\r\n"

static struct coil_http_store *store;
static struct coil_http_client *client;
static struct fake fake;

static void begin_with(const struct line *lines, size_t count,
                       const struct coil_http_store_options *options)
{
    fake_start(&fake, lines, count);
    client = new_client();
    ASSERT_EQ(coil_http_store_new(&store, options), 0);
}

#define BEGIN(lines) begin_with(lines, sizeof(lines) / sizeof *(lines), NULL)

static void end_store(void)
{
    ASSERT_EQ(fake.said, fake.count);
    coil_http_store_free(store);
    coil_http_client_free(client);
    fake_end(&fake);
}

static struct coil_http_response *ask(struct coil_http_request request)
{
    struct coil_http_response *r;

    if (!request.url)
        request.url = fake.url;
    ASSERT_EQ(coil_http_store_request(store, client, &request, &r), 0);
    return r;
}

/* Ask, and expect this body. */
static void expect(const char *body)
{
    struct coil_http_response *r = ask((struct coil_http_request){ 0 });

    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body, body);
    ASSERT_EQ(r->body_size, strlen(body));
    coil_http_response_free(r);
}

static void expect_with(const char *name, const char *value, const char *body)
{
    const struct coil_http_header header = { name, value };
    struct coil_http_response *r = ask(
        (struct coil_http_request){ .headers = &header, .header_count = 1 });

    ASSERT_STR_EQ(r->body, body);
    coil_http_response_free(r);
}

static bool was_asked_for(const char *header)
{
    return strstr(fake.heard, header);
}

/* ---- kept --------------------------------------------------------------- */

STREAM_TEST(http_store_asks_whether_it_has_changed)
{
    static const struct line lines[] = {
        { FULL(ETAG "Last-Modified: Sat, 28 Nov 2026 20:00:00 GMT\r\n"
                    "X: old\r\nY: z\r\nSet-Cookie: a=b\r\n"),
          KEEP },
        { SAME(ETAG "X: new\r\nContent-Length: 0\r\n"), KEEP },
        { OTHER, KEEP },
        { SAME(""), KEEP },
    };
    struct coil_http_response *r;

    BEGIN(lines);
    expect("hello");
    ASSERT(!was_asked_for("If-"));
    ASSERT_EQ(coil_http_store_entries(store), 1);
    ASSERT_GT(coil_http_store_size(store), 5);

    r = ask((struct coil_http_request){ 0 });
    ASSERT(was_asked_for("\r\nIf-None-Match: \"1\"\r\n"));
    ASSERT(was_asked_for(
        "\r\nIf-Modified-Since: Sat, 28 Nov 2026 20:00:00 GMT\r\n"));
    ASSERT_EQ(r->status, 200);
    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ(r->content_length, 5);
    ASSERT_STR_EQ(r->url, fake.url);
    ASSERT_STR_EQ(coil_http_response_header(r, "X"), "new");
    ASSERT_STR_EQ(coil_http_response_header(r, "Y"), "z");
    ASSERT_NULL(coil_http_response_header(r, "Set-Cookie"));
    ASSERT_NULL(coil_http_response_header(r, "Content-Length"));
    ASSERT_EQ(coil_http_read(r, &(char){ 0 }, 1), 0);
    coil_http_response_free(r);

    expect("other");
    ASSERT_EQ(coil_http_store_entries(store), 1);
    expect("other");
    ASSERT(was_asked_for("\r\nIf-None-Match: \"2\"\r\n"));
    ASSERT(!was_asked_for("If-Modified-Since"));
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_store_clear(store);
    ASSERT_EQ(coil_http_store_entries(store), 0);
    ASSERT_EQ(coil_http_store_size(store), 0);
    end_store();
}

STREAM_TEST(http_store_keeps_the_entry_when_the_server_fails)
{
    static const struct line lines[] = {
        { FULL(ETAG), KEEP },
        { "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno", KEEP },
        { SAME(""), KEEP },
        { "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", KEEP },
    };
    struct coil_http_response *r;

    BEGIN(lines);
    expect("hello");
    r = ask((struct coil_http_request){ 0 });
    ASSERT_EQ(r->status, 503);
    coil_http_response_free(r);
    expect("hello");
    r = ask((struct coil_http_request){ 0 });
    ASSERT_EQ(r->status, 404);
    coil_http_response_free(r);
    ASSERT_EQ(coil_http_store_entries(store), 0);
    end_store();
}

/* ---- not kept ----------------------------------------------------------- */

STREAM_TEST(http_store_does_not_keep_what_it_must_not)
{
    static const char *const texts[] = {
        FULL(""),
        FULL(ETAG "Cache-Control: max-age=1, no-store\r\n"),
        FULL(ETAG "Vary: *\r\n"),
        FULL(ETAG "Cache-Kontrol: x\r\nVary: a\r\nVary: *\r\n"),
        FULL(ETAG "Vary: a,b,c,d,e, f,g,h\r\nVary: i\r\n"),
        "HTTP/1.1 203 OK\r\n" ETAG "Content-Length: 2\r\n\r\nok",
        "HTTP/1.1 206 OK\r\n" ETAG "Content-Length: 2\r\n\r\nok",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct line lines[] = { { texts[i], KEEP } };

        BEGIN(lines);
        coil_http_response_free(ask((struct coil_http_request){ 0 }));
        ASSERT_EQ(coil_http_store_entries(store), 0);
        end_store();
    }
}

STREAM_TEST(http_store_lets_requests_pass)
{
    static const struct line lines[] = {
        { FULL(ETAG), KEEP }, { FULL(ETAG), KEEP }, { FULL(ETAG), KEEP },
        { FULL(ETAG), KEEP }, { SAME(""), KEEP },   { FULL(ETAG), KEEP },
        { FULL(ETAG), KEEP },
    };
    const struct coil_http_header own = { "If-None-Match", "\"x\"" };
    struct coil_http_response *r;

    BEGIN(lines);
    expect_with("Cache-Control", "no-store", "hello");
    ASSERT_EQ(coil_http_store_entries(store), 0);
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 1);
    expect_with("Authorization", "Basic eDp5", "hello");
    ASSERT(!was_asked_for("If-"));
    expect_with("Range", "bytes=0-", "hello");
    ASSERT(!was_asked_for("If-"));
    r = ask((struct coil_http_request){ .headers = &own, .header_count = 1 });
    ASSERT_EQ(r->status, 304);
    coil_http_response_free(r);
    /* What may change something forgets. */
    coil_http_response_free(ask((struct coil_http_request){
        .method = "GET", .body = "x", .body_size = 1 }));
    ASSERT_EQ(coil_http_store_entries(store), 1);
    coil_http_response_free(ask((struct coil_http_request){
        .method = "POST", .body = "x", .body_size = 1 }));
    ASSERT_EQ(coil_http_store_entries(store), 0);
    end_store();
}

static ptrdiff_t give_letters(void *arg, void *buffer, size_t size)
{
    (void)arg;
    memset(buffer, 'a', size);
    return (ptrdiff_t)size;
}

/* What a GET with a body means is known to its server alone. */
STREAM_TEST(http_store_lets_a_get_with_a_source_pass)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { OTHER, KEEP },
                                         { SAME(""), KEEP } };
    struct coil_http_source source = { .read = give_letters, .size = 3 };
    struct coil_http_response *r;

    BEGIN(lines);
    expect("hello");
    r = ask((struct coil_http_request){ .source = &source });
    ASSERT_STR_EQ(r->body, "other");
    ASSERT_STR_EQ(fake.body, "aaa");
    ASSERT(!was_asked_for("If-"));
    coil_http_response_free(r);
    expect("hello");
    ASSERT(was_asked_for("If-None-Match: \"1\""));
    end_store();
}

/* A response that was reached through a redirect says nothing about the URL. */
STREAM_TEST(http_store_does_not_follow_redirects)
{
    static const struct line lines[] = {
        { FULL(ETAG), KEEP },
        { "HTTP/1.1 302 No\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { SAME(ETAG), KEEP },
        { "HTTP/1.1 302 No\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
          KEEP },
        { OTHER, KEEP },
    };

    BEGIN(lines);
    expect("hello");
    expect("other");
    ASSERT(!was_asked_for("If-"));
    ASSERT_EQ(coil_http_store_entries(store), 0);
    end_store();
}

/* ---- Vary --------------------------------------------------------------- */

STREAM_TEST(http_store_tells_variants_apart)
{
    static const struct line lines[] = {
        { FULL(ETAG "Vary: X, Accept-Language\r\nVary: User-Agent\r\n"), KEEP },
        { OTHER, KEEP },
        { SAME(""), KEEP },
        { FULL(ETAG "Vary: x\r\n"), KEEP },
        { SAME(""), KEEP },
    };

    BEGIN(lines);
    expect_with("x", "1", "hello");
    expect_with("X", "2", "other"); /* this one does not vary */
    ASSERT(!was_asked_for("If-"));
    ASSERT_EQ(coil_http_store_entries(store), 2);
    expect_with("X", "3", "other");
    ASSERT(was_asked_for("If-None-Match: \"2\""));
    coil_http_store_clear(store);
    expect("hello");
    expect("hello");
    ASSERT(was_asked_for("If-None-Match: \"1\""));
    end_store();
}

STREAM_TEST(http_store_cannot_compare_cookies)
{
    static const struct line lines[] = {
        { FULL(ETAG "Vary: Cookie\r\n"), KEEP },
        { FULL(ETAG "Vary: Cookie\r\n"), KEEP },
        { FULL(ETAG "Vary: X\r\n"), KEEP },
    };
    struct coil_http_cookies *cookies;
    struct coil_http_client *other;

    BEGIN(lines);
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 1);
    coil_http_store_clear(store);
    ASSERT_EQ(coil_http_cookies_new(&cookies, NULL), 0);
    ASSERT_EQ(
        coil_http_client_new(
            &other, &(struct coil_http_client_options){ .cookies = cookies }),
        0);
    coil_http_client_free(client);
    client = other;
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 0);
    /* All else can be. */
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 1);
    end_store();
    coil_http_cookies_free(cookies);
}

/* ---- limits ------------------------------------------------------------- */

static void get_path(const char *path)
{
    char url[128];

    snprintf(url, sizeof url, "%s%s", fake.url, path);
    coil_http_response_free(ask((struct coil_http_request){ .url = url }));
}

STREAM_TEST(http_store_forgets_what_was_not_used_for_longest)
{
    static const struct line lines[] = {
        { FULL(ETAG), KEEP }, { FULL(ETAG), KEEP }, { SAME(""), KEEP },
        { FULL(ETAG), KEEP }, { SAME(""), KEEP },   { FULL(ETAG), KEEP },
    };

    begin_with(lines, 6, &(struct coil_http_store_options){ .max_entries = 2 });
    get_path("a");
    get_path("b");
    get_path("a");
    get_path("c"); /* b is forgotten */
    ASSERT_EQ(coil_http_store_entries(store), 2);
    get_path("a");
    ASSERT(was_asked_for("If-"));
    get_path("b");
    ASSERT(!was_asked_for("If-"));
    end_store();
}

STREAM_TEST(http_store_has_limits_of_size)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { FULL(ETAG), KEEP } };

    begin_with(lines, 1, &(struct coil_http_store_options){ .max_body = 4 });
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 0);
    end_store();
    begin_with(lines, 1, &(struct coil_http_store_options){ .max_size = 99 });
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 0);
    ASSERT_EQ(coil_http_store_size(store), 0);
    end_store();
}

/* The entry is forgotten while the server is asked. */
static int clear_soon(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    coil_http_store_clear(store);
    return 0;
}

STREAM_TEST(http_store_is_cleared_meanwhile)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { SAME(""), KEEP } };
    struct coil_task *task;

    BEGIN(lines);
    expect("hello");
    task = start(clear_soon, NULL);
    expect("hello");
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(coil_http_store_entries(store), 0);
    end_store();
}

/* Methods that change nothing do not forget; a date is enough to ask. */
STREAM_TEST(http_store_knows_what_is_safe)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nLast-Modified: x\r\nContent-Length: 2\r\n\r\nok",
          KEEP },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", KEEP },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", KEEP },
        { FULL(ETAG), KEEP },
        { SAME(""), KEEP },
        { FULL(""), KEEP },
    };
    static const char *const safe[] = { "HEAD", "OPTIONS", "TRACE" };
    const struct coil_http_header headers[] = { { "Cache-control", "no-cache" },
                                                { "If", "x" } };

    BEGIN(lines);
    expect("ok");
    for (size_t i = 0; i < 3; i++)
        coil_http_response_free(
            ask((struct coil_http_request){ .method = safe[i] }));
    ASSERT_EQ(coil_http_store_entries(store), 1);
    /* As it came is another response than decompressed. */
    coil_http_response_free(ask((struct coil_http_request){
        .keep_encoded = true, .headers = headers, .header_count = 2 }));
    ASSERT(!was_asked_for("If-"));
    ASSERT_EQ(coil_http_store_entries(store), 2);
    expect("ok");
    ASSERT(was_asked_for("If-Modified-Since: x"));
    expect("hello");
    ASSERT_EQ(coil_http_store_entries(store), 1);
    end_store();
}

STREAM_TEST(http_store_keeps_an_empty_body)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\n" ETAG "Content-Length: 0\r\n\r\n", KEEP },
        { SAME(""), KEEP },
    };

    BEGIN(lines);
    expect("");
    expect("");
    end_store();
}

/* A request fails, or is answered though nothing could be kept. */
static int store_without_memory(void *arg)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { SAME(""), KEEP } };
    struct coil_http_request request = { 0 };

    (void)arg;
    for (size_t n = 1; n < 60; n++) {
        struct coil_http_response *r;
        int rc;

        fake_start(&fake, lines, 2);
        client = new_client();
        coil_test_fail_allocation(1, false);
        ASSERT_EQ(coil_http_store_new(&store, NULL), -ENOMEM);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(coil_http_store_new(&store, NULL), 0);
        request.url = fake.url;
        for (int i = 0; i < 2; i++) {
            coil_test_fail_allocation(n, false);
            rc = coil_http_store_request(store, client, &request, &r);
            coil_test_fail_allocation(0, false);
            if (rc == 0)
                ASSERT(r->status == 304 || strcmp(r->body, "hello") == 0);
            coil_http_response_free(rc == 0 ? r : NULL);
        }
        coil_http_store_free(store);
        coil_http_client_free(client);
        fake_end(&fake);
    }
    return 0;
}

TEST(http_store_without_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(store_without_memory, NULL, 0), 0);
}

/* An entry outlives a request for which there was no memory. */
static int ask_without_memory(void *arg)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { SAME(""), KEEP },
                                         { SAME(""), KEEP },
                                         { SAME(""), KEEP } };
    struct coil_http_request request = { 0 };

    (void)arg;
    for (size_t n = 1; n < 20; n++) {
        struct coil_http_response *r;
        int rc;

        BEGIN(lines);
        expect("hello");
        request.url = fake.url;
        coil_test_fail_allocation(n, false);
        rc = coil_http_store_request(store, client, &request, &r);
        coil_test_fail_allocation(0, false);
        ASSERT_STR_EQ(rc == 0 ? r->body : "hello", "hello");
        ASSERT_EQ(rc == 0, r != NULL);
        coil_http_response_free(r);
        ASSERT_EQ(coil_http_store_entries(store), 1);
        expect("hello");
        ASSERT(was_asked_for("If-None-Match: \"1\""));
        fake.said = fake.count;
        end_store();
    }
    return 0;
}

TEST(http_store_keeps_the_entry_without_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(ask_without_memory, NULL, 0), 0);
}

STREAM_TEST(http_store_passes_errors_on)
{
    static const struct line lines[] = { { FULL(ETAG), KEEP },
                                         { "garbage", CLOSE } };
    struct coil_http_request request = { .url = "nonsense" };
    struct coil_http_response *r;

    BEGIN(lines);
    ASSERT_LT(coil_http_store_request(store, client, &request, &r), 0);
    ASSERT_NULL(r);
    expect("hello");
    request.url = fake.url;
    ASSERT_EQ(coil_http_store_request(store, client, &request, &r),
              COIL_EHTTP_MALFORMED);
    ASSERT_NULL(r);
    ASSERT_EQ(coil_http_store_entries(store), 1);
    coil_http_store_free(NULL);
    end_store();
}
