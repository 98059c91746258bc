/* SPDX-License-Identifier: MIT */
/*
 * Sending: whole messages and pieces, several senders, a slow reader, and what a
 * cancellation or a lack of memory leaves.
 */
#include <stdlib.h>

#include <coil/websocket.h>

#include "websocket_test.h"

enum { LARGE = 200000 };

static unsigned char large[LARGE];
static struct raw raw;

static int send_large(void *arg)
{
    (void)arg;
    return coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, large, LARGE);
}

static int send_word(void *arg)
{
    return coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, arg, strlen(arg));
}

static int ping_word(void *arg)
{
    return coil_websocket_ping(raw.ws, arg, strlen(arg));
}

CORE_TEST(websocket_send_sends_frames_of_all_sizes)
{
    static const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536, LARGE };

    for (size_t i = 0; i < LARGE; i++)
        large[i] = (unsigned char)(i * 7 + i / 256);
    for (int is_client = 0; is_client < 2; is_client++) {
        raw_begin(&raw, is_client);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, large,
                                          sizes[i]),
                      0);
            raw_expect(&raw, &(struct frame){ 0x82, large, sizes[i] });
        }
        raw_end(&raw);
    }
}

CORE_TEST(websocket_send_refuses_what_is_not_text)
{
    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "\xff", 1),
              -EILSEQ);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "\xc3", 1),
              -EILSEQ);
    ASSERT_EQ(coil_websocket_send(raw.ws, (enum coil_websocket_kind)3, "x", 1),
              -EINVAL);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "\xc3\xa9", 2),
              0);
    raw_expect(&raw, &FRAME(0x81, "\xc3\xa9"));
    raw_end(&raw);
}

CORE_TEST(websocket_send_goes_piece_by_piece)
{
    raw_begin(&raw, false);
    ASSERT_EQ(
        coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "a\xc3", 2, false),
        0);
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1), -EBUSY);
    ASSERT_EQ(
        coil_websocket_write(raw.ws, COIL_WEBSOCKET_BINARY, "x", 1, false),
        -EILSEQ);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "", 0, true),
              -EILSEQ);
    ASSERT_EQ(coil_websocket_ping(raw.ws, "p", 1), 0);
    ASSERT_EQ(
        coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "\xa9", 1, false), 0);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, NULL, 0, true),
              0);
    raw_expect(&raw, &FRAME(0x01, "a\xc3"));
    raw_expect(&raw, &FRAME(0x89, "p"));
    raw_expect(&raw, &FRAME(0x00, "\xa9"));
    raw_expect(&raw, &FRAME(0x80, ""));
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1), 0);
    raw_expect(&raw, &FRAME(0x81, "x"));
    raw_end(&raw);
}

CORE_TEST(websocket_send_keeps_others_out_of_a_message)
{
    struct coil_task *other;
    struct coil_task *ping;

    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "1", 1, false),
              0);
    other = start_waiting(send_word, "other");
    ping = start_waiting(ping_word, "ping");
    ASSERT_EQ(end_of(ping), 0);
    ASSERT(!coil_task_is_done(other));
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "2", 1, true),
              0);
    ASSERT_EQ(end_of(other), 0);
    raw_expect(&raw, &FRAME(0x01, "1"));
    raw_expect(&raw, &FRAME(0x89, "ping"));
    raw_expect(&raw, &FRAME(0x80, "2"));
    raw_expect(&raw, &FRAME(0x81, "other"));
    raw_end(&raw);
}

/* The end lets those go who wait for a message that never ends. */
CORE_TEST(websocket_send_is_over_when_the_websocket_is)
{
    struct coil_websocket_message m;
    struct coil_task *other;

    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "1", 1, false),
              0);
    other = start_waiting(send_word, "other");
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), -EPIPE);
    ASSERT_EQ(end_of(other), -EPIPE);
    ASSERT_EQ(coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "2", 1, true),
              -EPIPE);
    ASSERT_EQ(coil_websocket_ping(raw.ws, "", 0), -EPIPE);
    raw_end(&raw);
}

