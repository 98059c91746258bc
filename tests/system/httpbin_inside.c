/* SPDX-License-Identifier: MIT */
/*
 * coil-httpbin as a part of this program: in virtual time, with odd requests,
 * clients that go away, no memory, and a network that fails.
 */
/* TIMEOUT: 60 */
/* APP: coil-httpbin */
/* FAULTY: main malloc calloc realloc strdup printf coil_loop_add_signal_handler */
#include "httpbin_inside_test.h"

#include <coil/http_server.h>

/* ---- a server and its clients --------------------------------------------- */

static void run(coil_fn fn)
{
    simulated = true;
    for (seed = 0; seed < 4; seed++)
        ASSERT_EQ(coil_test_run(fn, NULL, seed), 0);
}

/* ---- what it refuses ------------------------------------------------------ */

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
    /* The client need not name a host. */
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
    /* Many bytes need not mean many timers. */
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
    "/get",         "/delay/5",   "/drip?delay=5",
    "/drip",        "/stream/50", "/fault/slow/",
    "/sse?delay=5", "/sse",       "/range/30?duration=30&chunk_size=1",
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
    ASSERT_EQ(report_count, 0);
    ASSERT_EQ(httpbin.inflight, 0);
    ASSERT_EQ(status_in(get("/get")), 200);
    end_server();
    return 0;
}

TEST(httpbin_inside_gets_half_a_body)
{
    run(send_too_little);
}
