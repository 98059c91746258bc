/* SPDX-License-Identifier: MIT */
/*
 * Responses that are compressed on the way.
 */
#include <coil/http_compress.h>
#include <coil/http_events.h>
#include <coil/http_server.h>

#include "http/wire/coding.h"
#include "http/wire/decoder.h"

#include "http_server_test.h"

static size_t text_size;

static char *make_text(size_t size)
{
    char *text = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i / 3 % 23);
    text[size] = '\0';
    return text;
}

static int respond_text(struct coil_http_exchange *x, void *type)
{
    char *text = make_text(text_size);
    int rc = coil_http_respond(x, 200, type, text, text_size);

    free(text);
    return rc;
}

static int respond_tagged(struct coil_http_exchange *x, void *type)
{
    int rc = coil_http_respond_header(x, "etag", "\"1\"");

    return rc < 0 ? rc : respond_text(x, type);
}

static int respond_untouched(struct coil_http_exchange *x, void *type)
{
    int rc = coil_http_respond_header(x, "Cache-Control",
                                      "private, "
                                      "no-transform");

    return rc < 0 ? rc : respond_text(x, type);
}

/* `sized` is whether the length is announced; with "short" less is written. */
static int write_text(struct coil_http_exchange *x, void *sized)
{
    char *text = make_text(text_size);
    size_t half = text_size / 2;
    int rc = coil_http_begin(x, 200, "text/plain",
                             sized ? (int64_t)text_size : COIL_HTTP_CHUNKED);

    if (rc == 0)
        rc = coil_http_write(x, text, half);
    if (rc == 0 && sized)
        ASSERT_EQ(coil_http_write(x, text, text_size), -EINVAL);
    if (rc == 0 && !coil_http_exchange_argument(x, "short"))
        rc = coil_http_write(x, text + half, text_size - half);
    free(text);
    return rc;
}

static size_t failing; /* the n-th allocation of the response */
static bool has_failed;
static bool has_begun;

/* Once more after a lack of memory, if the response has not begun. */
static int respond_again(struct coil_http_exchange *x, void *type)
{
    char *text = make_text(text_size);
    int rc;

    ASSERT_EQ(coil_http_respond_header(x, "X-Own", "1"), 0);
    coil_test_fail_allocation(failing, false);
    rc = coil_http_respond(x, 200, type, text, text_size);
    coil_test_fail_allocation(0, false);
    has_failed = rc == -ENOMEM;
    if (has_failed)
        rc = coil_http_respond(x, 200, type, text, text_size);
    has_begun = rc < 0;
    free(text);
    return rc;
}

static int respond_coded(struct coil_http_exchange *x, void *type)
{
    int rc = coil_http_respond_header(x, "Content-Encoding", "rot13");

    return rc < 0 ? rc : respond_text(x, type);
}

static int respond_status(struct coil_http_exchange *x, void *type)
{
    char *text = make_text(text_size);
    int rc = coil_http_respond(x, atoi(coil_http_exchange_argument(x, "s")),
                               type, text, text_size);

    free(text);
    return rc;
}

static int begin_and_write_nothing(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, "application/json", COIL_HTTP_CHUNKED);

    (void)arg;
    return rc < 0 ? rc : coil_http_write(x, "", 0);
}

static void add_more_routes(struct coil_http_router *root)
{
    static const struct {
        const char *path;
        coil_http_handler_fn handler;
        char *type;
    } routes[] = {
        { "/again", respond_again, "application/json; charset=utf-8" },
        { "/status", respond_status, "text/plain" },
        { "/untyped", respond_text, NULL },
        { "/coded", respond_coded, "text/plain" },
        { "/other", respond_text, "application/jsom" },
        { "/json", respond_text, "application/json" },
        { "/text-", respond_text, "text/" },
        { "/odd", respond_text, "x" },
        { "/nothing-yet", begin_and_write_nothing, NULL },
    };

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        ASSERT_EQ(coil_http_router_route(root, "GET", routes[i].path,
                                         routes[i].handler, routes[i].type),
                  0);
}

/* br is not given unless it is asked for. */
static struct coil_http_compress_options with_brotli = { .brotli = true };

static void begin_with(struct coil_http_compress_options *options)
{
    struct coil_http_router *root;

    serve_defaults();
    root = coil_http_server_router(server);
    ASSERT_EQ(coil_http_router_use(root, coil_http_compress, options), 0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/text", respond_text,
                                     "text/plain"),
              0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/image", respond_text,
                                     "image/png"),
              0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/tag", respond_tagged,
                                     "text/plain"),
              0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/untouched",
                                     respond_untouched, "text/plain"),
              0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/pieces", write_text, NULL),
              0);
    ASSERT_EQ(coil_http_router_route(root, "GET", "/announced", write_text, ""),
              0);
    add_more_routes(root);
}

static void begin(void)
{
    begin_with(&with_brotli);
}

