/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What many clients together may keep, and how slow one may be.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

enum { UPLOADS = 20 };

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

static void run_seeds(int (*body)(void *))
{
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(body, NULL, seed), 0);
}

/* ---- memory ----------------------------------------------------------- */

static void send_bytes(struct coil_stream *s, size_t size)
{
    unsigned char *bytes = make_bytes(size);

    ASSERT_EQ(coil_stream_write(s, bytes, size), 0);
    free(bytes);
}

static const char *answer_on(struct coil_stream *s)
{
    static char answer[1000];

    read_rest(s, answer, sizeof answer);
    drop_dates(answer);
    coil_stream_abort(s);
    return answer;
}

/* Each sends half of what it has announced.  Then some of them end. */
static int upload_halves(void *arg)
{
    struct coil_stream *uploads[UPLOADS];
    size_t refused = 0;

    (void)arg;
    serve_with(
        &(struct coil_http_server_options){ .max_buffered = 4 * MIB,
                                            .max_body_size = 64 * MIB,
                                            .min_rate = COIL_HTTP_UNLIMITED });
    for (size_t i = 0; i < UPLOADS; i++) {
        uploads[i] = dial();
        send_text(uploads[i], "POST /look HTTP/1.1\r\n" HOST
                              "Content-Length: 1048576\r\n\r\n");
        send_bytes(uploads[i], 512 * KIB);
        settle();
        ASSERT_LE(coil_http_server_buffered(server), 4 * MIB);
    }
    for (size_t i = 0; i < UPLOADS; i++)
        if (coil_stream_is_stale(uploads[i])) {
            const char *answer = answer_on(uploads[i]);

            ASSERT_EQ(status_in(answer), 503);
            ASSERT_STR_CONTAINS(answer, "Retry-After: 1\r\n");
            ASSERT_STR_CONTAINS(answer, CLOSE);
            uploads[i] = NULL;
            refused++;
        }
    ASSERT_GE(refused, UPLOADS - 8);
    ASSERT_LT(refused, UPLOADS);

    for (size_t i = 0; i < UPLOADS; i++)
        coil_stream_abort(uploads[i]);
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    ASSERT_EQ(report_count, 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_server_limits_what_all_uploads_keep)
{
    run_seeds(upload_halves);
}

/* ---- what fits, and what never will ----------------------------------- */

static int status_of_body(const char *framing, size_t size)
{
    char request[2000];
    size_t head = (size_t)snprintf(request, sizeof request,
                                   "POST /look HTTP/1.1\r\n" HOST CLOSE);

    if (framing)
        head +=
            (size_t)sprintf(request + head, "%s\r\n\r\n%zx\r\n", framing, size);
    else
        head += (size_t)sprintf(request + head, "Content-Length: %zu\r\n\r\n",
                                size);
    memset(request + head, 'b', size);
    head += size;
    if (framing)
        head += (size_t)sprintf(request + head, "\r\n0\r\n\r\n");
    return status_in(ask_bytes(request, head));
}

STREAM_TEST(http_server_limits_know_what_never_fits)
{
    static const char chunked[] = "Transfer-Encoding: chunked";

    serve_with(&(struct coil_http_server_options){ .max_buffered = 1000 });
    ASSERT_EQ(status_of_body(NULL, 1001), 413);
    ASSERT_EQ(status_of_body(NULL, 800), 200);
    ASSERT_EQ(status_of_body(chunked, 1001), 503);
    ASSERT_EQ(status_of_body(chunked, 800), 200);
    ASSERT_EQ(report_count, 0);

    /* What is read in pieces is not kept. */
    end_server();
    serve_with(&(struct coil_http_server_options){ .max_buffered = 150 });
    ASSERT_STR_CONTAINS(
        ask("POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Length: 200\r\n\r\n"
            "12345678901234567890123456789012345678901234567890"
            "12345678901234567890123456789012345678901234567890"
            "12345678901234567890123456789012345678901234567890"
            "12345678901234567890123456789012345678901234567890"),
        "1234567890");
    ASSERT_EQ(report_count, 0);
    end_server();
}

STREAM_TEST(http_server_limits_heads_that_are_kept)
{
    char request[6000] = "GET /hello HTTP/1.1\r\n" HOST CLOSE "X: ";
    size_t size = strlen(request);
    struct coil_stream *s;

    memset(request + size, 'x', 5000);
    strcpy(request + size + 5000, "\r\n\r\n");

    serve_with(&(struct coil_http_server_options){ .max_buffered = 4096 });
    ASSERT_EQ(status_in(ask(request)), 503);
    s = dial();
    for (const char *at = request; *at; at += 50) {
        int rc = coil_stream_write(s, at, strlen(at) < 50 ? strlen(at) : 50);

        if (rc < 0)
            break;
        settle();
    }
    ASSERT_EQ(status_in(answer_on(s)), 503);
    settle();
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
}

STREAM_TEST(http_server_limits_nothing_if_told_so)
{
    serve_with(&(struct coil_http_server_options){
        .max_buffered = COIL_HTTP_UNLIMITED,
        .max_connections = COIL_HTTP_UNLIMITED,
        .min_rate = COIL_HTTP_UNLIMITED,
        .transfer_timeout = COIL_NEVER,
    });
    ASSERT_EQ(status_in(ask("POST /look HTTP/1.1\r\n" HOST CLOSE
                            "Content-Length: 10\r\n\r\n1234567890")),
              200);
    end_server();
}

/* ---- slow bodies ------------------------------------------------------ */

/* Send `first` bytes at once, then `rate` a second.  How long that goes well. */
static coil_time trickle(struct coil_stream *s, size_t first, size_t rate,
                         coil_time most)
{
    coil_time begun = coil_now();

    send_text(s,
              "POST /look HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
    send_bytes(s, first);
    while (coil_now() - begun < most) {
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        if (coil_http_server_connections(server) == 0 ||
            coil_stream_is_stale(s))
            break;
        send_bytes(s, rate);
    }
    return coil_now() - begun;
}

static int send_slowly(void *arg)
{
    static const struct {
        size_t first;
        size_t rate;
        coil_time least;
        coil_time most;
    } rows[] = {
        { 1, 1, 5 * COIL_SECOND, 7 * COIL_SECOND },
        { 1, 120, 9 * COIL_SECOND, 12 * COIL_SECOND },
        { 1, 400, 200 * COIL_SECOND, 201 * COIL_SECOND },
        { 500000, 1, 59 * COIL_SECOND, 62 * COIL_SECOND },
        { 500000, 60, 79 * COIL_SECOND, 84 * COIL_SECOND },
    };

    (void)arg;
    serve_defaults();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct coil_stream *s = dial();
        coil_time took =
            trickle(s, rows[i].first, rows[i].rate, 200 * COIL_SECOND);

        if (took < rows[i].least || took > rows[i].most)
            FAIL("row %zu took %lld s", i, (long long)(took / COIL_SECOND));
        if (rows[i].least < 200 * COIL_SECOND)
            ASSERT_EQ(status_in(answer_on(s)), 408);
        else
            coil_stream_abort(s);
        ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
        ASSERT_EQ(coil_http_server_connections(server), 0);
    }
    ASSERT_EQ(report_count, 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_server_limits_how_slowly_a_body_may_come)
{
    run_seeds(send_slowly);
}

/* A handler that is slow itself does not use up the client's time. */
static int think_and_read(struct coil_http_exchange *x, void *arg)
{
    char piece[100];
    ptrdiff_t n;

    (void)arg;
    do {
        if (coil_sleep(4 * COIL_SECOND) < 0)
            return -ECANCELED;
        n = coil_http_exchange_read(x, piece, sizeof piece);
    } while (n > 0);
    if (n < 0)
        return (int)n;
    return coil_http_respond(x, 200, NULL, "done", 4);
}

static int wait_for_the_handler(void *arg)
{
    (void)arg;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "POST", "/think", think_and_read, NULL),
        0);
    ASSERT_STR_EQ(body_in(ask("POST /think HTTP/1.1\r\n" HOST CLOSE
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n")),
                  "done");
    end_server();
    return 0;
}

TEST(http_server_limits_do_not_blame_a_client_for_the_handler)
{
    run_seeds(wait_for_the_handler);
}

/* ---- slow readers ----------------------------------------------------- */

static int read_at_a_rate(void *arg)
{
    static const size_t rates[] = { 20000, 20 };
    size_t before = large_size;
    static char piece[20000];

    (void)arg;
    large_size = 8 * MIB;
    serve_defaults();
    for (size_t i = 0; i < 2; i++) {
        struct coil_stream *s = dial();
        size_t got = 0;
        ptrdiff_t n = 1;

        send_text(s, "GET /large HTTP/1.1\r\n" HOST CLOSE "\r\n");
        settle();
        while (n > 0 && coil_http_server_connections(server) > 0) {
            ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
            n = coil_stream_read(s, piece, rates[i]);
            got += n > 0 ? (size_t)n : 0;
        }
        while (n > 0) {
            n = coil_stream_read(s, piece, sizeof piece);
            got += n > 0 ? (size_t)n : 0;
        }
        if (i == 0)
            ASSERT_GT(got, large_size);
        else
            ASSERT_LT(got, large_size);
        coil_stream_abort(s);
    }
    end_server();
    large_size = before;
    return 0;
}

/* Without a rate a client may take nothing for so long. */
static int read_nothing(void *arg)
{
    size_t before = large_size;
    struct coil_stream *s;
    coil_time begun;

    (void)arg;
    large_size = 8 * MIB;
    serve_with(&(struct coil_http_server_options){
        .min_rate = COIL_HTTP_UNLIMITED,
        .transfer_timeout = 20 * COIL_SECOND,
    });
    s = dial();
    send_text(s, "GET /large HTTP/1.1\r\n" HOST CLOSE "\r\n");
    settle();
    begun = coil_now();
    while (coil_http_server_connections(server) > 0)
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_GE(coil_now() - begun, 19 * COIL_SECOND);
    ASSERT_LE(coil_now() - begun, 23 * COIL_SECOND);
    coil_stream_abort(s);
    end_server();
    large_size = before;
    return 0;
}

TEST(http_server_limits_how_long_nothing_is_read)
{
    run_seeds(read_nothing);
}

TEST(http_server_limits_how_slowly_a_response_is_read)
{
    run_seeds(read_at_a_rate);
}
