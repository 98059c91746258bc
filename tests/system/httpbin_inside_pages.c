/* SPDX-License-Identifier: MIT */
/*
 * coil-httpbin as a part of this program: what has not changed, parts of it,
 * cookies, who asks, codings, events.
 */
/* TIMEOUT: 60 */
/* APP: coil-httpbin */
/* FAULTY: main malloc calloc realloc strdup printf coil_loop_add_signal_handler */
#include "httpbin_inside_test.h"

#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/http_versions.h>

static void run(coil_fn fn)
{
    simulated = true;
    for (seed = 0; seed < 4; seed++)
        ASSERT_EQ(coil_test_run(fn, NULL, seed), 0);
}

/* What a request with these headers gets: a status, and a text that is in it. */
struct exchange {
    const char *target;
    const char *headers;
    int status;
    const char *text;
};

static void check_all(const struct exchange *exchanges, size_t count)
{
    begin();
    for (size_t i = 0; i < count; i++) {
        const struct exchange *x = &exchanges[i];
        char request[1024];
        const char *answer;

        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\n" HOST CLOSE "%s\r\n", x->target,
                 x->headers);
        answer = ask(request);
        if (status_in(answer) != x->status || !strstr(answer, x->text))
            FAIL("GET %s, %s: %s", x->target, x->headers, answer);
    }
    ASSERT_EQ(httpbin.inflight, 0);
    end_server();
}

#define CHECK(exchanges)                                                       \
    check_all(exchanges, sizeof(exchanges) / sizeof *(exchanges))

/* ---- what has not changed ------------------------------------------------- */

static int ask_for_tags(void *arg)
{
    static const struct exchange exchanges[] = {
        { "/etag/a", "If-None-Match: \"a\"\r\n", 304, "ETag: \"a\"\r\n" },
        { "/etag/a", "If-None-Match: \"ab\" , W/\"a\"\r\n", 304, "" },
        { "/etag/a", "If-None-Match: b, a\r\n", 304, "" },
        { "/etag/a", "If-None-Match: *\r\n", 304, "" },
        { "/etag/a", "If-None-Match: \"b\"\r\n", 200, "\"url\":" },
        { "/etag/a", "If-None-Match: ,\r\n", 200, "ETag: \"a\"\r\n" },
        { "/etag/a", "If-None-Match:\r\nIf-Match: \"b\"\r\n", 412, "" },
        { "/etag/a", "If-Match: \"b\"\r\n", 412, "" },
        { "/etag/a", "If-Match: \"a\"\r\n", 200, "" },
        { "/etag/a", "If-Match: \"b\"\r\nIf-None-Match: \"b\"\r\n", 200, "" },
        { "/cache", "If-Modified-Since: x\r\n", 304, "" },
        { "/cache", "If-None-Match: x\r\n", 304, "" },
        { "/cache", "", 200, "ETag: \"" },
    };

    (void)arg;
    CHECK(exchanges);
    return 0;
}

TEST(httpbin_inside_pages_have_tags)
{
    run(ask_for_tags);
}