/* To HTTP/1.0, whose bodies have no frame. */
static size_t ask_for(const char *target, const char *accept, char *answer,
                      size_t size)
{
    struct coil_stream *s = dial();
    char request[300];
    size_t got;

    snprintf(request, sizeof request,
             "GET %s HTTP/1.0\r\nAccept-Encoding: %s\r\n\r\n", target, accept);
    send_text(s, request);
    got = read_rest(s, answer, size);
    coil_stream_abort(s);
    return got;
}

static void expect_decoded(const char *target, const char *coding)
{
    static char answer[400000];
    size_t size = ask_for(target, coding, answer, sizeof answer);
    const unsigned char *body = (const unsigned char *)body_in(answer);
    size_t body_size = size - (size_t)((const char *)body - answer);
    struct coil_http_header header = { "content-encoding", coding };
    struct coil__http_decoder *decoder;
    char *text = make_text(text_size);
    char *got = malloc(text_size + 1);
    size_t have = 0;
    char line[100];

    snprintf(line, sizeof line, "Content-Encoding: %s\r\n", coding);
    ASSERT_STR_CONTAINS(answer, line);
    ASSERT_STR_CONTAINS(answer, "Vary: Accept-Encoding\r\n");
    ASSERT_NULL(strstr(answer, "Content-Length"));
    ASSERT_LT(body_size, text_size / 2);
    ASSERT_EQ(coil__http_decoder_new(&decoder, &header, 1, 100000), 0);
    while (!coil__http_decoder_is_done(decoder)) {
        ptrdiff_t n = coil__http_decoder_run(decoder, &body, &body_size, true,
                                             got + have, text_size + 1 - have);

        ASSERT_GE(n, 0);
        have += (size_t)n;
        ASSERT_LE(have, text_size);
        if (n == 0)
            break;
    }
    ASSERT_EQ(have, text_size);
    ASSERT_MEM_EQ(got, text, text_size);
    coil__http_decoder_free(decoder);
    free(got);
    free(text);
}

STREAM_TEST(http_compress_gives_what_the_client_can_decode)
{
    static const char *const codings[] = { "gzip", "br", "zstd" };
    static const size_t sizes[] = { 512, 5000, 300000 };

    begin();
    for (size_t i = 0; i < 3; i++) {
        if (!coil__http_has_coding(
                coil__http_coding_of(codings[i], strlen(codings[i]))))
            continue;
        for (size_t j = 0; j < 3; j++) {
            text_size = sizes[j];
            expect_decoded("/text", codings[i]);
            expect_decoded("/pieces", codings[i]);
            expect_decoded("/announced", codings[i]);
        }
    }
    ASSERT_EQ(report_count, 0);
    end_server();
}

