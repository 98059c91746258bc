/* SPDX-License-Identifier: MIT */
/*
 * coil-httpbin, as a part of this program: in virtual time, asked for what it
 * has not got, by clients that go away, without memory, over a network that
 * fails.
 */
/* TIMEOUT: 60 */
/* APP: coil-httpbin */
/* FAULTY: main malloc calloc realloc strdup printf coil_loop_add_signal_handler */
#undef main
#undef malloc
#undef calloc
#undef realloc
#undef strdup
#undef printf
#undef coil_loop_add_signal_handler

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <coil/http_server.h>

#include "child.h"
#include "http_server_test.h"
#include "request.h"

void *faulty_malloc(size_t size);
void *faulty_calloc(size_t count, size_t size);
void *faulty_realloc(void *old, size_t size);
char *faulty_strdup(const char *text);
int faulty_printf(const char *format, ...);
int faulty_coil_loop_add_signal_handler(struct coil_loop *loop,
                                        struct coil_signal_handler *handler,
                                        int number, coil_callback_fn fn,
                                        void *arg);

/* ---- what fails ----------------------------------------------------------- */

static size_t failing; /* the n-th allocation of the program; 0: none */
static size_t allocations;

static bool is_short(void)
{
    return ++allocations == failing;
}

void *faulty_malloc(size_t size)
{
    return is_short() ? NULL : malloc(size);
}

void *faulty_calloc(size_t count, size_t size)
{
    return is_short() ? NULL : calloc(count, size);
}

void *faulty_realloc(void *old, size_t size)
{
    return is_short() ? NULL : realloc(old, size);
}

char *faulty_strdup(const char *string)
{
    return is_short() ? NULL : strdup(string);
}

/* ---- a server and its clients --------------------------------------------- */

static struct httpbin httpbin;

