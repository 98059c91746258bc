/* SPDX-License-Identifier: MIT */
/*
 * Writing to streams and ending them: what is kept is bounded for who drains,
 * is sent although nobody waits, and a broken connection is told to everybody.
 */
#include "stream_test.h"

enum { HIGH = 64 * 1024, LOW = 16 * 1024 };

/* More than a simulator or a kernel takes from one who is not read. */
#define MUCH ((size_t)(simulated ? 512 * 1024 : 16 * 1024 * 1024))

/* Write so much that a good deal stays unsent; free() what is returned. */
static unsigned char *write_much(struct coil_stream *s)
{
    unsigned char *bytes = make_bytes(MUCH);

    ASSERT_EQ(coil_stream_write(s, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(s), HIGH);
    return bytes;
}

static int drain(void *arg)
{
    return coil_stream_drain(arg);
}

static int flush(void *arg)
{
    return coil_stream_flush(arg);
}

static int shut(void *arg)
{
    return coil_stream_shutdown(arg);
}

static int end(void *arg)
{
    return coil_stream_close(arg);
}

/* Read until `size` bytes from `place` on have come. */
static void read_bytes(struct coil_stream *s, size_t place, size_t size)
{
    unsigned char buffer[20000];

    while (size > 0) {
        size_t ask = size < sizeof buffer ? size : sizeof buffer;
        ptrdiff_t n = coil_stream_read(s, buffer, ask);

        ASSERT_GT(n, 0);
        check_bytes(buffer, place, (size_t)n);
        place += (size_t)n;
        size -= (size_t)n;
    }
}

/* ---- back-pressure ---- */

#define TOTAL ((size_t)(simulated ? 512 * 1024 : 8 * 1024 * 1024))
enum { PIECE = 10000 };

static size_t most_unsent;

static int write_with_drain(void *arg)
{
    struct coil_stream *s = arg;
    unsigned char piece[PIECE];

    for (size_t place = 0; place < TOTAL; place += PIECE) {
        size_t n = TOTAL - place < PIECE ? TOTAL - place : PIECE;
        int rc;

        fill_bytes(piece, place, n);
        rc = coil_stream_write(s, piece, n);
        if (rc < 0)
            return rc;
        if (coil_stream_unsent(s) > most_unsent)
            most_unsent = coil_stream_unsent(s);
        rc = coil_stream_drain(s);
        if (rc < 0)
            return rc;
    }
    return coil_stream_close(s);
}

static int echo(void *arg)
{
    struct coil_stream *s = arg;
    char buffer[9000];
    ptrdiff_t n;
    int rc = 0;

    while (rc == 0) {
        n = coil_stream_read(s, buffer, sizeof buffer);
        if (n <= 0)
            return n < 0 ? (int)n : coil_stream_close(s);
        rc = coil_stream_write(s, buffer, (size_t)n);
        if (coil_stream_unsent(s) > most_unsent)
            most_unsent = coil_stream_unsent(s);
        if (rc == 0)
            rc = coil_stream_drain(s);
    }
    return rc;
}

/* a writes to b, b echoes it through c to d, and d is slow. */
static int pump(void *arg)
{
    const struct pair *p = arg;
    char buffer[5000];
    ptrdiff_t n;
    int rc = 0;

    while (rc == 0) {
        n = coil_stream_read(p->a, buffer, sizeof buffer);
        if (n <= 0) {
            coil_stream_abort(p->a);
            return n < 0 ? (int)n : coil_stream_close(p->b);
        }
        rc = coil_stream_write(p->b, buffer, (size_t)n);
        if (coil_stream_unsent(p->b) > most_unsent)
            most_unsent = coil_stream_unsent(p->b);
        if (rc == 0)
            rc = coil_stream_drain(p->b);
    }
    return rc;
}

STREAM_TEST(stream_keeps_little_for_a_slow_reader)
{
    struct pair p = connected();
    struct pair q = connected();
    struct coil_task *writer = start(write_with_drain, p.a);
    struct coil_task *middle = start(pump, &(struct pair){ p.b, q.a });
    unsigned char *bytes = malloc(TOTAL);
    size_t place = 0;
    unsigned turn = 0;

    most_unsent = 0;
    settle();
    while (place < TOTAL) {
        ptrdiff_t n = coil_stream_read(q.b, bytes + place, 50000);

        ASSERT_GT(n, 0);
        place += (size_t)n;
        if (++turn % 64 == 0)
            ASSERT_EQ(coil_sleep(100 * COIL_MICROSECOND), 0);
    }
    ASSERT_EQ(coil_stream_read(q.b, bytes, 1), 0);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(end_of(middle), 0);
    ASSERT_LE(most_unsent, HIGH + PIECE);
    check_bytes(bytes + 1, 1, TOTAL - 1);
    free(bytes);
    coil_stream_abort(q.b);
}

STREAM_TEST(stream_echoes_what_it_is_sent)
{
    struct pair p = connected();
    struct coil_task *echoing = start(echo, p.b);
    unsigned char *bytes = make_bytes(TOTAL);

    /* Not drained: the echo can hold back, or both would wait for ever. */
    ASSERT_EQ(coil_stream_write(p.a, bytes, TOTAL), 0);
    read_bytes(p.a, 0, TOTAL);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(end_of(echoing), 0);
    free(bytes);
}

STREAM_TEST(stream_drain_does_not_wait_below_the_high_mark)
{
    struct pair p = connected();

    ASSERT_EQ(coil_stream_drain(p.a), 0);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    send_text(p.a, "small");
    ASSERT_EQ(coil_stream_drain(p.a), 0);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    hang_up(&p);
}

STREAM_TEST(stream_drain_waits_for_the_low_mark_and_flush_for_the_end)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct coil_task *drainers[3];
    struct coil_task *flusher = start(flush, p.a);
    bool was_drained = false;
    size_t place = 0;

    for (int i = 0; i < 3; i++)
        drainers[i] = start(drain, p.a);
    settle();
    while (place < MUCH) {
        ptrdiff_t n = coil_stream_read(p.b, bytes, 8192);

        ASSERT_GT(n, 0);
        check_bytes(bytes, place, (size_t)n);
        place += (size_t)n;
        if (coil_stream_unsent(p.a) >= LOW)
            for (int i = 0; i < 3; i++)
                ASSERT(!coil_task_is_done(drainers[i]));
        if (coil_stream_unsent(p.a) > 0)
            ASSERT(!coil_task_is_done(flusher));
        else if (!was_drained) {
            was_drained = true;
            ASSERT_EQ(end_of(flusher), 0);
            for (int i = 0; i < 3; i++)
                ASSERT_EQ(end_of(drainers[i]), 0);
        }
    }
    ASSERT(was_drained);
    free(bytes);
    hang_up(&p);
}

