/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Clients of HTTP/2 that keep a server busy for nothing: each is told to calm down,
 * after little work and with little memory.  Clients that only look so are served.
 */
#include <coil/http_server.h>
#include <coil/testing.h>
#include <nghttp2/nghttp2.h>

#include "http2_raw.h"
#include "http_server_test.h"

enum {
    MANY = 20000,      /* frames that a flood would have */
    ENOUGH = 4200,     /* of them are enough to know */
    FEW_PIECES = 3000, /* of memory, that one connection may need */
};

/* On the kernel, and with a few seeds, as there is much to do in each. */
#define FLOOD_TEST(name)                                                       \
    static void flood_body_##name(void);                                       \
    TEST(name)                                                                 \
    {                                                                          \
        run_on_kernel(flood_body_##name);                                      \
        run_few_seeds(flood_body_##name);                                      \
    }                                                                          \
    static void flood_body_##name(void)

static void run_few_seeds(void (*body)(void))
{
    simulated = true;
    test_on_failure = say_where;
    for (seed = 0; seed < 8; seed++)
        ASSERT_EQ(coil_test_run(run_body, &body, seed), 0);
}

static size_t handled;

static int count_requests(struct coil_http_exchange *x, void *arg)
{
    (void)arg;
    handled++;
    return coil_http_respond(x, 200, NULL, "", 0);
}

static int sleep_long(struct coil_http_exchange *x, void *arg)
{
    int rc;

    (void)arg;
    handled++;
    rc = coil_sleep(COIL_SECOND);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "", 0);
}

static void begin(struct h2_raw *p)
{
    handled = 0;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, NULL, "/count", count_requests, NULL),
        0);
    ASSERT_EQ(coil_http_server_route(server, NULL, "/long", sleep_long, NULL),
              0);
    h2_meet(p, dial());
    h2_begin(p);
    ASSERT(h2_is_alive(p));
}

static void end(struct h2_raw *p)
{
    h2_part(p);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    ASSERT_EQ(report_count, 0);
    end_server();
}

/* ---- floods ----------------------------------------------------------- */

/* Send one piece of a flood, the i-th.  */
typedef void flood_fn(struct h2_raw *p, uint32_t i);

static void resets(struct h2_raw *p, uint32_t i)
{
    h2_ask(p, 2 * i + 1, "GET", "/long");
    h2_reset(p, 2 * i + 1, NGHTTP2_CANCEL);
}

/* The server has to reset the stream. */
static void faults(struct h2_raw *p, uint32_t i)
{
    h2_ask(p, 2 * i + 1, "GET", "/long");
    h2_grant(p, 2 * i + 1, 0x7fffffff);
}

static void bad_heads(struct h2_raw *p, uint32_t i)
{
    h2_ask(p, 2 * i + 1, "GET", "no-slash");
}

static void pings(struct h2_raw *p, uint32_t i)
{
    (void)i;
    h2_send(p, NGHTTP2_PING, 0, 0, "01234567", 8);
}

static void answers_to_no_ping(struct h2_raw *p, uint32_t i)
{
    (void)i;
    h2_send(p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "01234567", 8);
}

static void settings(struct h2_raw *p, uint32_t i)
{
    h2_set(p, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 100 + i);
}

