/* SPDX-License-Identifier: MIT */
/*
 * Reading from streams: what was sent arrives once and in order, however it is
 * cut, and a read that fails or is cancelled consumes nothing.
 */
#include "stream_read_test.h"

/* ---- read ---- */

static int close_stream(void *arg)
{
    return coil_stream_close(arg);
}

static int flush_stream(void *arg)
{
    return coil_stream_flush(arg);
}

STREAM_TEST(stream_read_returns_what_there_is)
{
    struct pair p = connected();
    char buffer[100];
    size_t n = 0;

    send_text(p.a, "hello");
    while (n < 5) {
        ptrdiff_t got = coil_stream_read(p.b, buffer + n, sizeof buffer - n);

        ASSERT_GT(got, 0);
        n += (size_t)got;
    }
    ASSERT_MEM_EQ(buffer, "hello", 5);
    ASSERT_EQ(n, 5);
    hang_up(&p);
}

STREAM_TEST(stream_read_of_nothing_returns_0)
{
    struct pair p = connected();
    char byte;

    ASSERT_EQ(coil_stream_read(p.b, &byte, 0), 0);
    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_read(p.b, &byte, 0), 0);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    hang_up(&p);
}

STREAM_TEST(stream_read_at_the_end_returns_0_again_and_again)
{
    struct pair p = connected();
    const void *data;
    char buffer[8192];

    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_stream_read(p.b, buffer, 1), 1);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_stream_read(p.b, buffer, 1), 0);
        ASSERT_EQ(coil_stream_read(p.b, buffer, sizeof buffer), 0);
        ASSERT_EQ(coil_stream_peek(p.b, &data), 0);
        ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 1, NULL), -EPIPE);
    }
    coil_stream_abort(p.b);
}

static int read_one(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

static int read_big(void *arg)
{
    static char buffer[8192];

    return (int)coil_stream_read(arg, buffer, sizeof buffer);
}

static int read_line(void *arg)
{
    char buffer[64];
    size_t length;

    return coil_stream_read_until(arg, "\n", 1, buffer, sizeof buffer, &length);
}

static int peek(void *arg)
{
    const void *data;

    return (int)coil_stream_peek(arg, &data);
}

static const coil_fn readers[] = { read_one, read_big, read_four, read_line,
                                   peek };

#define READERS (sizeof readers / sizeof *readers)

STREAM_TEST(stream_second_reader_gets_ebusy)
{
    struct pair p = connected();

    for (size_t i = 0; i < READERS; i++) {
        struct coil_task *first = start(readers[i], p.b);

        settle();
        for (size_t j = 0; j < READERS; j++)
            ASSERT_EQ(readers[j](p.b), -EBUSY);
        ASSERT_EQ(end_by_cancelling(first), -ECANCELED);
    }
    hang_up(&p);
}

STREAM_TEST(stream_cancelled_read_consumes_nothing)
{
    struct pair p = connected();
    char buffer[8];

    for (size_t i = 0; i < READERS; i++) {
        struct coil_task *reader = start(readers[i], p.b);

        settle();
        ASSERT_EQ(end_by_cancelling(reader), -ECANCELED);
        send_text(p.a, "abc\n");
        ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 4, NULL), 0);
        ASSERT_MEM_EQ(buffer, "abc\n", 4);
    }
    hang_up(&p);
}

/* The bytes and the cancellation arrive at the same time, or nearly. */
STREAM_TEST(stream_read_that_is_cancelled_as_bytes_come_loses_none)
{
    struct pair p = connected();
    unsigned char byte;

    for (size_t place = 0; place < 50; place++) {
        struct coil_task *reader;
        int rc;

        reader = start(read_four, p.b);
        for (size_t i = 0; i < place % 5; i++)
            ASSERT_EQ(coil_yield(), 0);
        byte = byte_at(place);
        ASSERT_EQ(coil_stream_write(p.a, &byte, 1), 0);
        for (size_t i = 0; i < place % 3; i++)
            ASSERT_EQ(coil_yield(), 0);
        rc = end_by_cancelling(reader);
        ASSERT_EQ(rc, -ECANCELED);
        ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
        ASSERT_EQ(byte, byte_at(place));
    }
    hang_up(&p);
}

STREAM_TEST(stream_read_reports_a_pending_cancellation_on_entry)
{
    struct pair p = connected();
    char byte;

    send_text(p.a, "x");
    for (size_t i = 0; i < READERS; i++) {
        ASSERT(coil_task_cancel(coil_current_task()));
        ASSERT_EQ(readers[i](p.b), -ECANCELED);
    }
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    hang_up(&p);
}