static void begin_at(const char *host, coil_time latency)
{
    reported = 0;
    coil_loop_set_exception_handler(coil_loop_current(), count_report, NULL);
    httpbin = (struct httpbin){ .latency = latency };
    ASSERT_EQ(coil_http_server_new(&httpbin.server, NULL), 0);
    ASSERT_EQ(add_routes(&httpbin), 0);
    server = httpbin.server;
    ASSERT_EQ(coil_http_server_listen(server, host, 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
}

static void begin(void)
{
    begin_at("127.0.0.1", 0);
}

static void run(coil_fn fn)
{
    simulated = true;
    for (seed = 0; seed < 4; seed++)
        ASSERT_EQ(coil_test_run(fn, NULL, seed), 0);
}

/* For what has no answer: "". */
static const char *try_to_ask(const char *request)
{
    static char answer[64 * 1024];
    struct coil_stream *s;
    size_t got = 0;
    ptrdiff_t n;
    int rc;

    answer[0] = '\0';
    rc = coil_tcp_connect_address(&s, &address);
    if (rc < 0)
        return answer;
    rc = coil_stream_write(s, request, strlen(request));
    if (rc == 0)
        rc = coil_stream_shutdown(s);
    if (rc == 0) {
        do {
            n = coil_stream_read(s, answer + got, sizeof answer - 1 - got);
            if (n > 0)
                got += (size_t)n;
        } while (n > 0 && got < sizeof answer - 1);
    }
    answer[got] = '\0';
    coil_stream_abort(s);
    drop_dates(answer);
    return answer;
}

static const char *post(const char *type, const char *bytes, size_t size)
{
    static char request[8192];
    int length = snprintf(request, sizeof request,
                          "POST /post HTTP/1.1\r\n" HOST CLOSE
                          "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          type, size);

    ASSERT_LT((size_t)length + size, sizeof request);
    memcpy(request + length, bytes, size);
    return ask_bytes(request, (size_t)length + size);
}

/* ---- what it refuses ------------------------------------------------------ */

static const struct question {
    const char *target;
    int status;
    const char *text;
} questions[] = {
    { "/", 200, "GET     /get\n" },
    { "/", 200, "any     /fault/{}/*\n" },
    { "/nothing", 404, "" },
    { "/post", 405, "" },
    { "/fault/none/", 404, "There is no such fault.\n" },
    { "/status/299", 299, "" },
    { "/status/301", 301, "Location: /redirect/1\r\n" },
    { "/status/407", 407, "Proxy-Authenticate: Basic realm=" },
    { "/status/199", 400, "Invalid status code\n" },
    { "/status/600", 400, "Invalid status code\n" },
    { "/status/2x0", 400, "Invalid status code\n" },
    { "/status/-20", 400, "Invalid status code\n" },
    { "/status/4294967496", 400, "Invalid status code\n" },
    { "/status/00000000200", 400, "Invalid status code\n" },
    { "/status/%20", 400, "Invalid status code\n" },
    { "/redirect/x", 400, "N must be a number from 1\n" },
    { "/redirect/0", 400, "N must be a number from 1\n" },
    { "/bytes/x", 400, "N must be a number\n" },
    { "/bytes/0", 200, "Content-Length: 0\r\n" },
    { "/stream/x", 400, "N must be a number\n" },
    { "/delay/x", 400, "Not a number of seconds\n" },
    { "/delay/1x", 400, "Not a number of seconds\n" },
    { "/delay/-1", 400, "Not a number of seconds\n" },
    { "/delay/nan", 400, "Not a number of seconds\n" },
    { "/drip?duration=x", 400, "Not a number of seconds\n" },
    { "/drip?delay=", 400, "Not a number of seconds\n" },
    { "/drip?numbytes=x", 400, "number of bytes must be positive\n" },
    { "/drip?numbytes=", 400, "number of bytes must be positive\n" },
    { "/drip?numbytes=0", 400, "number of bytes must be positive\n" },
    { "/drip?code=x", 400, "Invalid status code\n" },
    { "/drip?code=199", 400, "Invalid status code\n" },
    { "/drip?code=600", 400, "Invalid status code\n" },
    { "/inflight", 200, "{\"inflight\":" },
};

static int ask_for_all(void *arg)
{
    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const struct question *q = &questions[i];
        const char *answer = get(q->target);

        if (status_in(answer) != q->status || !strstr(answer, q->text))
            FAIL("GET %s: %s", q->target, answer);
    }
    ASSERT_STR_CONTAINS(try_to_ask("GET /drip?numbytes=99999999&duration=0 "
                                   "HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "Content-Length: 10485760\r\n");
    end_server();
    return 0;
}

TEST(httpbin_inside_says_what_is_wrong)
{
    run(ask_for_all);
}

static int ask_with_headers(void *arg)
{
    char request[2048] = "GET /absolute-redirect/2 HTTP/1.1\r\n" CLOSE "Host: ";
    const char *answer;

    (void)arg;
    begin();
    answer = ask("GET /get HTTP/1.1\r\n" HOST CLOSE
                 "Origin: http://me\r\n-x-1A--b: q\r\n~a: r\r\n\r\n");
    ASSERT_STR_CONTAINS(answer, "Access-Control-Allow-Origin: http://me\r\n");
    ASSERT_STR_CONTAINS(answer, "\"-X-1a--B\":\"q\"");
    ASSERT_STR_CONTAINS(answer, "\"~a\":\"r\"");
    answer = ask("GET /get HTTP/1.1\r\n" HOST CLOSE "Origin:\r\n\r\n");
    ASSERT_STR_CONTAINS(answer, "Access-Control-Allow-Origin: *\r\n");
    /* The client may not say whom it asks. */
    answer = ask("GET /absolute-redirect/2 HTTP/1.0\r\n\r\n");
    ASSERT_STR_CONTAINS(answer, "Location: /absolute-redirect/1\r\n");
    answer = ask("GET /get HTTP/1.0\r\n\r\n");
    ASSERT_STR_CONTAINS(answer, "\"url\":\"http://localhost/get\"");
    /* Or say too much. */
    memset(request + strlen(request), 'h', 600);
    strcat(request, "\r\n\r\n");
    answer = ask(request);
    ASSERT_EQ(status_in(answer), 400);
    ASSERT_EQ(status_in(get("/get")), 200);
    end_server();
    return 0;
}

TEST(httpbin_inside_looks_at_headers)
{
    run(ask_with_headers);
}

static int ask_over_ipv6(void *arg)
{
    (void)arg;
    begin_at("::1", 0);
    ASSERT_STR_CONTAINS(get("/ip"), "{\"origin\":\"::1\"}\n");
    end_server();
    return 0;
}

TEST(httpbin_inside_knows_ipv6)
{
    run(ask_over_ipv6);
}

/* ---- bodies --------------------------------------------------------------- */

static const struct form {
    const char *type;
    const char *bytes;
    const char *text;
} forms[] = {
    /* What is UTF-8, and what only looks like it. */
    { "a/b", "\xc3\xa9", "\"data\":\"\\u00E9\"" },
    { "a/b", "\xe2\x82\xac", "\"data\":\"\\u20AC\"" },
    { "a/b", "\xf0\x9f\x98\x80", "\"data\":\"\\uD83D\\uDE00\"" },
    { "a/b", "\xf4\x8f\xbf\xbf", "\"data\":\"\\uDBFF\\uDFFF\"" },
    { "a/b", "\xe2\x82", "\"data\":\"data:application/octet-stream;base64," },
    { "a/b", "\xc3(", "base64,wyg=\"" },
    { "a/b", "\xe0\x9f\xbf", "base64,4J+/\"" },
    { "a/b", "\xed\xa0\x80", "base64,7aCA\"" },
    { "a/b", "\xed\x9f\xbf", "\"data\":\"\\uD7FF\"" },
    { "a/b", "\xee\x80\x80", "\"data\":\"\\uE000\"" },
    { "a/b", "\xf0\x8f\xbf\xbf", "base64," },
    { "a/b", "\xf4\x90\x80\x80", "base64," },
    { "a/b", "\xf5\x80\x80\x80", "base64," },
    { "a/b", "\xc1\xbf", "base64," },
    { "a/b", "\x80", "base64," },
    /* a=1&b=2 */
    { "application/x-www-form-urlencoded", "a=%4a%4A%aF%g0%0g",
      "{\"a\":\"JJ\\uFFFD%g0%0g\"}" },
    { "application/x-www-form-urlencoded", "a=%/0%:0%@0%G0%`0",
      "{\"a\":\"%/0%:0%@0%G0%`0\"}" },
    /* Parts. */
    { "multipart/form-data", "x", "\"form\":{}" },
    { "multipart/form-data; boundary=", "x", "\"form\":{}" },
    { "multipart/form-data; boundary", "x", "\"form\":{}" },
    { "multipart/form-data; boundary=\"b", "x", "\"form\":{}" },
    { "multipart/form-data; a; boundary=b", "--c\r\n", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b\r\nA: b\r\n", "\"form\":{}" },
    { "multipart/form-data; boundary=b", "--b\r\nA: b\r\n\r\nc",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nA: b\r\n\r\nc\r\n--b\r\n"
      "Content-Disposition: form-data\r\n\r\nc\r\n--b--\r\n",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b c",
      "--b\r\ncontent-disposition:form-data;xame=j;\tname=k ;x=y\r\n\r\nv\r\n--b--",
      "\"form\":{\"k\":\"v\"}" },
    { "multipart/form-data;  BOUNDARY=b; c=d",
      "--b\r\nX: y\r\nContent-Dispositiox: z\r\n"
      "Content-Disposition:   form-data; "
      "filename=\"f\"; name=k\r\n\r\nv\r\n--b\r\n"
      "Content-Disposition: form-data; name=k; filename=\r\n"
      "Content-Type: a\r\n\r\n\xff\r\n--b--",
      "\"files\":{\"k\":[\"v\",\"data:a;base64,/w==\"]}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; nam=j; name =k; name=\"l\r\n\r\n"
      "v\r\n--b--",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=\r\n\r\nv\r\n--b--",
      "\"form\":{\"\":\"v\"}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition:\r\n\r\nv\r\n--b--", "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; \r\n\r\nv\r\n--b--",
      "\"form\":{}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=k; filename=f\r\n"
      "Content-Type: \xff\r\n\r\n\xff\r\n--b--",
      "\"files\":{\"k\":\"data:application/octet-stream;base64,/w==\"}" },
    { "multipart/form-data; boundary=b",
      "--b\r\nContent-Disposition: form-data; name=k; filename=f\r\n"
      "Content-Type: "
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "bbbb\r\n\r\n\xff\r\n--b--",
      "aaaa;base64,/w==\"" },
    { "multipart/form-data; boundary="
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "x", "\"form\":{}" },
};

static int post_all(void *arg)
{
    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct form *f = &forms[i];
        const char *answer = post(f->type, f->bytes, strlen(f->bytes));

        if (status_in(answer) != 200 || !strstr(answer, f->text))
            FAIL("%s, %s, not %s: %s", f->type, f->bytes, f->text, answer);
    }
    end_server();
    return 0;
}

TEST(httpbin_inside_takes_bodies_apart)
{
    run(post_all);
}

/* ---- time ----------------------------------------------------------------- */

static coil_time time_of(const char *target, int status)
{
    coil_time before = coil_now();

    ASSERT_EQ(status_in(get(target)), status);
    return coil_now() - before;
}

static int take_time(void *arg)
{
    coil_time time;

    (void)arg;
    begin_at("127.0.0.1", 20 * COIL_MILLISECOND);
    ASSERT_GE(time_of("/get", 200), 20 * COIL_MILLISECOND);
    ASSERT_GE(time_of("/delay/0.5", 200), 520 * COIL_MILLISECOND);
    /* There are limits. */
    time = time_of("/delay/1000", 200);
    ASSERT_GE(time, 10 * COIL_SECOND);
    ASSERT_LT(time, 11 * COIL_SECOND);
    time = time_of("/drip?duration=1e9&numbytes=3", 200);
    ASSERT_GE(time, 40 * COIL_SECOND);
    ASSERT_LT(time, 62 * COIL_SECOND);
    /* Many bytes do not mean as many timers. */
    time = time_of("/drip?duration=1&numbytes=30000&delay=2", 200);
    ASSERT_GE(time, 3 * COIL_SECOND - 10 * COIL_MILLISECOND);
    ASSERT_LT(time, 4 * COIL_SECOND);
    end_server();
    return 0;
}

TEST(httpbin_inside_takes_its_time)
{
    run(take_time);
}

/* ---- clients that go away, and a server that is stopped ------------------- */

static const char *const targets[] = {
    "/get", "/delay/5", "/drip?delay=5", "/drip", "/stream/50", "/fault/slow/",
};

static int stop_meanwhile(void *arg)
{
    char request[200];

    (void)arg;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct coil_stream *s;

        begin_at("127.0.0.1", i == 0 ? COIL_SECOND : 0);
        s = dial();
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n",
                 targets[i]);
        ASSERT_EQ(coil_stream_write(s, request, strlen(request)), 0);
        ASSERT_EQ(coil_sleep(300 * COIL_MILLISECOND), 0);
        end_server();
        ASSERT_EQ(httpbin.inflight, 0);
        coil_stream_abort(s);
    }
    return 0;
}

TEST(httpbin_inside_is_stopped_meanwhile)
{
    run(stop_meanwhile);
}

static int send_too_little(void *arg)
{
    static const char *const heads[] = {
        "POST /post",
        "PUT /anything/x",
        "POST /delay/1",
    };
    char request[200];

    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        snprintf(request, sizeof request,
                 "%s HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc",
                 heads[i]);
        ASSERT_NE(status_in(try_to_ask(request)), 200);
    }
    ASSERT_EQ(reported, 0);
    ASSERT_EQ(httpbin.inflight, 0);
    ASSERT_EQ(status_in(get("/get")), 200);
    end_server();
    return 0;
}