CORE_TEST(websocket_send_waits_for_a_slow_reader)
{
    struct coil_task *second;
    struct coil_task *third;

    raw_begin(&raw, false);
    ASSERT_EQ(send_large(NULL), 0);
    ASSERT_GT(coil_websocket_unsent(raw.ws), 65536);
    second = start_waiting(send_word, "second");
    third = start_waiting(send_word, "third");
    turn();
    ASSERT(!coil_task_is_done(second));

    /* Who is cancelled has sent nothing. */
    ASSERT_EQ(end_by_cancelling(second), -ECANCELED);
    ASSERT(!coil_task_is_done(third));
    raw_expect(&raw, &(struct frame){ 0x82, large, LARGE });
    ASSERT_EQ(end_of(third), 0);
    raw_expect(&raw, &FRAME(0x81, "third"));
    ASSERT_EQ(coil_websocket_unsent(raw.ws), 0);
    raw_end(&raw);
}

/* The other side does not take the answers to its pings: the last is enough. */
CORE_TEST(websocket_send_keeps_few_pongs)
{
    struct coil_websocket_message m;
    struct frame heard;
    size_t kept;
    size_t count = 0;

    raw_begin(&raw, false);
    ASSERT_EQ(send_large(NULL), 0);
    kept = coil_websocket_unsent(raw.ws);
    for (int i = 0; i < 2000; i++)
        raw_send(&raw, &FRAME(0x89, "01234567890123456789"));
    raw_send(&raw, &FRAME(0x89, "last"));
    raw_send(&raw, &FRAME(0x81, "text"));
    ASSERT_EQ(coil_websocket_recv(raw.ws, &m), 0);
    ASSERT_LT(coil_websocket_unsent(raw.ws), kept + 20000);
    raw_expect(&raw, &(struct frame){ 0x82, large, LARGE });

    /* What is owed goes out with the next message. */
    ASSERT_EQ(send_word("next"), 0);
    do {
        ASSERT_EQ(raw_hear(&raw, &heard), 1);
        count++;
    } while (heard.size == 20);
    ASSERT_GT(count, 100);
    ASSERT_LT(count, 1000);
    ASSERT_EQ(heard.first, 0x8a);
    ASSERT_EQ(memcmp(heard.payload, "last", 4), 0);
    raw_expect(&raw, &FRAME(0x81, "next"));
    raw_end(&raw);
}

CORE_TEST(websocket_send_can_be_repeated_for_want_of_memory)
{
    for (size_t n = 1; n < 6; n++) {
        int rc;

        raw_begin(&raw, true);
        coil_test_fail_allocation(n, false);
        rc = send_large(NULL);
        coil_test_fail_allocation(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            ASSERT_EQ(coil_websocket_unsent(raw.ws), 0);
            ASSERT_EQ(send_large(NULL), 0);
        }
        raw_expect(&raw, &(struct frame){ 0x82, large, LARGE });
        raw_end(&raw);
    }
}

CORE_TEST(websocket_send_control_frames_are_short)
{
    static const char most[126];

    raw_begin(&raw, false);
    ASSERT_EQ(coil_websocket_ping(raw.ws, most, 126), -EMSGSIZE);
    ASSERT_EQ(coil_websocket_pong(raw.ws, most, 126), -EMSGSIZE);
    ASSERT_EQ(coil_websocket_pong(raw.ws, most, 125), 0);
    raw_expect(&raw, &(struct frame){ 0x8a, most, 125 });
    ASSERT_EQ(coil_websocket_ping(raw.ws, NULL, 0), 0);
    raw_expect(&raw, &FRAME(0x89, ""));
    raw_end(&raw);
}

CORE_TEST(websocket_send_tells_that_the_connection_broke)
{
    raw_begin(&raw, false);
    coil_stream_abort(raw.far);
    ASSERT_EQ(send_word("lost"), -EPIPE);
    coil_websocket_free(raw.ws);
    coil_stream_abort(raw.near);
}
