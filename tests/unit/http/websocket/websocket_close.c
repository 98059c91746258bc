/* SPDX-License-Identifier: MIT */
/*
 * The end: who closes first, who waits for it, what may be said, and pings that
 * nobody answers.
 */
#include <coil/websocket.h>

#include "http/websocket/keep.h"
#include "websocket_test.h"

static struct raw raw;
static struct coil_websocket_message message;

static int receive(void *arg)
{
    (void)arg;
    return coil_websocket_recv(raw.ws, &message);
}

static int shut(void *arg)
{
    return coil_websocket_close(raw.ws, 1000, arg);
}

static int send_much(void *arg)
{
    static char large[200000];

    (void)arg;
    return coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, large,
                               sizeof large);
}

static void begin_with(bool is_client,
                       const struct coil_websocket_options *options)
{
    struct coil__websocket_terms terms = { .is_client = is_client };

    raw_begin_with(&raw, &terms, options);
}

CORE_TEST(websocket_close_is_a_handshake)
{
    struct coil_task *closing;

    raw_begin(&raw, false);
    closing = start_waiting(shut, "bye");
    raw_expect(&raw, &FRAME(0x88, "\x03\xe8"
                                  "bye"));
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1), -EPIPE);
    raw_send(&raw, &FRAME(0x81, "dropped"));
    raw_send(&raw, &FRAME(0x89, "not answered"));
    raw_send(&raw, &FRAME(0x88, "\x03\xe9"
                                "so long"));
    ASSERT_EQ(end_of(closing), 0);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), 1001);
    ASSERT_STR_EQ(coil_websocket_close_reason(raw.ws), "so long");
    ASSERT_EQ(raw_hear(&raw, &(struct frame){ 0 }), 0);
    ASSERT_EQ(receive(NULL), -EPIPE);
    raw_end(&raw);
}

/* A client waits for the server to end the connection. */
CORE_TEST(websocket_close_of_a_client_waits_for_the_server)
{
    struct coil_task *closing;

    raw_begin(&raw, true);
    closing = start_waiting(shut, NULL);
    raw_expect(&raw, &FRAME(0x88, "\x03\xe8"));
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(coil_stream_write(raw.far, "behind", 6), 0);
    turn();
    turn();
    ASSERT(!coil_task_is_done(closing));
    ASSERT_EQ(coil_stream_shutdown(raw.far), 0);
    ASSERT_EQ(end_of(closing), 0);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_NO_CODE);
    raw_end(&raw);
}

CORE_TEST(websocket_close_takes_only_so_long)
{
    struct coil_websocket_options options = { .ping_every = COIL_NEVER,
                                              .close_limit = 3 * COIL_SECOND };
    coil_time begun = coil_now();

    begin_with(false, &options);
    ASSERT_EQ(shut(NULL), -ETIMEDOUT);
    ASSERT_EQ(coil_now() - begun, 3 * COIL_SECOND);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_ABNORMAL);
    ASSERT_EQ(receive(NULL), -ETIMEDOUT);
    ASSERT_EQ(shut(NULL), -ETIMEDOUT);
    raw_end(&raw);

    /* The close frames were exchanged: the rest is no matter. */
    begin_with(true, &options);
    raw_send(&raw, &FRAME(0x88, ""));
    begun = coil_now();
    ASSERT_EQ(shut(NULL), 0);
    ASSERT_EQ(coil_now() - begun, 3 * COIL_SECOND);
    raw_end(&raw);
}

CORE_TEST(websocket_close_leaves_messages_to_who_receives)
{
    struct coil_task *receiver;
    struct coil_task *closing;

    raw_begin(&raw, false);
    receiver = start_waiting(receive, NULL);
    closing = start_waiting(shut, NULL);
    raw_send(&raw, &FRAME(0x81, "last words"));
    ASSERT_EQ(end_of(receiver), 0);
    ASSERT_STR_EQ(message.data, "last words");

    /* Now it is the closer who receives, and others wait for it. */
    turn();
    receiver = start_waiting(receive, NULL);
    ASSERT(!coil_task_is_done(receiver));
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT_EQ(end_of(closing), 0);
    ASSERT_EQ(end_of(receiver), -EPIPE);
    raw_end(&raw);
}

CORE_TEST(websocket_close_ends_with_the_receiver)
{
    struct coil_task *receiver;
    struct coil_task *closing;

    raw_begin(&raw, false);
    receiver = start_waiting(receive, NULL);
    closing = start_waiting(shut, NULL);
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT_EQ(end_of(receiver), -EPIPE);
    ASSERT_EQ(end_of(closing), 0);
    raw_end(&raw);
}

CORE_TEST(websocket_close_goes_on_after_a_cancellation)
{
    struct coil_task *closing;

    raw_begin(&raw, false);
    closing = start_waiting(shut, "once");
    ASSERT_EQ(end_by_cancelling(closing), -ECANCELED);
    raw_expect(&raw, &FRAME(0x88, "\x03\xe8"
                                  "once"));
    closing = start_waiting(shut, "twice");
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT_EQ(end_of(closing), 0);
    ASSERT_EQ(raw_hear(&raw, &(struct frame){ 0 }), 0);
    raw_end(&raw);
}

