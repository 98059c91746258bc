/* SPDX-License-Identifier: MIT */
/*
 * Options, terms of compression, and what happens if nothing can be written.
 */
#include <coil/websocket.h>

#include "http/websocket/agreement.h"
#include "http/websocket/keep.h"
#include "websocket_test.h"

static struct raw raw;
static struct coil_websocket_message message;

static int receive(void *arg)
{
    (void)arg;
    return coil_websocket_recv(raw.ws, &message);
}

/* ---- options ------------------------------------------------------------ */

TEST(websocket_edges_options_are_in_range)
{
    static const struct coil_websocket_options bad[] = {
        { .deflate.window_bits = 8 },  { .deflate.window_bits = 16 },
        { .deflate.window_bits = -9 }, { .deflate.peer_window_bits = 8 },
        { .deflate.level = 10 },       { .deflate.level = -1 },
        { .ping_every = -1 },          { .pong_limit = -1 },
        { .close_limit = -1 },
    };
    static const struct coil_websocket_options good = {
        .deflate = { .window_bits = 9, .peer_window_bits = 15, .level = 9 }
    };

    ASSERT(coil__websocket_check_options(&good));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ASSERT(!coil__websocket_check_options(&bad[i]));
}

/* ---- terms -------------------------------------------------------------- */

struct agreement {
    struct coil_websocket_deflate own;
    const char *said;
    int rc;
    bool is_deflated;
    struct coil__websocket_deflate_terms terms;
};

static void check_terms(const struct agreement *a,
                        int (*decide)(const struct coil_websocket_deflate *own,
                                      const struct coil_http_header *headers,
                                      size_t count,
                                      struct coil__websocket_terms *terms))
{
    const struct coil_http_header headers[] = {
        { "Other", "x" }, { "Sec-WebSocket-Extensions", a->said }
    };
    struct coil__websocket_terms terms = { .is_deflated = false };
    bool can = coil__websocket_can_deflate(
        &(struct coil_websocket_deflate){ .is_off = false });

    if (!can)
        SKIP("zlib is not built in");
    ASSERT_EQ(decide(&a->own, headers, 2, &terms), a->rc);
    if (a->rc < 0)
        return;
    ASSERT_EQ(terms.is_deflated, a->is_deflated);
    ASSERT_EQ(terms.deflate.server_forgets, a->terms.server_forgets);
    ASSERT_EQ(terms.deflate.client_forgets, a->terms.client_forgets);
    ASSERT_EQ(terms.deflate.server_bits, a->terms.server_bits);
    ASSERT_EQ(terms.deflate.client_bits, a->terms.client_bits);
}