static void empty_settings(struct h2_raw *p, uint32_t i)
{
    (void)i;
    h2_send(p, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
}

static void priorities(struct h2_raw *p, uint32_t i)
{
    unsigned char payload[5] = { 0, 0, 0, 0, 10 };

    h2_send(p, NGHTTP2_PRIORITY, 0, 2 * i + 1, payload, sizeof payload);
}

static void priority_updates(struct h2_raw *p, uint32_t i)
{
    unsigned char payload[] = { 0, 0, 0, 1, 'u', '=', '1' };

    payload[3] = (unsigned char)(2 * (i % 50) + 1);
    h2_send(p, NGHTTP2_PRIORITY_UPDATE, 0, 0, payload, sizeof payload);
}

static void grants(struct h2_raw *p, uint32_t i)
{
    (void)i;
    h2_grant(p, 0, 1);
}

static void unknown(struct h2_raw *p, uint32_t i)
{
    h2_send(p, 22, 0, i, NULL, 0);
}

static void begin_body(struct h2_raw *p, uint32_t i)
{
    if (i == 0)
        h2_ask_with_body(p, 1, "/look");
}

static void empty_data(struct h2_raw *p, uint32_t i)
{
    begin_body(p, i);
    h2_send(p, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void data_of_padding(struct h2_raw *p, uint32_t i)
{
    begin_body(p, i);
    h2_send(p, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\0", 1);
}

/* Of a stream that has been reset. */
static void begin_reset(struct h2_raw *p, uint32_t i)
{
    begin_body(p, i);
    if (i == 0)
        h2_reset(p, 1, NGHTTP2_CANCEL);
}

static void data_for_nobody(struct h2_raw *p, uint32_t i)
{
    begin_reset(p, i);
    h2_send(p, NGHTTP2_DATA, 0, 1, NULL, 0);
}

static void heads_for_nobody(struct h2_raw *p, uint32_t i)
{
    begin_reset(p, i);
    h2_ask(p, 1, "GET", "/count");
}

static void resets_of_nothing(struct h2_raw *p, uint32_t i)
{
    begin_reset(p, i);
    h2_reset(p, 1, NGHTTP2_CANCEL);
}

static void goaways(struct h2_raw *p, uint32_t i)
{
    if (i == 0)
        h2_ask(p, 1, "GET", "/long");
    h2_send(p, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0", 8);
}

static void continuations(struct h2_raw *p, uint32_t i)
{
    struct h2_block block = { .size = 0 };

    h2_put_field(&block, "x-a", "1234567890123456789012345678901234567890");
    if (i == 0)
        h2_send(p, NGHTTP2_HEADERS, 0, 1, NULL, 0);
    h2_send(p, NGHTTP2_CONTINUATION, 0, 1, block.bytes, block.size);
}

static void empty_continuations(struct h2_raw *p, uint32_t i)
{
    if (i == 0)
        h2_send(p, NGHTTP2_HEADERS, 0, 1, NULL, 0);
    h2_send(p, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
}

/* The same of a head that is dropped. */
static void continuations_for_nobody(struct h2_raw *p, uint32_t i)
{
    begin_reset(p, i);
    empty_continuations(p, i);
}

struct flood {
    const char *name;
    flood_fn *send;
    uint32_t most; /* that may be sent */
};

static const struct flood floods[] = {
    { "resets", resets, 1000 },
    { "faults", faults, 1000 },
    { "bad heads", bad_heads, 1000 },
    { "pings", pings, ENOUGH },
    { "answers to no ping", answers_to_no_ping, ENOUGH },
    { "settings", settings, ENOUGH },
    { "empty settings", empty_settings, ENOUGH },
    { "priorities", priorities, ENOUGH },
    { "updates of priorities", priority_updates, ENOUGH },
    { "windows", grants, ENOUGH },
    { "unknown frames", unknown, ENOUGH },
    { "empty DATA", empty_data, ENOUGH },
    { "DATA with padding alone", data_of_padding, ENOUGH },
    { "DATA for nobody", data_for_nobody, ENOUGH },
    { "heads for nobody", heads_for_nobody, ENOUGH },
    { "resets of nothing", resets_of_nothing, 1000 },
    { "goaways", goaways, ENOUGH },
    { "continuations", continuations, 200 },
    { "empty continuations", empty_continuations, 200 },
    { "continuations for nobody", continuations_for_nobody, 200 },
};

static int read_away(void *arg)
{
    h2_read_away(arg);
    return 0;
}

/* Send until the server has had enough. */
static void play(const struct flood *flood)
{
    size_t before = coil_test_live_allocations();
    struct coil_task *reader;
    struct h2_raw p;
    uint32_t i = 0;

    begin(&p);
    p.is_quiet = true;
    reader = start(read_away, &p);
    while (i < MANY && p.send_error == 0 && p.goaway < 0) {
        flood->send(&p, i);
        if (++i % 100 == 0) {
            settle();
            ASSERT_LE(coil_test_live_allocations() - before, FEW_PIECES);
        }
    }
    ASSERT_EQ(end_of(reader), 0);
    if (p.goaway != NGHTTP2_ENHANCE_YOUR_CALM)
        fprintf(stderr, "%s: code %d after %u\n", flood->name, p.goaway, i);
    ASSERT_EQ(p.goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    ASSERT_LE(i, flood->most);
    ASSERT_LE(handled, 700);
    end(&p);
}

/* Time pays: how much is too much is known on the simulator alone. */
FLOOD_TEST(http2_floods_are_ended)
{
    if (!simulated)
        return;
    for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++)
        play(&floods[i]);
}

/* ---- what only looks like a flood ------------------------------------- */

/* Reads a body by pieces of 1 KiB, and tells each, as some clients do. */
static void read_in_pieces(struct h2_raw *p, uint32_t stream)
{
    const struct h2_frame *f = &p->frame;

    do {
        ASSERT(h2_read(p));
        if (f->type != NGHTTP2_DATA || f->stream != stream)
            continue;
        for (size_t at = 0; at < f->size; at += 1024) {
            size_t piece = f->size - at < 1024 ? f->size - at : 1024;

            h2_grant(p, 0, (uint32_t)piece);
            h2_grant(p, stream, (uint32_t)piece);
        }
    } while (f->type != NGHTTP2_DATA || f->stream != stream ||
             !(f->flags & NGHTTP2_FLAG_END_STREAM));
}

static void expect_peace(struct h2_raw *p)
{
    ASSERT(h2_is_alive(p));
    ASSERT_EQ(p->goaway, -1);
    end(p);
}

FLOOD_TEST(http2_floods_are_not_what_reads_in_small_pieces)
{
    size_t before = large_size;
    struct h2_raw p;

    large_size = 4u << 20;
    begin(&p);
    for (uint32_t i = 1; i <= 3; i += 2) {
        h2_ask(&p, i, "GET", "/large");
        read_in_pieces(&p, i);
    }
    expect_peace(&p);
    large_size = before;
}

/* A browser leaves a page with 100 pictures, comes back, and leaves again. */
FLOOD_TEST(http2_floods_are_not_who_leaves_a_page)
{
    struct h2_raw p;
    uint32_t stream = 1;

    begin(&p);
    for (int visit = 0; visit < 6; visit++) {
        uint32_t first = stream;

        for (int i = 0; i < 100; i++, stream += 2)
            h2_ask(&p, stream, "GET", "/long");
        for (uint32_t i = first; i < stream; i += 2)
            h2_reset(&p, i, NGHTTP2_CANCEL);
        h2_ask(&p, stream, "GET", "/count");
        ASSERT_EQ(h2_answer(&p, stream), 200);
        stream += 2;
        if (visit % 3 == 2)
            ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    }
    expect_peace(&p);
}

/* 100 requests at a time, each with a priority and two windows, as fast as may be. */
FLOOD_TEST(http2_floods_are_not_many_requests)
{
    unsigned char priority[] = { 0, 0, 0, 0, 'u', '=', '3' };
    struct h2_raw p;
    uint32_t stream = 1;

    begin(&p);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100; i++, stream += 2) {
            priority[2] = (unsigned char)(stream >> 8);
            priority[3] = (unsigned char)stream;
            h2_ask(&p, stream, "GET", "/hello");
            h2_send(&p, NGHTTP2_PRIORITY_UPDATE, 0, 0, priority,
                    sizeof priority);
        }
        for (uint32_t i = stream - 200; i < stream; i += 2) {
            h2_grant(&p, 0, 5);
            h2_grant(&p, i, 5);
        }
        ASSERT_EQ(h2_answer(&p, stream - 2), 200);
    }
    expect_peace(&p);
}
