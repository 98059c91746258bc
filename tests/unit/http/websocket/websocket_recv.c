/* SPDX-License-Identifier: MIT */
/*
 * Receiving: limits, pieces, one receiver at a time, what a cancellation keeps, and
 * how a connection may end.
 */
#include <stdlib.h>

#include <coil/websocket.h>

#include "websocket_test.h"

static struct raw raw;
static struct coil_websocket_message message;

static int receive(void *arg)
{
    (void)arg;
    return coil_websocket_recv(raw.ws, &message);
}

static void begin_with(const struct coil_websocket_options *options)
{
    struct coil__websocket_terms terms = { .is_client = false };

    raw_begin_with(&raw, &terms, options);
}

CORE_TEST(websocket_recv_limits_messages_and_frames)
{
    struct coil_websocket_options options = { .ping_every = COIL_NEVER,
                                              .max_message = 10,
                                              .max_frame = 8 };

    begin_with(&options);
    raw_send(&raw, &FRAME(0x01, "12345678"));
    raw_send(&raw, &FRAME(0x80, "90"));
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_STR_EQ(message.data, "1234567890");
    raw_send(&raw, &FRAME(0x01, "12345678"));
    raw_send(&raw, &FRAME(0x80, "901"));
    ASSERT_EQ(receive(NULL), COIL_EHTTP_BODY_TOO_LARGE);
    raw_expect(&raw, &FRAME(0x88, "\x03\xf1too large"));
    raw_end(&raw);

    begin_with(&options);
    raw_send(&raw, &FRAME(0x81, "123456789"));
    ASSERT_EQ(receive(NULL), COIL_EHTTP_BODY_TOO_LARGE);
    raw_end(&raw);
}

/* It is refused by its head, before the payload has come. */
CORE_TEST(websocket_recv_waits_for_nothing_that_is_too_large)
{
    static const char head[] = "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0";

    raw_begin(&raw, false);
    ASSERT_EQ(coil_stream_write(raw.far, head, sizeof head), 0);
    ASSERT_EQ(receive(NULL), COIL_EHTTP_BODY_TOO_LARGE);
    raw_end(&raw);
}

CORE_TEST(websocket_recv_gives_a_message_in_pieces)
{
    struct coil_websocket_options options = { .ping_every = COIL_NEVER,
                                              .max_message = 4 };
    enum coil_websocket_kind kind;
    char piece[4];
    bool is_end;

    begin_with(&options);
    raw_send(&raw, &FRAME(0x01, "longer "));
    raw_send(&raw, &FRAME(0x80, "than"));
    raw_send(&raw, &FRAME(0x82, ""));
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 0, &kind, &is_end), -EINVAL);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), 4);
    ASSERT_EQ(memcmp(piece, "long", 4), 0);
    ASSERT_EQ(kind, COIL_WEBSOCKET_TEXT);
    ASSERT(!is_end);
    ASSERT_EQ(receive(NULL), -EINVAL);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), 3);
    ASSERT(!is_end);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), 4);
    ASSERT(is_end);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), 0);
    ASSERT(is_end);
    ASSERT_EQ(kind, COIL_WEBSOCKET_BINARY);
    raw_send(&raw, &FRAME(0x81, "1234"));
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_STR_EQ(message.data, "1234");
    raw_end(&raw);
}

CORE_TEST(websocket_recv_is_for_one_task_at_a_time)
{
    struct coil_task *first;
    enum coil_websocket_kind kind;
    char piece[4];
    bool is_end;

    raw_begin(&raw, false);
    first = start_waiting(receive, NULL);
    ASSERT_EQ(receive(NULL), -EBUSY);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), -EBUSY);
    raw_send(&raw, &FRAME(0x81, "one"));
    ASSERT_EQ(end_of(first), 0);
    ASSERT_STR_EQ(message.data, "one");
    raw_end(&raw);
}