TEST(websocket_edges_a_client_gets_what_it_asks_for)
{
    static const struct agreement cases[] = {
        { { .peer_forgets = true },
          "permessage-deflate",
          COIL_EHTTP_MALFORMED,
          false,
          { 0 } },
        { { .peer_forgets = true },
          "permessage-deflate; server_no_context_takeover",
          0,
          true,
          { .server_forgets = true } },
        { { .peer_window_bits = 10 },
          "permessage-deflate",
          COIL_EHTTP_MALFORMED,
          false,
          { 0 } },
        { { .peer_window_bits = 10 },
          "permessage-deflate; server_max_window_bits=11",
          COIL_EHTTP_MALFORMED,
          false,
          { 0 } },
        { { .peer_window_bits = 10 },
          "permessage-deflate; server_max_window_bits=9",
          0,
          true,
          { .server_bits = 9 } },
        { { .is_off = true },
          "permessage-deflate",
          COIL_EHTTP_MALFORMED,
          false,
          { 0 } },
        { { .is_off = true }, "", 0, false, { 0 } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_terms(&cases[i], coil__websocket_agree);
}

TEST(websocket_edges_a_server_answers_what_it_is_offered)
{
    static const struct agreement cases[] = {
        { { .is_off = true }, "permessage-deflate", 0, false, { 0 } },
        { { .forget = true, .peer_forgets = true },
          "permessage-deflate",
          0,
          true,
          { .server_forgets = true, .client_forgets = true } },
        { { .window_bits = 10 },
          "permessage-deflate; server_max_window_bits=12",
          0,
          true,
          { .server_bits = 10 } },
        { { .window_bits = 12 },
          "permessage-deflate; server_max_window_bits=9",
          0,
          true,
          { .server_bits = 9 } },
        { { .peer_window_bits = 11 },
          "permessage-deflate; client_max_window_bits",
          0,
          true,
          { .client_bits = 11 } },
        { { .peer_window_bits = 11 },
          "permessage-deflate; client_max_window_bits=14",
          0,
          true,
          { .client_bits = 11 } },
        { { .peer_window_bits = 11 },
          "permessage-deflate; client_no_context_takeover; "
          "client_max_window_bits=9",
          0,
          true,
          { .client_forgets = true, .client_bits = 9 } },
        { { 0 },
          "permessage-deflate; client_max_window_bits; "
          "client_max_window_bits=10",
          0,
          false,
          { 0 } },
        { { 0 },
          "permessage-deflate; server_no_context_takeover; "
          "server_no_context_takeover",
          0,
          false,
          { 0 } },
        { { 0 }, "permessage-deflate; x =\t\"y\" ;z, x", 0, false, { 0 } },
        { { 0 }, "permessage-deflate x", COIL_EHTTP_MALFORMED, false, { 0 } },
        { { 0 }, "permessage-deflate; x=", COIL_EHTTP_MALFORMED, false, { 0 } },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_terms(&cases[i], coil__websocket_choose);
}

/* ---- nothing can be written ---------------------------------------------- */

static const struct coil_websocket_options keeping = {
    .ping_every = 10 * COIL_SECOND, .pong_limit = 5 * COIL_SECOND
};

static void begin_keeping(const struct coil_websocket_options *options)
{
    struct coil__websocket_terms terms = { .is_client = false };

    raw_begin_with(&raw, &terms, options);
    coil__websocket_keep_begin(raw.ws);
}

/* A ping that cannot be sent is sent the next time. */
CORE_TEST(websocket_edges_a_ping_waits_for_memory)
{
    struct coil_task *receiver;

    begin_keeping(&keeping);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(coil_sleep(9 * COIL_SECOND), 0);
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_sleep(8 * COIL_SECOND), 0);
    ASSERT(!coil_stream_is_stale(raw.far));
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT(coil_stream_is_stale(raw.far));
    ASSERT_EQ(end_of(receiver), -ETIMEDOUT);
    raw_end(&raw);
}

CORE_TEST(websocket_edges_pings_may_stay_unanswered)
{
    struct coil_websocket_options options = keeping;
    struct coil_task *receiver;

    options.pong_limit = COIL_NEVER;
    begin_keeping(&options);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(coil_sleep(35 * COIL_SECOND), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(raw_hear(&raw, &(struct frame){ 0 }), 1);
    ASSERT(!coil_stream_is_stale(raw.far));
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_end(&raw);
}

static int shut(void *arg)
{
    (void)arg;
    return coil_websocket_close(raw.ws, 1000, NULL);
}

/* While it closes, no pings are sent. */
CORE_TEST(websocket_edges_who_closes_sends_no_pings)
{
    struct coil_websocket_options options = keeping;
    struct coil_task *closing;

    options.close_limit = COIL_MINUTE;
    begin_keeping(&options);
    closing = start_waiting(shut, NULL);
    ASSERT_EQ(coil_sleep(40 * COIL_SECOND), 0);
    raw_expect(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT(!coil_stream_is_stale(raw.far));
    raw_send(&raw, &FRAME(0x8a, ""));
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(end_of(closing), 0);
    raw_end(&raw);
}

CORE_TEST(websocket_edges_close_cannot_be_sent)
{
    raw_begin(&raw, false);
    coil_stream_abort(raw.far);
    ASSERT_EQ(shut(NULL), -EPIPE);
    coil_websocket_free(raw.ws);
    coil_stream_abort(raw.near);
    coil_websocket_free(NULL);
}

/* Who waits for the closer to end may be cancelled. */
CORE_TEST(websocket_edges_waiting_for_the_closer_ends_when_cancelled)
{
    struct coil_task *closing;
    struct coil_task *receiver;

    raw_begin(&raw, false);
    closing = start_waiting(shut, NULL);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(end_of(closing), 0);
    raw_end(&raw);
}

/* The receiver has gone, and whoever closes is cancelled in the same turn. */
static struct coil_task *closer;

static int receive_and_cancel(void *arg)
{
    int rc = receive(arg);

    coil_task_cancel(closer);
    return rc;
}

CORE_TEST(websocket_edges_a_closer_is_cancelled_when_its_turn_comes)
{
    struct coil_task *receiver;

    raw_begin(&raw, false);
    receiver = start_waiting(receive_and_cancel, NULL);
    closer = start_waiting(shut, NULL);
    raw_send(&raw, &FRAME(0x81, "x"));
    ASSERT_EQ(end_of(receiver), 0);
    ASSERT_EQ(end_of(closer), -ECANCELED);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(shut(NULL), 0);
    raw_end(&raw);
}

/* A cancellation is told first, whatever is wrong besides. */
CORE_TEST(websocket_edges_a_cancellation_comes_first)
{
    raw_begin(&raw, false);
    cancel_self();
    ASSERT_EQ(coil_websocket_send(raw.ws, (enum coil_websocket_kind)3, "", 0),
              -ECANCELED);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "1", 1, false),
              0);
    cancel_self();
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "", 0),
              -ECANCELED);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(shut(NULL), 0);
    cancel_self();
    ASSERT_EQ(coil_websocket_ping(raw.ws, "", 0), -ECANCELED);
    ASSERT_EQ(coil_websocket_ping(raw.ws, "", 0), -EPIPE);
    raw_end(&raw);
}