STREAM_TEST(stream_read_in_a_timeout_scope_ends_in_time)
{
    struct pair p = connected();
    struct coil_timeout limit;
    char byte;
    int rc;

    for (size_t i = 0; i < READERS; i++) {
        ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
        rc = coil_timeout_end(&limit, readers[i](p.b));
        ASSERT_EQ(rc, -ETIMEDOUT);
    }
    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    ASSERT_EQ(byte, 'x');
    hang_up(&p);
}

/* The other side closes with unread input, which TCP answers with a reset. */
KERNEL_TEST(stream_reset_is_an_error_and_stays_one)
{
    for (size_t i = 0; i < READERS; i++) {
        struct pair p = connected();
        struct coil_task *reader = start(readers[i], p.a);

        send_text(p.a, "never read");
        settle();
        coil_stream_abort(p.b);
        ASSERT_EQ(end_of(reader), -ECONNRESET);
        ASSERT_EQ(readers[i](p.a), -ECONNRESET);
        ASSERT(coil_stream_is_stale(p.a));
        coil_stream_abort(p.a);
    }
}

/* ---- read_exactly ---- */

STREAM_TEST(stream_read_exactly_joins_what_was_cut)
{
    static const size_t sizes[] = { 1,     2,     4095,  4096,  4097,
                                    16384, 65535, 65536, 65537, 200000 };
    static const size_t pieces[] = { 0, 1000, 4096, 70000 };
    struct pair p = connected();

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++) {
            struct sender s = { p.a, sizes[i], pieces[j], false };
            struct coil_task *sender = start(send_bytes, &s);
            unsigned char *bytes = malloc(sizes[i]);
            size_t got;

            ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, sizes[i], &got), 0);
            ASSERT_EQ(got, sizes[i]);
            check_bytes(bytes, 0, sizes[i]);
            free(bytes);
            ASSERT_EQ(end_of(sender), 0);
        }
    }
    hang_up(&p);
}

/* A part was there, and more comes than is asked for. */
STREAM_TEST(stream_read_exactly_leaves_what_is_too_much)
{
    for (size_t size = 1; size <= 13; size++) {
        struct pair p = connected();
        char bytes[20];
        const void *data;
        size_t got;

        send_text(p.a, "abc");
        ASSERT_EQ(coil_stream_peek_more(p.b, 2, &data), 3);
        send_text(p.a, "defghijklm");
        ASSERT_EQ(coil_stream_flush(p.a), 0);
        memset(bytes, '#', sizeof bytes);
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, size, &got), 0);
        ASSERT_EQ(got, size);
        ASSERT_MEM_EQ(bytes, "abcdefghijklm", size);
        ASSERT_EQ(bytes[size], '#');
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 13 - size, NULL), 0);
        ASSERT_MEM_EQ(bytes, "abcdefghijklm" + size, 13 - size);
        hang_up(&p);
    }
}

/* More than is ever buffered: that it was consumed is said. */
STREAM_TEST(stream_read_exactly_consumes_a_short_input_that_is_long)
{
    enum { SENT = 100000, ASKED = 200000 };
    static unsigned char buffer[ASKED];
    unsigned char *bytes = make_bytes(SENT);
    struct pair p = connected();
    struct coil_task *writer;
    size_t got = 1;

    ASSERT_EQ(coil_stream_write(p.a, bytes, SENT), 0);
    writer = start(close_stream, p.a);
    ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, ASKED, &got), -EPIPE);
    ASSERT_EQ(got, SENT);
    check_bytes(buffer, 0, SENT);
    ASSERT_EQ(coil_stream_read(p.b, buffer, 1), 0);
    ASSERT_EQ(end_of(writer), 0);
    free(bytes);
    coil_stream_abort(p.b);
}

/* A long look ahead does not stay as memory of an idle stream. */
STREAM_TEST(stream_that_was_looked_far_into_keeps_no_memory_of_it)
{
    enum { SENT = 100000 };
    unsigned char *bytes = make_bytes(SENT);
    struct pair p = connected();
    struct coil_task *writer;
    const void *data;
    unsigned char byte;
    size_t before;

    ASSERT_EQ(coil_stream_write(p.a, bytes, 1), 0);
    /* The first task also makes room for the stacks of more. */
    ASSERT_EQ(end_of(start(flush_stream, p.a)), 0);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    before = coil_test_live_allocations();
    ASSERT_EQ(coil_stream_write(p.a, bytes + 1, SENT - 1), 0);
    writer = start(flush_stream, p.a);
    ASSERT_EQ(coil_stream_peek_more(p.b, SENT - 2, &data), SENT - 1);
    check_bytes(data, 1, SENT - 1);
    ASSERT_EQ(end_of(writer), 0);
    coil_stream_consume(p.b, SENT - 2);
    ASSERT_EQ(coil_stream_peek(p.b, &data), 1);
    check_bytes(data, SENT - 1, 1);
    coil_stream_consume(p.b, 1);
    ASSERT_LT(coil_test_live_allocations(), before);
    free(bytes);
    hang_up(&p);
}

