/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A server of HTTP/2 that lacks memory, or whose network fails, at each point of
 * its work in turn: its client is told so or loses the connection, nothing leaks,
 * and the next client is served.
 */
#include <coil/http_server.h>
#include <coil/testing.h>
#include <nghttp2/nghttp2.h>

#include "http2_raw.h"
#include "http_server_test.h"

enum { LAST = 7, MOST = 1000 };

static struct h2_raw p;

/* Some of all that a client can ask for; nothing is read yet. */
static void ask_for_all(void)
{
    h2_meet(&p, dial());
    settle(); /* the connection is accepted */
    p.is_quiet = true;
    h2_begin(&p);
    h2_ask(&p, 1, "GET", "/chunked");
    h2_ask_with_body(&p, 3, "/look");
    h2_send(&p, NGHTTP2_DATA, 0, 3, "the ", 4);
    h2_ask(&p, 5, "GET", "/large");
    h2_send(&p, NGHTTP2_DATA, 0, 3, "body", 4);
    h2_send(&p, NGHTTP2_HEADERS, 5, 3, "\0\1x\1y", 5);
    h2_ask(&p, LAST, "GET", "no-slash");
    h2_send(&p, NGHTTP2_PING, 0, 0, "01234567", 8);
}

/* Which streams have ended, well or not, when the connection ends. */
static unsigned read_all(void)
{
    const struct h2_frame *f = &p.frame;
    unsigned ended = 0;

    h2_send(&p, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0", 8);
    for (;;) {
        bool is_body = f->type == NGHTTP2_DATA || f->type == NGHTTP2_HEADERS;

        if (!h2_read(&p))
            return ended;
        is_body = f->type == NGHTTP2_DATA || f->type == NGHTTP2_HEADERS;
        if (f->type == NGHTTP2_DATA && f->size > 0) {
            h2_grant(&p, 0, (uint32_t)f->size);
            h2_grant(&p, f->stream, (uint32_t)f->size);
        }
        if (f->type == NGHTTP2_RST_STREAM ||
            (is_body && f->flags & NGHTTP2_FLAG_END_STREAM))
            ended |= 1u << f->stream;
    }
}

/* Let the n-th of something fail while the server works. */
static unsigned serve_failing(void (*arm)(size_t n), size_t n)
{
    unsigned ended;

    ask_for_all();
    arm(n);
    settle();
    arm(0);
    ended = read_all();
    h2_part(&p);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    ASSERT_EQ(coil_http_server_buffered(server), 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    return ended;
}

static void lack_once(size_t n)
{
    coil_test_fail_allocation(n, false);
}

static void lack_from_there(size_t n)
{
    coil_test_fail_allocation(n, true);
}

static void break_call(size_t n)
{
    int rc = coil_test_fail_call(n, -ECONNRESET);

    ASSERT_EQ(rc, 0);
}

static void be_too_late(size_t n)
{
    int rc = coil_test_fail_call(n, -ETIMEDOUT);

    ASSERT_EQ(rc, 0);
}

static void run_out(size_t n)
{
    int rc = coil_test_fail_call(n, -ENOMEM);

    ASSERT_EQ(rc, 0);
}

static void (*arm)(size_t n);

static void fail_everywhere(void)
{
    const unsigned all = 1u << 1 | 1u << 3 | 1u << 5 | 1u << LAST;
    size_t pieces;
    size_t untouched = 0;
    size_t spoilt = 0;

    serve_defaults();
    ASSERT_EQ(serve_failing(arm, 0), all);
    pieces = coil_test_live_allocations();
    /* Untouched a few times in a row: there is no such point any more. */
    for (size_t n = 1; n < MOST && untouched < 5; n++) {
        unsigned ended = serve_failing(arm, n);

        untouched = ended == all ? untouched + 1 : 0;
        spoilt += ended != all;
        ASSERT_LE(coil_test_live_allocations(), pieces);
    }
    ASSERT_GT(spoilt, 3);
    ASSERT_LT(untouched, MOST);
    end_server();
}

static void run_seeds(void (*how)(size_t n))
{
    void (*body)(void) = fail_everywhere;

    arm = how;
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < 5; seed++)
        ASSERT_EQ(coil_test_run(run_body, &body, seed), 0);
}

TEST(http2_failures_of_one_allocation)
{
    run_seeds(lack_once);
}

TEST(http2_failures_of_all_allocations)
{
    run_seeds(lack_from_there);
}

TEST(http2_failures_of_the_network)
{
    run_seeds(break_call);
}

TEST(http2_failures_of_a_network_that_gives_up)
{
    run_seeds(be_too_late);
}

TEST(http2_failures_of_the_system)
{
    run_seeds(run_out);
}
