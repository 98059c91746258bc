/* SPDX-License-Identifier: MIT */
/*
 * Streams that lack memory for once, or whose connection breaks: what happens
 * then, and what happens afterwards.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <coil/event.h>

#include "stream_test.h"

static const int shortages[] = { -ENOMEM, -ENOBUFS, -ENOSPC };
static const int breaks[] = { -ECONNRESET, -ETIMEDOUT, -EHOSTUNREACH, -EIO };

/* More than a pipe of the simulator holds, or a socket of the kernel. */
#define MUCH ((size_t)(simulated ? 100 * 1024 : 16 * 1024 * 1024))

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- the ways to read ---- */

enum { LINE = 10 };

/* Each returns how many bytes of the line it consumed, or an error. */
static ptrdiff_t read_small(struct coil_stream *s)
{
    char bytes[LINE];

    return coil_stream_read(s, bytes, sizeof bytes);
}

static ptrdiff_t read_large(struct coil_stream *s)
{
    static char bytes[16384];

    return coil_stream_read(s, bytes, sizeof bytes);
}

static ptrdiff_t read_exactly(struct coil_stream *s)
{
    char bytes[LINE];
    size_t got;
    int rc = coil_stream_read_exactly(s, bytes, sizeof bytes, &got);

    if (rc < 0)
        ASSERT_EQ(got, 0);
    return rc < 0 ? rc : LINE;
}

static ptrdiff_t read_until(struct coil_stream *s)
{
    char bytes[LINE];
    size_t length;
    int rc = coil_stream_read_until(s, "\n", 1, bytes, sizeof bytes, &length);

    return rc < 0 ? rc : (ptrdiff_t)length;
}

static ptrdiff_t peek(struct coil_stream *s)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek(s, &data);

    if (n > 0)
        coil_stream_consume(s, (size_t)n);
    return n;
}

static ptrdiff_t (*const ways[])(struct coil_stream *s) = {
    read_small, read_large, read_exactly, read_until, peek
};

/* All that the other side has sent, or what went wrong. */
static ptrdiff_t read_all(struct coil_stream *s, size_t size,
                          ptrdiff_t (*way)(struct coil_stream *s))
{
    size_t got = 0;

    while (got < size) {
        ptrdiff_t n = way(s);

        if (n <= 0)
            return n;
        got += (size_t)n;
    }
    return (ptrdiff_t)got;
}

/* ---- reading ---- */

/* Each error at each call of the network, until it goes through untouched. */
STREAM_TEST(stream_shortage_while_it_reads_loses_nothing)
{
    if (!simulated)
        return;
    for (size_t w = 0; w < COUNT(ways); w++)
        for (size_t i = 0; i < COUNT(shortages); i++) {
            struct pair p = connected();
            ptrdiff_t n;

            send_text(p.a, "123456789\n");
            ASSERT_EQ(coil_stream_flush(p.a), 0);
            ASSERT_EQ(coil_test_fail_call(1, shortages[i]), 0);
            n = read_all(p.b, LINE, ways[w]);
            ASSERT(n == shortages[i] || n == LINE);
            ASSERT_EQ(coil_test_fail_call(0, 0), 0);
            ASSERT(!(n < 0 && coil_stream_is_stale(p.a)));
            if (n < 0)
                ASSERT_EQ(read_all(p.b, LINE, ways[w]), LINE);
            /* And the end is the end. */
            ASSERT_EQ(coil_stream_close(p.a), 0);
            n = ways[w](p.b);
            ASSERT(n == 0 || n == -EPIPE);
            coil_stream_abort(p.b);
        }
}

STREAM_TEST(stream_shortage_of_a_buffer_loses_nothing)
{
    for (size_t w = 0; w < COUNT(ways); w++) {
        struct pair p = connected();
        ptrdiff_t n;

        send_text(p.a, "123456789\n");
        ASSERT_EQ(coil_stream_flush(p.a), 0);
        coil_test_fail_allocation(1, true);
        n = ways[w](p.b);
        coil_test_fail_allocation(0, false);
        /* What is read past the buffer needs none. */
        ASSERT(n == -ENOMEM || ways[w] == read_large);
        n = read_all(p.b, (size_t)(n > 0 ? LINE - n : LINE), ways[w]);
        ASSERT_GE(n, 0);
        hang_up(&p);
    }
}