STREAM_TEST(stream_read_exactly_leaves_a_short_input_in_the_stream)
{
    static const size_t sizes[] = { 1, 10, 4096, 5000, 65536 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair p = connected();
        struct sender s = { p.a, sizes[i], 0, true };
        struct coil_task *sender = start(send_bytes, &s);
        static unsigned char bytes[65537];
        size_t got = 99;

        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 0, &got), 0);
        ASSERT_EQ(got, 0);
        got = 99;
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, sizes[i] + 1, &got),
                  -EPIPE);
        ASSERT_EQ(got, 0);
        ASSERT_EQ(end_of(sender), 0);
        memset(bytes, 0, sizeof bytes);
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, sizes[i], NULL), 0);
        check_bytes(bytes, 0, sizes[i]);
        ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
        hang_up(&p);
    }
}

struct exact_reader {
    struct coil_stream *stream;
    size_t size;
    unsigned char *bytes;
    size_t got;
};

static int read_exactly(void *arg)
{
    struct exact_reader *r = arg;

    return coil_stream_read_exactly(r->stream, r->bytes, r->size, &r->got);
}

/*
 * `got` bytes were consumed, the rest comes with the next read: nothing is lost
 * and nothing comes twice, however much had come.
 */
STREAM_TEST(stream_cancelled_read_exactly_says_what_it_consumed)
{
    static const size_t sizes[] = { 1, 4000, 4096, 65536, 65537, 150000 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair p = connected();
        struct sender s = { p.a, sizes[i], 0, false };
        struct coil_task *sender = start(send_bytes, &s);
        struct exact_reader r = { .stream = p.b, .size = 200000 };
        struct coil_task *reader;

        r.bytes = malloc(r.size);
        reader = start(read_exactly, &r);
        ASSERT_EQ(end_of(sender), 0);
        settle();
        ASSERT_EQ(end_by_cancelling(reader), -ECANCELED);
        if (sizes[i] <= 65536)
            ASSERT_EQ(r.got, 0);
        check_bytes(r.bytes, 0, r.got);
        ASSERT_EQ(coil_stream_read_exactly(p.b, r.bytes + r.got,
                                           sizes[i] - r.got, NULL),
                  0);
        check_bytes(r.bytes, 0, sizes[i]);
        free(r.bytes);
        hang_up(&p);
    }
}

/* ---- all of it at once ---- */

enum { CONVERSATION = 300000 };

static int read_in_pieces(struct coil_stream *s, unsigned char *bytes,
                          size_t place, unsigned choice)
{
    size_t left = CONVERSATION - place;
    size_t size = (size_t)choice * 7919 % 9000 + 1;
    const void *data;
    size_t got = 0;
    ptrdiff_t n;

    if (size > left)
        size = left;
    switch (choice % 3) {
    case 0:
        n = coil_stream_read(s, bytes, size);
        return (int)n;
    case 1:
        n = coil_stream_read_exactly(s, bytes, size, &got);
        return n < 0 && got == 0 ? (int)n : (int)got;
    default:
        n = coil_stream_peek(s, &data);
        if (n < 0)
            return (int)n;
        if ((size_t)n > size)
            n = (ptrdiff_t)size;
        memcpy(bytes, data, (size_t)n);
        coil_stream_consume(s, (size_t)n);
        return (int)n;
    }
}

/* Every way of reading, each limited by a scope that is often too short. */
STREAM_TEST(stream_survives_timeouts_at_any_moment)
{
    struct pair p = connected();
    struct sender s = { p.a, CONVERSATION, 777, false };
    struct coil_task *sender = start(send_bytes, &s);
    unsigned char *bytes = malloc(CONVERSATION);
    unsigned choice = (unsigned)seed * 10007;
    size_t place = 0;

    while (place < CONVERSATION) {
        struct coil_timeout limit;
        coil_time time = choice % 5 * 20 * COIL_MICROSECOND;
        int n;

        choice = choice * 1664525 + 1013904223;
        ASSERT_EQ(coil_timeout_begin(&limit, time), 0);
        n = read_in_pieces(p.b, bytes + place, place, choice >> 8);
        n = coil_timeout_end(&limit, n);
        if (n >= 0)
            place += (size_t)n;
        else
            ASSERT_EQ(n, -ETIMEDOUT);
    }
    check_bytes(bytes, 0, CONVERSATION);
    free(bytes);
    ASSERT_EQ(end_of(sender), 0);
    hang_up(&p);
}