STREAM_TEST(stream_cancelled_drain_loses_nothing)
{
    static const coil_fn waits[] = { drain, flush, shut };
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);

    for (size_t i = 0; i < 3; i++) {
        struct coil_task *waiting = start(waits[i], p.a);

        settle();
        ASSERT_EQ(end_by_cancelling(waiting), -ECANCELED);
        ASSERT(coil_task_cancel(coil_current_task()));
        ASSERT_EQ(waits[i](p.a), -ECANCELED);
    }
    read_bytes(p.b, 0, MUCH);
    fill_bytes(bytes, MUCH, 5);
    ASSERT_EQ(coil_stream_write(p.a, bytes, 5), 0);
    read_bytes(p.b, MUCH, 5);
    free(bytes);
    hang_up(&p);
}

STREAM_TEST(stream_flush_in_a_timeout_scope_ends_in_time)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct coil_timeout limit;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, coil_stream_flush(p.a)), -ETIMEDOUT);
    free(bytes);
    hang_up(&p);
}

STREAM_TEST(stream_write_out_of_memory_takes_nothing)
{
    struct pair p = connected();

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_write(p.a, "lost", 4), -ENOMEM);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    send_text(p.a, "\x00");
    send_text(p.a, "kept");
    ASSERT_EQ(coil_stream_close(p.a), 0);
    {
        char buffer[8];

        ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 4, NULL), 0);
        ASSERT_MEM_EQ(buffer, "kept", 4);
        ASSERT_EQ(coil_stream_read(p.b, buffer, 8), 0);
    }
    coil_stream_abort(p.b);
}