TEST(httpbin_inside_gets_half_a_body)
{
    run(send_too_little);
}

/* ---- failures ------------------------------------------------------------- */

#define GET(target) "GET " target " HTTP/1.1\r\n" HOST CLOSE "\r\n"

static const char *const requests[] = {
    "GET /get?a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9&b=%20 HTTP/1.1\r\n" HOST CLOSE
    "X-A: 1\r\nX-A: 2\r\nOrigin: o\r\n\r\n",
    "PUT /anything HTTP/1.1\r\n" HOST CLOSE
    "Content-Length: 9\r\n\r\n{\"a\":[1]}",
    "POST /post HTTP/1.1\r\n" HOST CLOSE "Content-Length: 2\r\n\r\n\xff\xfe",
    "POST /post HTTP/1.1\r\n" HOST CLOSE
    "Content-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 3\r\n\r\na=1",
    "POST /post HTTP/1.1\r\n" HOST CLOSE
    "Content-Type: multipart/form-data; boundary=b\r\n"
    "Content-Length: 119\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; name=k\r\n\r\nv\r\n--b\r\n"
    "Content-Disposition: form-data; name=k; filename=f\r\n\r\n\xff\r\n--b--\r\n",
    "GET /ip HTTP/1.1\r\n" HOST CLOSE "X-Forwarded-For: x\r\n\r\n",
    "GET /user-agent HTTP/1.1\r\n" HOST CLOSE "User-Agent: x\r\n\r\n",
    GET("/"),
    GET("/status/418"),
    GET("/bytes/10?seed=1"),
    GET("/stream/2"),
    GET("/redirect/2"),
    GET("/delay/0"),
    GET("/drip?duration=0"),
    GET("/fault/nested/"),
};