/* Cancelled after each byte that comes, it loses none of them. */
CORE_TEST(websocket_recv_loses_nothing_when_it_is_cancelled)
{
    const struct frame frames[] = {
        FRAME(0x01, "some "),
        FRAME(0x89, "ping"),
        FRAME(0x80, "text"),
        FRAME(0x82, "bytes"),
    };
    unsigned char bytes[256];
    size_t size = 0;
    size_t got = 0;

    raw_begin(&raw, false);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        size += raw_put(bytes + size, &frames[i], true);
    for (size_t at = 0; at < size; at++) {
        struct coil_task *task = start_waiting(receive, NULL);
        int rc;

        ASSERT_EQ(coil_stream_write(raw.far, bytes + at, 1), 0);
        turn();
        turn();
        coil_task_cancel(task);
        rc = end_of(task);
        if (rc == 0)
            ASSERT_STR_EQ(message.data, got++ ? "bytes" : "some text");
        else
            ASSERT_EQ(rc, -ECANCELED);
    }
    ASSERT_EQ(got, 2);
    raw_expect(&raw, &FRAME(0x8a, "ping"));
    raw_end(&raw);
}

/* A message in part belongs to who has begun it. */
CORE_TEST(websocket_recv_goes_on_with_what_it_has_begun)
{
    struct coil_task *task;
    enum coil_websocket_kind kind;
    char piece[4];
    bool is_end;

    raw_begin(&raw, false);
    task = start_waiting(receive, NULL);
    raw_send(&raw, &FRAME(0x01, "begun "));
    turn();
    turn();
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(coil_websocket_read(raw.ws, piece, 4, &kind, &is_end), -EINVAL);
    raw_send(&raw, &FRAME(0x80, "and ended"));
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_STR_EQ(message.data, "begun and ended");
    raw_end(&raw);
}

CORE_TEST(websocket_recv_reads_only_what_it_is_asked_for)
{
    static char large[300000];

    raw_begin(&raw, false);
    raw_send(&raw, &(struct frame){ 0x82, large, sizeof large });
    raw_send(&raw, &(struct frame){ 0x82, large, sizeof large });
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_EQ(message.size, sizeof large);
    turn();
    ASSERT_GT(coil_stream_unsent(raw.far), 100000);
    ASSERT_EQ(receive(NULL), 0);
    ASSERT_EQ(message.size, sizeof large);
    raw_end(&raw);
}

CORE_TEST(websocket_recv_tells_how_the_connection_ended)
{
    raw_begin(&raw, false);
    raw_send(&raw, &FRAME(0x01, "half"));
    coil_stream_abort(raw.far);
    ASSERT_EQ(receive(NULL), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(receive(NULL), COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(coil_websocket_close_code(raw.ws), COIL_WEBSOCKET_ABNORMAL);
    ASSERT_STR_EQ(coil_websocket_close_reason(raw.ws), "");
    ASSERT_EQ(coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "x", 1),
              COIL_EHTTP_TRUNCATED);
    ASSERT_EQ(coil_websocket_close(raw.ws, 1000, NULL), COIL_EHTTP_TRUNCATED);
    coil_websocket_free(raw.ws);
    coil_stream_abort(raw.near);
}

CORE_TEST(websocket_recv_can_be_repeated_for_want_of_memory)
{
    static char large[50000];
    size_t failed = 0;

    memset(large, 'x', sizeof large);
    for (size_t n = 1; n < 20; n++) {
        int rc;

        raw_begin(&raw, false);
        raw_send(&raw, &FRAME(0x81, "small"));
        raw_send(&raw, &(struct frame){ 0x81, large, sizeof large });
        coil_test_fail_allocation(n, false);
        rc = receive(NULL);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            failed++;
            ASSERT_EQ(receive(NULL), 0);
        }
        ASSERT_STR_EQ(message.data, "small");
        rc = receive(NULL);
        coil_test_fail_allocation(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            failed++;
            ASSERT_EQ(receive(NULL), 0);
        }
        ASSERT_EQ(message.size, sizeof large);
        ASSERT_EQ(memcmp(message.data, large, sizeof large), 0);
        raw_end(&raw);
    }
    ASSERT_GT(failed, 2);
}