static int ask_for_parts(void *arg)
{
    static const struct exchange exchanges[] = {
        { "/range/30", "", 200, "abcdefghijklmnopqrstuvwxyzabcd" },
        { "/range/30", "", 200, "Accept-Ranges: bytes\r\n" },
        { "/range/30", "Range: bytes=1-3\r\n", 206, "\r\n\r\nbcd" },
        { "/range/30", "Range: bytes=1-3\r\n", 206,
          "Content-Range: bytes 1-3/30\r\n" },
        { "/range/30", "Range: bytes=0-1\r\n", 206, "\r\n\r\nab" },
        { "/range/30", "Range: bytes=28-\r\n", 206, "\r\n\r\ncd" },
        { "/range/30", "Range: bytes=28-99\r\n", 206,
          "Content-Range: bytes 28-29/30\r\n" },
        { "/range/30", "Range: bytes=-2\r\n", 206, "\r\n\r\ncd" },
        { "/range/30", "Range: bytes=-99\r\n", 200, "Content-Length: 30\r\n" },
        { "/range/30", "Range: bytes=0-29\r\n", 200, "" },
        { "/range/30", "Range: bytes=30-\r\n", 416,
          "Content-Range: bytes */30\r\n" },
        { "/range/30", "Range: bytes=-0\r\n", 416, "" },
        { "/range/30", "Range: bytes=3-1\r\n", 416, "" },
        /* What is no range is not looked at. */
        { "/range/30", "Range: lines=1-3\r\n", 200, "" },
        { "/range/30", "Range: bytes=5\r\n", 200, "" },
        { "/range/30", "Range: bytes=x-5\r\n", 200, "" },
        { "/range/30", "Range: bytes=1-x\r\n", 200, "" },
        { "/range/30", "Range: bytes=-x\r\n", 200, "" },
        { "/range/30", "Range: bytes=1-2,4-5\r\n", 200, "" },
        /* The client has a part of something else. */
        { "/range/30", "Range: bytes=1-3\r\nIf-Range: \"range30\"\r\n", 206,
          "" },
        { "/range/30", "Range: bytes=1-3\r\nIf-Range: \"range31\"\r\n", 200,
          "" },
    };

    (void)arg;
    CHECK(exchanges);
    return 0;
}

TEST(httpbin_inside_pages_have_parts)
{
    run(ask_for_parts);
}

static int wait_for_parts(void *arg)
{
    coil_time before;

    (void)arg;
    begin();
    before = coil_now();
    ASSERT_STR_CONTAINS(get("/range/10?duration=5&chunk_size=2"),
                        "\r\n\r\nabcdefghij");
    ASSERT_GE(coil_now() - before, 4 * COIL_SECOND);
    ASSERT_LT(coil_now() - before, 5 * COIL_SECOND);
    ASSERT_STR_CONTAINS(
        try_to_ask("GET /range/102400 HTTP/1.1\r\n" HOST CLOSE "\r\n"),
        "Content-Length: 102400\r\n");
    end_server();
    return 0;
}

TEST(httpbin_inside_pages_come_in_pieces)
{
    run(wait_for_parts);
}

/* ---- who asks --------------------------------------------------------------- */

static int show_cookies(void *arg)
{
    static const struct exchange exchanges[] = {
        { "/cookies", "Cookie: a=1; b=\"2\"; c=; d=\"; e=x=y\r\n", 200,
          "{\"cookies\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"\",\"d\":\"\\\"\","
          "\"e\":\"x=y\"}}\n" },
        { "/cookies", "Cookie: a=1; a=2\r\n", 200, "{\"a\":\"1\"}" },
        { "/cookies", "Cookie: a=\"b; c=d\"; e\r\n", 200,
          "{\"a\":\"\\\"b\",\"c\":\"d\\\"\"}" },
        { "/cookies", "Cookie: ;; a=1;\r\n", 200, "{\"a\":\"1\"}" },
        { "/cookies", "Cookie: a=\xff\r\n", 200, "{\"a\":\"\\uFFFD\"}" },
    };

    (void)arg;
    CHECK(exchanges);
    return 0;
}

TEST(httpbin_inside_pages_show_cookies)
{
    run(show_cookies);
}

static int say_who_asks(void *arg)
{
    static const struct exchange exchanges[] = {
        { "/basic-auth/a/b", "Authorization: Basic YTpi\r\n", 200,
          "{\"authenticated\":true,\"user\":\"a\"}\n" },
        { "/basic-auth/a/b", "Authorization: basic YTpi\r\n", 200, "" },
        { "/basic-auth/a/b", "Authorization: Basic YTpj\r\n", 401, "" },
        { "/basic-auth/a/b", "Authorization: Bearer YTpi\r\n", 401, "" },
        { "/basic-auth/a:b/c", "Authorization: Basic YTpiOmM=\r\n", 401, "" },
        { "/hidden-basic-auth/a/b", "Authorization: Basic YTpi\r\n", 200,
          "{\"authenticated\":true,\"user\":\"a\"}\n" },
        { "/bearer", "Authorization: Bearer a.b\r\n", 200,
          "{\"authenticated\":true,\"token\":\"a.b\"}\n" },
        { "/bearer", "Authorization: Basic YTpi\r\n", 401, "" },
    };

    (void)arg;
    CHECK(exchanges);
    return 0;
}