/* ---- broken connections ---- */

STREAM_TEST(stream_tells_everybody_that_it_is_broken)
{
    static const coil_fn waits[] = { drain, flush, shut };
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct coil_task *waiting[3];
    int error;

    for (size_t i = 0; i < 3; i++)
        waiting[i] = start(waits[i], p.a);
    settle();
    coil_stream_abort(p.b);
    error = end_of(waiting[0]);
    ASSERT(error == -EPIPE || error == -ECONNRESET);
    for (size_t i = 1; i < 3; i++)
        ASSERT_EQ(end_of(waiting[i]), error);

    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(coil_stream_write(p.a, "x", 1), error);
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(waits[i](p.a), error);
    ASSERT(coil_stream_is_stale(p.a));
    ASSERT_EQ(coil_stream_close(p.a), error);
    free(bytes);
}

STREAM_TEST(stream_write_to_one_who_is_gone_fails_soon)
{
    struct pair p = connected();
    int rc = 0;

    coil_stream_abort(p.b);
    for (int i = 0; i < 100 && rc == 0; i++) {
        rc = coil_stream_write(p.a, "x", 1);
        settle();
    }
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    coil_stream_abort(p.a);
}

/* ---- the end ---- */

STREAM_TEST(stream_shutdown_ends_one_direction)
{
    struct pair p = connected();
    char buffer[8];

    send_text(p.a, "ask");
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_write(p.a, "more", 4), -EPIPE);
    ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 3, NULL), 0);
    ASSERT_EQ(coil_stream_read(p.b, buffer, 8), 0);
    send_text(p.b, "tell");
    ASSERT_EQ(coil_stream_read_exactly(p.a, buffer, 4, NULL), 0);
    ASSERT_MEM_EQ(buffer, "tell", 4);
    hang_up(&p);
}

STREAM_TEST(stream_close_sends_what_is_kept)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct coil_task *closing = start(end, p.a);
    char byte;

    settle();
    ASSERT(!coil_task_is_done(closing));
    read_bytes(p.b, 0, MUCH);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 0);
    ASSERT_EQ(end_of(closing), 0);
    free(bytes);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_close_frees_even_when_it_is_cancelled)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct coil_task *closing = start(end, p.a);

    settle();
    ASSERT_EQ(end_by_cancelling(closing), -ECANCELED);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_stream_close(p.b), -ECANCELED);

    ASSERT_EQ(coil_stream_close(NULL), 0);
    coil_stream_abort(NULL);
    free(bytes);
}