enum { KINDS = 3, OWN = 0, LIBRARY = 1, NETWORK = 2 };

static void fail_nth(int kind, size_t n)
{
    allocations = 0;
    failing = kind == OWN ? n : 0;
    coil_test_fail_allocation(kind == LIBRARY ? n : 0, false);
    ASSERT_EQ(coil_test_fail_call(kind == NETWORK ? n : 0, -ECONNRESET), 0);
}

static size_t made(int kind)
{
    return kind == OWN       ? allocations
           : kind == LIBRARY ? coil_test_allocations()
                             : coil_test_calls();
}

static void begin_again(void)
{
    coil_http_server_stop(server, 0);
    (void)!end_of(serving);
    coil_http_server_free(server);
    begin();
}

/* Afterwards it answers as if nothing had been. */
static int fail_each(void *arg)
{
    int kind = *(const int *)arg;
    char *expected;

    begin();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        size_t before;
        size_t count;

        fail_nth(kind, 0);
        before = made(kind);
        expected = strdup(ask(requests[i]));
        ASSERT_NOT_NULL(expected);
        count = made(kind) - (kind == OWN ? 0 : before);
        for (size_t n = 1; n <= count;
             n += kind != NETWORK || n < 100 ? 1 : 499) {
            const char *answer;

            fail_nth(kind, n);
            answer = try_to_ask(requests[i]);
            /* Whole, refused, or cut off. */
            if (strcmp(answer, expected) != 0 && status_in(answer) != 500 &&
                strncmp(answer, expected, strlen(answer)) != 0)
                FAIL("%s when %zu of %d fails: %s", requests[i], n, kind,
                     answer);
            if (kind == OWN)
                ASSERT_NE(strcmp(answer, expected), 0);
            fail_nth(kind, 0);
            /* That it cannot accept ends the server. */
            if (kind == NETWORK)
                begin_again();
            ASSERT_STR_EQ(ask(requests[i]), expected);
            ASSERT_EQ(httpbin.inflight, 0);
        }
        free(expected);
    }
    end_server();
    return 0;
}