/*
 * Bytes that went past the buffer are given back if there is memory for that; if
 * not, they are the caller's, who is told how many.
 */
STREAM_TEST(stream_shortage_of_a_buffer_to_give_back_loses_nothing)
{
    enum { SENT = 10000, ASKED = 30000 };
    static unsigned char bytes[ASKED];
    bool kept[2] = { false, false };

    for (size_t n = 0; n < 6; n++) {
        struct pair p = connected();
        unsigned char *sent = make_bytes(SENT);
        size_t got = 1;
        size_t more;
        int rc;

        ASSERT_EQ(coil_stream_write(p.a, sent, SENT), 0);
        ASSERT_EQ(coil_stream_close(p.a), 0);
        coil_test_fail_allocation(n, true);
        rc = coil_stream_read_exactly(p.b, bytes, sizeof bytes, &got);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == -EPIPE || rc == -ENOMEM);
        ASSERT(got == 0 || n > 0);
        kept[got > 0] = true;
        if (got < SENT) {
            rc = coil_stream_read_exactly(p.b, bytes + got, SENT - got, &more);
            ASSERT_EQ(rc, 0);
        }
        check_bytes(bytes, 0, SENT);
        ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
        coil_stream_abort(p.b);
        free(sent);
    }
    ASSERT(kept[0]);
    ASSERT(kept[1]);
}

SOCKET_TEST(stream_that_broke_while_it_read_stays_so)
{
    if (!simulated)
        return;
    for (size_t w = 0; w < COUNT(ways); w++)
        for (size_t i = 0; i < COUNT(breaks); i++) {
            struct pair p = connected();

            ASSERT_EQ(coil_test_fail_call(1, breaks[i]), 0);
            ASSERT_EQ(ways[w](p.b), breaks[i]);
            send_text(p.a, "123456789\n");
            settle();
            for (size_t v = 0; v < COUNT(ways); v++)
                ASSERT_EQ(ways[v](p.b), breaks[i]);
            ASSERT(coil_stream_is_stale(p.b));
            ASSERT(coil_stream_has_ended(p.b));
            /* The other direction is another matter. */
            ASSERT_EQ(coil_stream_write(p.b, "x", 1), 0);
            ASSERT_EQ(coil_stream_flush(p.b), 0);
            ASSERT_EQ(read_small(p.a), 1);
            hang_up(&p);
        }
}

/* ---- writing ---- */

/* The error comes at once, or while what is kept is being sent. */
SOCKET_TEST(stream_shortage_while_it_writes_takes_all_or_nothing)
{
    if (!simulated)
        return;
    for (size_t i = 0; i < COUNT(shortages); i++) {
        struct pair p = connected();
        char bytes[8];
        int rc;

        ASSERT_EQ(coil_test_fail_call(1, shortages[i]), 0);
        rc = coil_stream_write(p.a, "lost", 4);
        if (rc < 0) {
            ASSERT_EQ(rc, shortages[i]);
            ASSERT_EQ(coil_stream_unsent(p.a), 0);
            ASSERT_EQ(coil_stream_drain(p.a), 0);
            ASSERT_EQ(coil_stream_flush(p.a), 0);
            send_text(p.a, "kept");
            ASSERT_EQ(coil_stream_shutdown(p.a), 0);
            ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 4, NULL), 0);
            ASSERT_MEM_EQ(bytes, "kept", 4);
            ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
        } else {
            ASSERT_EQ(coil_stream_flush(p.a), shortages[i]);
            ASSERT_EQ(coil_stream_unsent(p.a), 0);
            /* Nobody is told to try again. */
            ASSERT_EQ(coil_stream_write(p.a, "more", 4), -EPIPE);
            ASSERT_EQ(coil_stream_flush(p.a), -EPIPE);
            ASSERT_EQ(coil_stream_drain(p.a), -EPIPE);
        }
        hang_up(&p);
    }
}