/* After the end, it is the end that is told. */
CORE_TEST(websocket_edges_the_end_is_told_within_a_message)
{
    enum coil_websocket_kind kind;
    struct coil_task *receiver;
    char piece[4];
    bool is_end;

    raw_begin(&raw, false);
    raw_send(&raw, &FRAME(0x01, "1"));
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), 1);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), -EPIPE);
    ASSERT_EQ(receive(NULL), -EPIPE);
    raw_end(&raw);

    raw_begin(&raw, false);
    raw_send(&raw, &FRAME(0x01, "1"));
    receiver = start_waiting(receive, NULL);
    turn();
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(receive(NULL), -EPIPE);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), -EPIPE);
    raw_end(&raw);
}

/* In a coroutine that no task drives there are no limits, and all else works. */
static int talk_by_hand(void *arg)
{
    (void)arg;
    begin_keeping(&keeping);
    raw_send(&raw, &FRAME(0x81, "hello"));
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(echo_messages(raw.ws), -EPIPE);
    raw_expect(&raw, &FRAME(0x81, "hello"));
    ASSERT_EQ(shut(NULL), 0);
    raw_end(&raw);
    return 0;
}

CORE_TEST(websocket_edges_no_task_is_needed)
{
    struct coil_coroutine *co = make(talk_by_hand, NULL);
    void *yielded;

    while (coil_coroutine_send(co, NULL, &yielded) == 1)
        (void)!coil_future_await(yielded, NULL);
    ASSERT_EQ(coil_coroutine_result(co), 0);
    coil_coroutine_free(co);
}

TEST(websocket_edges_no_clock_is_needed)
{
    ASSERT_EQ(run_without_clock(talk_by_hand, NULL), 0);
}

/* A frame cannot be so large that its head does not fit any more. */
CORE_TEST(websocket_edges_no_frame_is_larger_than_memory)
{
    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, "", SIZE_MAX),
              -ENOMEM);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, "x", 1), 0);
    raw_expect(&raw, &FRAME(0x82, "x"));
    raw_end(&raw);
}