static void run_failing(int kind)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(fail_each, &kind, 0), 0);
}

TEST(httpbin_inside_each_allocation_fails)
{
    run_failing(OWN);
}

TEST(httpbin_inside_each_allocation_of_the_library_fails)
{
    run_failing(LIBRARY);
}

TEST(httpbin_inside_each_call_of_the_network_fails)
{
    run_failing(NETWORK);
}

/* The head of a response grows where one header more does not fit. */
static int fill_heads(void *arg)
{
    static const char *const paths[] = { "/status/301", "/redirect/2" };
    char origin[1200];
    char request[2000];

    (void)arg;
    begin();
    for (size_t i = 0; i < 2 * sizeof origin; i += 11) {
        size_t before = coil_test_allocations();
        size_t count;

        memset(origin, 'o', sizeof origin);
        origin[i / 2] = '\0';
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\n" HOST CLOSE "Origin: x%s\r\n\r\n",
                 paths[i % 2], origin);
        ASSERT_STR_CONTAINS(ask(request), "Location: /re");
        count = coil_test_allocations() - before;
        for (size_t n = 1; n <= count; n++) {
            const char *answer;

            coil_test_fail_allocation(n, false);
            answer = try_to_ask(request);
            coil_test_fail_allocation(0, false);
            if (*answer && status_in(answer) != 500)
                ASSERT_STR_CONTAINS(answer, "Location: /re");
        }
    }
    end_server();
    return 0;
}

TEST(httpbin_inside_heads_need_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(fill_heads, NULL, 0), 0);
}

/* ---- the program ---------------------------------------------------------- */