CORE_TEST(websocket_close_says_only_what_may_be_said)
{
    static const unsigned bad[] = { 0,    999,  1004, 1006,        1015,
                                    1016, 2999, 5000, 65536 + 1000 };
    char reason[125];

    raw_begin(&raw, false);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ASSERT_EQ(coil_websocket_close(raw.ws, bad[i], NULL), -EINVAL);
    ASSERT_EQ(coil_websocket_close(raw.ws, 1000, "\xff"), -EINVAL);
    ASSERT_EQ(coil_websocket_close(raw.ws, 1000, "\xc3"), -EINVAL);
    ASSERT_EQ(coil_websocket_close(raw.ws, COIL_WEBSOCKET_NO_CODE, "x"),
              -EINVAL);
    memset(reason, 'r', 124);
    reason[124] = '\0';
    ASSERT_EQ(coil_websocket_close(raw.ws, 1000, reason), -EINVAL);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(coil_websocket_close(raw.ws, COIL_WEBSOCKET_NO_CODE, NULL), 0);
    raw_expect(&raw, &FRAME(0x88, ""));
    raw_end(&raw);
}

/* A message that is being sent piece by piece does not hold it up. */
CORE_TEST(websocket_close_may_come_within_a_message)
{
    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "1", 1, false),
              0);
    raw_send(&raw, &FRAME(0x88, ""));
    ASSERT_EQ(shut(NULL), 0);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "2", 1, true),
              -EPIPE);
    raw_expect(&raw, &FRAME(0x01, "1"));
    raw_expect(&raw, &FRAME(0x88, "\x03\xe8"));
    raw_end(&raw);
}

/* ---- pings by a timer --------------------------------------------------- */

static void begin_keeping(const struct coil_websocket_options *options)
{
    begin_with(false, options);
    coil__websocket_keep_begin(raw.ws);
}

static const struct coil_websocket_options keeping = {
    .ping_every = 10 * COIL_SECOND,
    .pong_limit = 5 * COIL_SECOND,
    .close_limit = COIL_SECOND,
};

CORE_TEST(websocket_close_comes_when_no_ping_is_answered)
{
    struct coil_task *receiver;
    struct coil_task *sender;
    coil_time begun = coil_now();

    begin_keeping(&keeping);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(send_much(NULL), 0);
    sender = start_waiting(send_much, NULL);
    ASSERT_EQ(end_of(receiver), -ETIMEDOUT);
    ASSERT_EQ(end_of(sender), -ETIMEDOUT);
    ASSERT_EQ(coil_now() - begun, 15 * COIL_SECOND);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_ABNORMAL);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1),
              -ETIMEDOUT);
    raw_end(&raw);
}

CORE_TEST(websocket_close_does_not_come_while_pings_are_answered)
{
    struct coil_task *receiver;
    struct frame heard;

    begin_keeping(&keeping);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(coil_websocket_latency(raw.ws), 0);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(raw_hear(&raw, &heard), 1);
        ASSERT_EQ(heard.first, 0x89);
        ASSERT_EQ(coil_sleep(4 * COIL_SECOND), 0);
        heard.first = 0x8a;
        raw_send(&raw, &heard);
        turn();
        turn();
        ASSERT_EQ(coil_websocket_latency(raw.ws), 4 * COIL_SECOND);
    }
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_end(&raw);
}

/* A pong may be late behind a large message, or not be received yet. */
CORE_TEST(websocket_close_does_not_come_while_anything_else_does)
{
    struct coil_task *receiver;

    begin_keeping(&keeping);
    receiver = start_waiting(receive, NULL);
    for (int i = 0; i < 20; i++) {
        raw_send(&raw, &FRAME(0x00 + (i == 0), "x"));
        ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    }
    ASSERT(!coil_task_is_done(receiver));
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_send(&raw, &FRAME(0x80, "end"));
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_EQ(message.size, 23);
    raw_end(&raw);
}

CORE_TEST(websocket_close_tells_the_latency_of_any_ping)
{
    struct coil_task *receiver;

    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_ping(raw.ws, "mine", 4), 0);
    receiver = start_waiting(receive, NULL);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    raw_send(&raw, &FRAME(0x8a, "other"));
    turn();
    turn();
    ASSERT_EQ(coil_websocket_latency(raw.ws), 0);
    raw_send(&raw, &FRAME(0x8a, "mind"));
    raw_send(&raw, &FRAME(0x8a, "mine"));
    turn();
    turn();
    ASSERT_EQ(coil_websocket_latency(raw.ws), COIL_SECOND);
    ASSERT_EQ(end_by_cancelling(receiver), -ECANCELED);
    raw_end(&raw);
}

/* ---- without a task ----------------------------------------------------- */

static int echo_without_a_task(void *arg)
{
    (void)arg;
    raw_begin(&raw, false);
    raw_send(&raw, &FRAME(0x81, "hello"));
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT_EQ(echo_messages(raw.ws), -EPIPE);
    raw_expect(&raw, &FRAME(0x81, "hello"));
    ASSERT_EQ(coil_websocket_close(raw.ws, 1000, NULL), 0);
    raw_end(&raw);
    return 0;
}

TEST(websocket_close_needs_no_clock)
{
    ASSERT_EQ(run_without_clock(echo_without_a_task, NULL), 0);
}