SOCKET_TEST(stream_that_broke_while_it_wrote_stays_so)
{
    if (!simulated)
        return;
    for (size_t i = 0; i < COUNT(breaks); i++) {
        struct pair p = connected();
        int rc;

        ASSERT_EQ(coil_test_fail_call(1, breaks[i]), 0);
        rc = coil_stream_write(p.a, "lost", 4);
        if (rc == 0)
            rc = coil_stream_flush(p.a);
        ASSERT_EQ(rc, breaks[i]);
        ASSERT_EQ(coil_stream_unsent(p.a), 0);
        ASSERT_EQ(coil_stream_write(p.a, "more", 4), breaks[i]);
        ASSERT_EQ(coil_stream_flush(p.a), breaks[i]);
        ASSERT_EQ(coil_stream_shutdown(p.a), breaks[i]);
        ASSERT(coil_stream_is_stale(p.a));
        ASSERT(coil_stream_has_ended(p.a));
        /* It can be read from. */
        send_text(p.b, "12345");
        ASSERT_EQ(read_all(p.a, 5, read_small), 5);
        hang_up(&p);
    }
}

STREAM_TEST(stream_write_of_nothing_does_nothing)
{
    struct pair p = connected();
    char byte;

    ASSERT_EQ(coil_stream_write(p.a, "", 0), 0);
    ASSERT_EQ(coil_stream_write(p.a, NULL, 0), 0);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_write(p.a, "", 0), -EPIPE);
    hang_up(&p);
}

/* ---- marks, and what is told in the last moment ---- */

/* The simulator without a seed takes exactly as much as a pipe holds. */
STREAM_TEST(stream_holds_back_above_the_mark_and_not_at_it)
{
    enum { PIPE = 65536, HIGH = 65536 };
    struct coil_timeout limit;
    struct pair p;
    unsigned char *bytes;

    if (!simulated || seed > 0)
        return;
    p = connected();
    bytes = make_bytes(PIPE + HIGH);
    ASSERT_EQ(coil_stream_write(p.a, bytes, PIPE + HIGH), 0);
    ASSERT_EQ(coil_stream_unsent(p.a), HIGH);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, coil_stream_drain(p.a)), 0);
    send_text(p.a, "x");
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, coil_stream_drain(p.a)), -ETIMEDOUT);
    free(bytes);
    hang_up(&p);
}

static int read_to_the_end(void *arg)
{
    static char bytes[65536];
    ptrdiff_t n;

    do
        n = coil_stream_read(arg, bytes, sizeof bytes);
    while (n > 0);
    return (int)n;
}

/* What was much once is not kept, and what was little need not come again. */
STREAM_TEST(stream_that_has_sent_much_keeps_no_memory_of_it)
{
    size_t size = 4 * 1024 * 1024;
    unsigned char *bytes = make_bytes(size);
    struct pair p = connected();
    struct coil_task *reader = start(read_to_the_end, p.b);
    size_t before;

    send_text(p.a, "once"); /* what little needs stays */
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    settle();
    before = coil_test_live_allocations();
    ASSERT_EQ(coil_stream_write(p.a, bytes, size), 0);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    ASSERT_LE(coil_test_live_allocations(), before);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(end_of(reader), 0);
    free(bytes);
    coil_stream_abort(p.b);
}

static bool is_aborted;

static int flush_what_is_open(void *arg)
{
    int rc = coil_stream_flush(arg);

    if (is_aborted)
        ASSERT_EQ(rc, -EBADF);
    return 0;
}

static int flush(void *arg)
{
    return coil_stream_flush(arg);
}

/* All is sent, and the task that waited for it has yet to run. */
STREAM_TEST(stream_aborted_in_the_last_moment_is_not_flushed)
{
    for (int i = 0; i < 24; i++) {
        unsigned char *bytes = make_bytes(MUCH);
        struct pair p = connected();
        struct coil_task *flusher;
        struct coil_task *reader;

        is_aborted = false;
        ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
        flusher = start(flush_what_is_open, p.a);
        settle();
        reader = start(read_to_the_end, p.b);
        for (int n = 0; n < i && coil_stream_unsent(p.a) > 0; n++)
            ASSERT_EQ(coil_yield(), 0);
        is_aborted = !coil_task_is_done(flusher);
        coil_stream_abort(p.a);
        ASSERT_EQ(end_of(flusher), 0);
        ASSERT_LE(end_of(reader), 0);
        coil_stream_abort(p.b);
        free(bytes);
    }
}

/* Cancelled, and closed before it hears of that: it was cancelled. */
STREAM_TEST(stream_aborted_behind_a_cancellation_says_cancelled)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct pair p = connected();
    struct coil_task *flusher;

    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    flusher = start(flush, p.a);
    settle();
    ASSERT(coil_task_cancel(flusher));
    coil_stream_abort(p.a);
    ASSERT_EQ(end_of(flusher), -ECANCELED);
    coil_stream_abort(p.b);
    free(bytes);
}