static bool is_early; /* the signal comes before the server listens */
static bool was_early;
static bool refuses_signals;

/* As soon as it has said that it listens it is to stop. */
int faulty_printf(const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vprintf(format, args);
    va_end(args);
    fflush(stdout);
    if (!was_early)
        raise(SIGTERM);
    return n;
}

int faulty_coil_loop_add_signal_handler(struct coil_loop *loop,
                                        struct coil_signal_handler *handler,
                                        int number, coil_callback_fn fn,
                                        void *arg)
{
    if (refuses_signals)
        return -ENOMEM;
    if (is_early && !was_early)
        raise(SIGTERM);
    was_early = is_early;
    return coil_loop_add_signal_handler(loop, handler, number, fn, arg);
}

static struct child child;
static size_t failing_at_start;

struct line {
    const char *a;
    const char *b;
};

static void call_main(void *arg)
{
    const struct line *line = arg;
    static char words[3][64];
    char *argv[] = { words[0], words[1], line->b ? words[2] : NULL, NULL };

    snprintf(words[0], sizeof words[0], "coil-httpbin");
    snprintf(words[1], sizeof words[1], "%s", line->a);
    snprintf(words[2], sizeof words[2], "%s", line->b ? line->b : "");
    coil_test_fail_allocation(failing_at_start, false);
    optind = 0;
    exit(faulty_main(line->b ? 3 : 2, argv));
}

static int status_with(const char *a, const char *b)
{
    child_run(&child, call_main, &(struct line){ a, b });
    return WIFSIGNALED(child.status) ? 128 + WTERMSIG(child.status)
                                     : WEXITSTATUS(child.status);
}

TEST(httpbin_inside_options_are_wrong)
{
    static const char *const numbers[] = {
        "", "x", "1x", "-1", "65536", "99999999999999999999",
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ASSERT_EQ(status_with("--port", numbers[i]), 2);
        ASSERT_STR_CONTAINS(child.text, " is not a number from 0 to 65535\n");
        ASSERT_EQ(status_with("--latency", numbers[i]), 2);
        ASSERT_STR_CONTAINS(child.text, " is not a number from 0 to 60000\n");
    }
    ASSERT_EQ(status_with("--port=0", "more"), 2);
    ASSERT_STR_CONTAINS(child.text, "\"more\" is no option\n");
    ASSERT_EQ(status_with("--nonsense", NULL), 2);
    ASSERT_STR_CONTAINS(child.text, "Try coil-httpbin --help.\n");
    ASSERT_EQ(status_with("--version", NULL), 0);
    ASSERT_STR_EQ(child.text, "coil-httpbin " COIL_VERSION_STRING "\n");
    ASSERT_EQ(status_with("--help", NULL), 0);
    ASSERT_STR_CONTAINS(child.text, "--latency MS");
    ASSERT_EQ(status_with("--host=no.such.host.invalid", "--port=0"), 1);
    ASSERT_STR_CONTAINS(child.text,
                        "cannot serve on no.such.host.invalid, port 0: ");
}

TEST(httpbin_inside_is_stopped_by_a_signal)
{
    ASSERT_EQ(status_with("--port=0", "--latency=5"), 0);
    ASSERT_STR_CONTAINS(child.text, "listening on http://127.0.0.1:");
    is_early = true;
    ASSERT_EQ(status_with("--port=0", NULL), 128 + SIGTERM);
    ASSERT_NULL(strstr(child.text, "cannot serve"));
}

TEST(httpbin_inside_cannot_handle_signals)
{
    refuses_signals = true;
    ASSERT_EQ(status_with("--port=0", NULL), 1);
    ASSERT_STR_EQ(child.text,
                  "coil-httpbin: cannot serve on 127.0.0.1, port 0: "
                  "Cannot allocate memory\n");
}

TEST(httpbin_inside_starts_without_memory)
{
    int status;

    for (failing_at_start = 1; failing_at_start < 500; failing_at_start++) {
        status = status_with("--port=0", NULL);
        if (status == 0)
            break;
        ASSERT_EQ(status, 1);
        ASSERT_STR_CONTAINS(child.text, "coil-httpbin: cannot serve on "
                                        "127.0.0.1, port 0: ");
    }
    ASSERT_GT(failing_at_start, 10);
    ASSERT_EQ(status, 0);
}