TEST(httpbin_inside_pages_are_for_those_who_say_who_they_are)
{
    run(say_who_asks);
}

/* md5(md5("Mufasa:coil-httpbin:Circle"):n:md5("GET:/")) */
#define RIGHT                                                                  \
    "Digest username=\"Mufasa\", realm=\"coil-httpbin\", nonce=\"n\", "        \
    "uri=\"/\", response=\"ae89f6ae9d5e6ddcd8580de68c1881b1\""

/* The status of a page for a client that says this. */
static int status_with_answer(const char *target, const char *answer)
{
    char request[4096];

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\n" HOST CLOSE "Authorization: %s\r\n\r\n",
             target, answer);
    return status_in(ask(request));
}

/* The client of this library answers the challenge. */
static void check_client(struct coil_http_client *client, const char *qop,
                         const char *password, int status)
{
    struct coil_http_response *response;
    struct coil_http_auth *auth;
    char where[COIL_ADDRESS_STRING];
    char url[256];
    const struct coil_http_request request = { .url = url };

    snprintf(url, sizeof url, "http://%s/digest-auth/%s/me/secret?a=b",
             coil_address_string(&address, where), qop);
    ASSERT_EQ(coil_http_auth_new(&auth, "me", password, COIL_HTTP_AUTH_DIGEST),
              0);
    ASSERT_EQ(coil_http_auth_request(auth, client, &request, &response), 0);
    ASSERT_EQ(response->status, status);
    if (status == 200)
        ASSERT_STR_EQ(response->body,
                      "{\"authenticated\":true,\"user\":\"me\"}\n");
    coil_http_response_free(response);
    coil_http_auth_free(auth);
}

static int digest(void *arg)
{
    static const char target[] = "/digest-auth/auth/Mufasa/Circle";
    struct coil_http_versions versions;
    struct coil_http_client *client;
    char longest[3000];

    (void)arg;
    begin();
    ASSERT_STR_CONTAINS(get(target), "WWW-Authenticate: Digest realm=");
    ASSERT_STR_CONTAINS(get(target), ", qop=\"auth\", algorithm=MD5\r\n");
    ASSERT_NULL(strstr(get("/digest-auth/no/a/b"), "qop"));
    ASSERT_EQ(status_with_answer(target, "Basic YTpi"), 401);
    ASSERT_EQ(status_with_answer(target, "Digest "), 401);
    ASSERT_EQ(status_with_answer(target, "Digest username"), 401);
    ASSERT_EQ(status_with_answer(target, "Digest username=\"Mufasa"), 401);
    ASSERT_EQ(status_with_answer(
                  target, "Digest username=Mufasa, realm=\"coil-httpbin\", "
                          "user=x, nc=1"),
              401);
    ASSERT_EQ(status_with_answer(target, RIGHT), 200);
    ASSERT_EQ(status_with_answer("/digest-auth/auth/Mufasa/circle", RIGHT),
              401);
    ASSERT_EQ(status_with_answer("/digest-auth/auth/mufasa/Circle", RIGHT),
              401);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "Digest username=", 16);
    longest[sizeof longest - 1] = '\0';
    ASSERT_EQ(status_with_answer(target, longest), 401);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    coil_http_versions(&versions);
    if (versions.openssl[0]) {
        check_client(client, "auth", "secret", 200);
        check_client(client, "none", "secret", 200);
        check_client(client, "auth", "wrong", 401);
    }
    coil_http_client_free(client);
    end_server();
    return 0;
}

TEST(httpbin_inside_pages_take_digests)
{
    run(digest);
}

/* ---- codings ---------------------------------------------------------------- */