/* ---- shutting down ---- */

static struct coil_stream *shut;
static unsigned char *behind;

static int shut_down(void *arg)
{
    return coil_stream_shutdown(arg);
}

static void write_more(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_stream_write(shut, behind, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(shut), 0);
}

/* What is written when all was sent, and before it is shut, goes out as well. */
STREAM_TEST(stream_shutdown_waits_for_what_is_written_in_the_last_moment)
{
    unsigned char *bytes;
    struct coil_task *task;
    struct pair p;

    if (!simulated)
        return;
    p = connected();
    bytes = make_bytes(2 * MUCH);
    behind = bytes + MUCH;
    shut = p.a;
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    task = start(shut_down, p.a);
    ASSERT_EQ(coil_test_probe(task, 1, COIL_TEST_DECIDED, write_more, NULL), 0);
    settle();
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, MUCH, NULL), 0);
    check_bytes(bytes, 0, MUCH);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, MUCH, NULL), 0);
    check_bytes(bytes, MUCH, MUCH);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_DECIDED, NULL, NULL), 0);
    hang_up(&p);
    free(bytes);
}

static struct coil_event is_sent;
static int refusals;

static void say_that_it_is_sent(void *arg)
{
    (void)arg;
    coil_event_set(&is_sent);
}

static int send_file_behind(void *fd)
{
    ASSERT_EQ(coil_event_wait(&is_sent), 0);
    return coil_stream_send_file(shut, *(int *)fd, 0, 5, NULL);
}

/*
 * A file that is begun when all was sent, and before the stream is shut, goes out
 * as a whole or not at all.
 */
static void begin_a_file_in_the_last_moment(void)
{
    unsigned char *bytes = make_bytes(MUCH);
    int fd = memfd_create("file", MFD_CLOEXEC);
    struct pair p = connected();
    struct coil_task *task, *sender;
    int rc, sent;

    ASSERT_EQ(write(fd, "12345", 5), 5);
    coil_event_init(&is_sent);
    shut = p.a;
    ASSERT_EQ(coil_stream_write(p.a, bytes, MUCH), 0);
    task = start(shut_down, p.a);
    sender = start(send_file_behind, &fd);
    ASSERT_EQ(
        coil_test_probe(task, 1, COIL_TEST_DECIDED, say_that_it_is_sent, NULL),
        0);
    settle();
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, MUCH, NULL), 0);
    check_bytes(bytes, 0, MUCH);
    rc = end_of(task);
    sent = end_of(sender);
    if (sent == 0) {
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
        ASSERT_MEM_EQ(bytes, "12345", 5);
    } else {
        ASSERT_EQ(sent, -EPIPE);
        ASSERT_EQ(rc, 0);
    }
    if (rc < 0) {
        ASSERT_EQ(rc, -EBUSY);
        refusals++;
        ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    }
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    ASSERT_EQ(coil_test_probe(NULL, 0, COIL_TEST_DECIDED, NULL, NULL), 0);
    hang_up(&p);
    close(fd);
    free(bytes);
}

TEST(stream_shutdown_is_refused_by_a_file_of_the_last_moment)
{
    refusals = 0;
    /* A few schedules alone do it. */
    unsetenv("COIL_TEST_SEEDS");
    run_simulated(begin_a_file_in_the_last_moment);
    ASSERT_GT(refusals, 0);
    ASSERT_LT(refusals, SEEDS);
}

SOCKET_TEST(stream_shutdown_that_fails_may_be_repeated)
{
    if (!simulated)
        return;
    {
        struct pair p = connected();
        char bytes[2];

        send_text(p.a, "x");
        ASSERT_EQ(coil_stream_flush(p.a), 0);
        ASSERT_EQ(coil_test_fail_call(1, -ENOBUFS), 0);
        ASSERT_EQ(coil_stream_shutdown(p.a), -ENOBUFS);
        send_text(p.a, "y");
        ASSERT_EQ(coil_stream_shutdown(p.a), 0);
        ASSERT_EQ(coil_stream_shutdown(p.a), 0);
        ASSERT_EQ(coil_stream_write(p.a, "z", 1), -EPIPE);
        ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 2, NULL), 0);
        ASSERT_MEM_EQ(bytes, "xy", 2);
        ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
        hang_up(&p);
    }
}