STREAM_TEST(http_compress_gives_br_on_request_only)
{
    static struct coil_http_compress_options defaults;
    static char answer[10000];

    begin_with(&defaults);
    text_size = 1000;
    ask_for("/text", "br", answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "Vary: Accept-Encoding\r\n");
    ASSERT_STR_CONTAINS(answer, "Content-Length: 1000\r\n");
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    end_server();
    begin_with(NULL);
    if (coil__http_has_coding(COIL__HTTP_GZIP))
        expect_decoded("/text", "gzip");
    end_server();
    begin_with(&(struct coil_http_compress_options){ .brotli = false });
    ask_for("/text", "br", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    end_server();
}

static int respond_kept(struct coil_http_exchange *x, void *type)
{
    int rc = coil_http_respond_header(x, "Cache-Control", "max-age=5");

    if (rc == 0)
        rc = coil_http_respond_header(x, "ETagged", "no");
    if (rc == 0)
        rc = coil_http_respond_header(x, "EBag", "no");
    return rc < 0 ? rc : respond_text(x, type);
}

STREAM_TEST(http_compress_takes_text_of_every_kind)
{
    static const int statuses[] = { 199, 204, 205, 206, 300, 404 };
    static char answer[10000];

    if (!coil__http_has_coding(COIL__HTTP_GZIP))
        return;
    begin();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/kept", respond_kept,
                                     "TEXT/html; charset=utf-8"),
              0);
    text_size = 1000;
    expect_decoded("/json", "gzip");
    expect_decoded("/kept", "gzip");
    ask_for("/other", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ask_for("/coded", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ask_for("/untyped", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ask_for("/text-", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ask_for("/odd", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ask_for("/json", "what", answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "Vary");
    ask_for("/nothing-yet", "gzip", answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "Content-Encoding: gzip\r\n");
    for (size_t i = 1; i < sizeof statuses / sizeof statuses[0]; i++) {
        char target[32];

        snprintf(target, sizeof target, "/status?s=%d", statuses[i]);
        ask_for(target, "gzip", answer, sizeof answer);
        ASSERT_EQ(status_in(answer), statuses[i]);
        ASSERT_NULL(strstr(answer, "Content-Encoding"));
    }
    ask_for("/json", "identity;q=0, *;q=0", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    ASSERT_EQ(report_count, 0);
    ask_for("/status?s=199", "gzip", answer, sizeof answer);
    ASSERT_EQ(status_in(answer), 500);
    ASSERT_EQ(report_count, 1);
    end_server();
}

/* What a handler makes of a lack of memory: it tries the same again. */
STREAM_TEST(http_compress_can_be_tried_again)
{
    static char answer[10000];
    static const char *const codings[] = { "identity", "gzip" };

    text_size = 1000;
    for (size_t i = 0; i < 2; i++) {
        begin();
        for (failing = 1; failing == 1 || has_failed || has_begun; failing++) {
            ask_for("/again", codings[i], answer, sizeof answer);
            if (has_begun)
                continue;
            if (strstr(answer, "Content-Encoding: gzip"))
                ASSERT_NULL(strstr(body_in(answer), "aaabbb"));
            else
                ASSERT_STR_CONTAINS(body_in(answer), "aaabbb");
            ASSERT_STR_CONTAINS(answer, "X-Own: 1\r\n");
            ASSERT_NOT_NULL(strstr(answer, "Vary: "));
            ASSERT_NULL(strstr(strstr(answer, "Vary: ") + 1, "Vary: "));
        }
        ASSERT_GT(failing, 2);
        end_server();
    }
}

STREAM_TEST(http_compress_leaves_the_rest_alone)
{
    static char answer[10000];

    begin();
    text_size = 1000;
    ask_for("/text", "identity", answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "Vary: Accept-Encoding\r\n");
    ASSERT_STR_CONTAINS(answer, "Content-Length: 1000\r\n");
    ask_for("/image", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Vary"));
    ASSERT_STR_CONTAINS(answer, "Content-Length: 1000\r\n");
    ask_for("/tag", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    ask_for("/untouched", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    text_size = 511;
    ask_for("/text", "gzip", answer, sizeof answer);
    ASSERT_NULL(strstr(answer, "Content-Encoding"));
    ask_for("/nowhere", "gzip", answer, sizeof answer);
    ASSERT_STR_CONTAINS(answer, "404 Not Found\n");
    ASSERT_EQ(report_count, 0);

    /* Less than was announced. */
    text_size = 5000;
    ask_for("/announced?short", "gzip", answer, sizeof answer);
    ASSERT_EQ(report_count, 1);
    end_server();
}

STREAM_TEST(http_compress_fits_into_chunks_and_heads)
{
    const char *answer;

    if (!coil__http_has_coding(COIL__HTTP_GZIP))
        return;
    begin();
    text_size = 5000;
    answer = ask("GET /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n"
                 "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_STR_CONTAINS(answer, "Transfer-Encoding: chunked\r\n");
    answer = ask("HEAD /text HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n"
                 "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_STR_CONTAINS(answer, "Content-Encoding: gzip\r\n");
    ASSERT_STR_CONTAINS(answer, "\r\n\r\nHTTP/1.1 200 OK\r\n");
    ASSERT_STR_CONTAINS(answer, "hello");
    answer =
        ask("HEAD /announced HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n"
            "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
    ASSERT_STR_CONTAINS(answer, "\r\n\r\nHTTP/1.1 200 OK\r\n");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- events ----------------------------------------------------------- */

static int send_events(struct coil_http_exchange *x, void *arg)
{
    static const struct coil_http_sent_event events[] = {
        { .data = "one" },
        { .name = "news", .data = "two\nlines\r\nor\rmore\n", .id = "7" },
        { .retry = 1500 * COIL_MILLISECOND },
        { 0 },
        { .data = "" },
    };
    int rc = coil_http_begin_events(x);

    (void)arg;
    for (size_t i = 0; rc == 0 && i < sizeof events / sizeof events[0]; i++)
        rc = coil_http_send_event(x, &events[i]);
    if (rc == 0)
        ASSERT_EQ(coil_http_send_event(
                      x, &(struct coil_http_sent_event){ .id = "a\nb" }),
                  -EINVAL);
    if (rc == 0)
        ASSERT_EQ(coil_http_send_event(
                      x, &(struct coil_http_sent_event){ .name = "a\rb" }),
                  -EINVAL);
    return rc;
}

STREAM_TEST(http_compress_or_not_events_are_sent)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/events", send_events, NULL), 0);
    ASSERT_STR_EQ(ask("GET /events HTTP/1.0\r\n\r\n"),
                  "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n"
                  "Content-Type: text/event-stream\r\n" CLOSE "\r\n"
                  "data: one\n\n"
                  "event: news\nid: 7\ndata: two\ndata: lines\ndata: or\n"
                  "data: more\ndata: \n\n"
                  "retry: 1500\n\n:\n\ndata: \n\n");
    ASSERT_EQ(report_count, 0);
    end_server();
}