/* A client that decodes, with a header that makes the text as large as wished. */
static void check_coding(const char *path, const char *member, size_t size)
{
    struct coil_http_client *client;
    struct coil_http_response *response;
    char *noise = calloc(1, size + 1);
    char url[256];
    char expected[64];
    char where[COIL_ADDRESS_STRING];
    const struct coil_http_header header = { "X-Noise", noise };
    struct coil_http_request request = { .url = url };

    ASSERT_NOT_NULL(noise);
    memset(noise, '\xff', size);
    request.headers = &header;
    request.header_count = 1;
    snprintf(url, sizeof url, "http://%s%s",
             coil_address_string(&address, where), path);
    snprintf(expected, sizeof expected, "\"%s\":true", member);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(coil_http_request(client, &request, &response), 0);
    ASSERT_EQ(response->status, 200);
    ASSERT_GT(response->body_size, 6 * size);
    ASSERT_STR_CONTAINS(response->body, expected);
    ASSERT_STR_CONTAINS(response->body, "\"method\":\"GET\",\"origin\":");
    ASSERT_EQ(response->body[response->body_size - 1], '}');
    coil_http_response_free(response);
    coil_http_client_free(client);
    free(noise);
}

static int decode_all(void *arg)
{
    struct coil_http_versions versions;

    (void)arg;
    coil_http_versions(&versions);
    begin();
    for (size_t size = 1; size <= 24000; size += 23999) {
        if (versions.zlib[0]) {
            check_coding("/gzip", "gzipped", size);
            check_coding("/deflate", "deflated", size);
        }
        if (versions.brotli[0])
            check_coding("/brotli", "brotli", size);
        if (versions.zstd[0])
            check_coding("/zstd", "zstd", size);
    }
    ASSERT_STR_CONTAINS(get("/gzip"), "Content-Encoding: gzip\r\n");
    ASSERT_STR_CONTAINS(get("/brotli"), "Content-Encoding: br\r\n");
    ASSERT_STR_CONTAINS(get("/zstd"), "Content-Encoding: zstd\r\n");
    ASSERT_STR_CONTAINS(get("/deflate"), "Content-Encoding: deflate\r\n");
    end_server();
    return 0;
}

TEST(httpbin_inside_pages_are_coded)
{
    run(decode_all);
}

/* ---- events ------------------------------------------------------------------ */

static int hear_events(void *arg)
{
    coil_time before;
    const char *answer;

    (void)arg;
    begin();
    before = coil_now();
    answer = get("/sse?count=3&duration=6&delay=1");
    ASSERT_GE(coil_now() - before, 5 * COIL_SECOND);
    ASSERT_LT(coil_now() - before, 6 * COIL_SECOND);
    ASSERT_STR_CONTAINS(answer, "Content-Type: text/event-stream");
    ASSERT_STR_CONTAINS(answer, "event: ping\ndata: {\"id\":0,\"timestamp\":");
    ASSERT_STR_CONTAINS(answer, "data: {\"id\":2,\"timestamp\":");
    ASSERT_NULL(strstr(answer, "{\"id\":3,"));
    end_server();
    return 0;
}

TEST(httpbin_inside_pages_have_events)
{
    run(hear_events);
}

/* ---- no memory ----------------------------------------------------------------- */

/* Pages that tell the time, so that no two are alike. */
static int lack_memory(void *arg)
{
    static const char *const lacking[] = { GET("/sse?count=2&duration=0"),
                                           GET("/cache") };

    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        size_t count = coil_test_allocations();

        ASSERT_EQ(status_in(ask(lacking[i])), 200);
        count = coil_test_allocations() - count;
        for (size_t n = 1; n <= count; n++) {
            const char *answer;

            coil_test_fail_allocation(n, false);
            answer = try_to_ask(lacking[i]);
            coil_test_fail_allocation(0, false);
            if (*answer && status_in(answer) != 200)
                ASSERT_EQ(status_in(answer), 500);
            ASSERT_EQ(httpbin.inflight, 0);
        }
        for (failing = 1; failing <= 20; failing++) {
            const char *answer;

            allocations = 0;
            answer = try_to_ask(lacking[i]);
            ASSERT(status_in(answer) == 200 || status_in(answer) == 500);
        }
        failing = 0;
        ASSERT_EQ(status_in(ask(lacking[i])), 200);
    }
    end_server();
    return 0;
}

TEST(httpbin_inside_pages_tell_the_time_without_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(lack_memory, NULL, 0), 0);
}