static int read_one(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

static int read_many(void *arg)
{
    static char buffer[200000];

    return coil_stream_read_exactly(arg, buffer, sizeof buffer, NULL);
}

static int read_line(void *arg)
{
    char buffer[64];
    size_t length;

    return coil_stream_read_until(arg, "\n", 1, buffer, sizeof buffer, &length);
}

/* The parked ones must not touch what has been freed: ASan watches. */
static void end_while_others_wait(bool abort, bool bytes_come)
{
    static const coil_fn readers[] = { read_one, read_many, read_line };

    for (size_t i = 0; i < 3; i++) {
        struct pair p = connected();
        unsigned char *bytes = write_much(p.a);
        struct coil_task *reader = start(readers[i], p.a);
        struct coil_task *drainer = start(drain, p.a);
        struct coil_task *flusher = start(flush, p.a);
        struct coil_task *closing = NULL;

        settle();
        if (bytes_come)
            send_text(p.b, "just now");
        for (uint64_t n = seed % 4; n > 0; n--)
            ASSERT_EQ(coil_yield(), 0);
        if (abort) {
            coil_stream_abort(p.a);
        } else {
            closing = start(end, p.a);
            settle();
            ASSERT_EQ(end_by_cancelling(closing), -ECANCELED);
        }
        if (bytes_come)
            (void)end_of(reader); /* which of the two came first is open */
        else
            ASSERT_EQ(end_of(reader), -EBADF);
        ASSERT_EQ(end_of(drainer), -EBADF);
        ASSERT_EQ(end_of(flusher), -EBADF);
        free(bytes);
        coil_stream_abort(p.b);
    }
}

STREAM_TEST(stream_abort_wakes_all_who_wait)
{
    end_while_others_wait(true, false);
}

STREAM_TEST(stream_abort_as_bytes_come_wakes_all_who_wait)
{
    end_while_others_wait(true, true);
}

STREAM_TEST(stream_close_wakes_all_who_wait)
{
    end_while_others_wait(false, false);
}

STREAM_TEST(stream_abort_loses_what_is_kept)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    size_t received = 0;
    ptrdiff_t n;

    coil_stream_abort(p.a);
    while ((n = coil_stream_read(p.b, bytes, MUCH)) > 0)
        received += (size_t)n;
    ASSERT_LT(received, MUCH);
    free(bytes);
    coil_stream_abort(p.b);
}

/* ---- pieces ---- */

STREAM_TEST(stream_write_pieces_come_as_one)
{
    struct pair p = connected();
    struct iovec pieces[] = { { .iov_base = "one ", .iov_len = 4 },
                              { .iov_base = NULL, .iov_len = 0 },
                              { .iov_base = "two", .iov_len = 3 } };
    char text[8] = "";

    ASSERT_EQ(coil_stream_writev(p.a, pieces, 0), 0);
    ASSERT_EQ(coil_stream_writev(p.a, pieces, -1), -EINVAL);
    ASSERT_EQ(coil_stream_writev(p.a, pieces, 3), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, text, 7, NULL), 0);
    ASSERT_STR_EQ(text, "one two");
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_writev(p.a, pieces, 3), -EPIPE);
    hang_up(&p);
}

STREAM_TEST(stream_write_pieces_behind_what_is_kept)
{
    struct pair p = connected();
    unsigned char *bytes = write_much(p.a);
    struct iovec piece = { .iov_base = bytes, .iov_len = 1000 };
    struct coil_task *drainer;

    fill_bytes(bytes, MUCH, 1000);
    ASSERT_EQ(coil_stream_writev(p.a, &piece, 1), 0);
    drainer = start_waiting(drain, p.a);
    read_bytes(p.b, 0, MUCH + 1000);
    ASSERT_EQ(end_of(drainer), 0);
    hang_up(&p);
    free(bytes);
}

STREAM_TEST(stream_write_pieces_all_or_none)
{
    struct pair p = connected();
    struct iovec pieces[] = { { .iov_base = "one ", .iov_len = 4 },
                              { .iov_base = "two", .iov_len = 3 } };
    char text[8] = "";

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_writev(p.a, pieces, 2), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_stream_unsent(p.a), 0);
    ASSERT_EQ(coil_stream_writev(p.a, pieces, 2), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, text, 7, NULL), 0);
    ASSERT_STR_EQ(text, "one two");
    coil_stream_abort(p.b);
    while (coil_stream_writev(p.a, pieces, 2) == 0)
        settle();
    ASSERT_LT(coil_stream_writev(p.a, pieces, 2), 0);
    coil_stream_abort(p.a);
}

/* The main task ends and nobody closes: the loop says so, and nothing leaks. */
static int leave_two_open(void *arg)
{
    struct pair *p = arg;

    *p = connected();
    return 0;
}

TEST(stream_left_open_is_reported_by_the_loop)
{
    struct coil_loop_report report;
    struct coil_loop *loop;
    struct pair p;

    simulated = true;
    ASSERT_EQ(coil_loop_new(&loop,
                            &(struct coil_loop_options){
                                .backend = COIL_BACKEND_SIMULATOR }),
              0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_two_open, &p), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.descriptors_open, 2);
    free(p.a);
    free(p.b);
}
