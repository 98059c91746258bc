/* SPDX-License-Identifier: MIT */
/*
 * coil_stream_pass(): what the transport takes at once goes past the stream's
 * buffer, and is unsent until the transport says so.
 */
#include <coil/transport.h>

#include "stream_test.h"

enum { ROOM = 32 * 1024, SMALL = 100 };

/* A transport that takes up to ROOM bytes at a time, and may keep them. */
struct taker {
    struct coil_transport transport; /* first */
    char bytes[2 * ROOM];
    size_t size;
    bool holds;
    struct coil_transport_write *held;
    ptrdiff_t failure; /* of the next write, if it is less than 1 */
    bool was_released;
};

static struct taker *taker_of(struct coil_transport *transport)
{
    return (struct taker *)(void *)transport;
}

static bool taker_write(struct coil_transport *transport,
                        struct coil_transport_write *write)
{
    struct taker *t = taker_of(transport);
    size_t n = write->size < ROOM ? write->size : ROOM;

    if (t->failure < 1) {
        write->result = t->failure;
        return true;
    }
    ASSERT_GE(sizeof t->bytes - t->size, n);
    memcpy(t->bytes + t->size, write->data, n);
    t->size += n;
    write->result = (ptrdiff_t)n;
    t->held = t->holds ? write : NULL;
    return !t->holds;
}

static bool taker_shutdown(struct coil_transport *transport,
                           struct coil_transport_write *write)
{
    (void)transport;
    write->result = 0;
    return true;
}

static void taker_close(struct coil_transport *transport)
{
    (void)transport;
}

static void taker_release(struct coil_transport *transport)
{
    taker_of(transport)->was_released = true;
}

static const struct coil_transport_ops taker_ops = {
    .write = taker_write,
    .shutdown = taker_shutdown,
    .close = taker_close,
    .release = taker_release,
};

static struct coil_stream *new_taker(struct taker *t)
{
    struct coil_stream *s;

    *t = (struct taker){
        .transport = { .ops = &taker_ops, .takes_at_once = true }, .failure = 1
    };
    ASSERT_EQ(coil_stream_new(&s, &t->transport), 0);
    return s;
}

static void let_go(struct taker *t, ptrdiff_t error)
{
    struct coil_transport_write *write = t->held;

    ASSERT_NOT_NULL(write);
    t->held = NULL;
    if (error < 0)
        write->result = error;
    write->over(write);
}

static struct taker taker;

/* ---- what is taken -------------------------------------------------------- */

STREAM_TEST(stream_pass_takes_what_the_transport_does)
{
    struct coil_stream *s = new_taker(&taker);
    unsigned char *bytes = make_bytes((size_t)ROOM + SMALL);

    ASSERT_EQ(coil_stream_pass(s, bytes, (size_t)ROOM + SMALL), ROOM);
    ASSERT_EQ(coil_stream_unsent(s), 0);
    ASSERT_EQ(coil_stream_pass(s, bytes + ROOM, SMALL), SMALL);
    check_bytes((unsigned char *)taker.bytes, 0, (size_t)ROOM + SMALL);
    ASSERT_EQ(coil_stream_close(s), 0);
    ASSERT(taker.was_released);
    free(bytes);
}

/* The memory is the writer's again, and what is written later comes later. */
STREAM_TEST(stream_pass_is_unsent_until_the_transport_has_sent_it)
{
    struct coil_stream *s = new_taker(&taker);
    unsigned char *bytes = make_bytes((size_t)ROOM + SMALL);
    struct coil_task *drainer, *flusher;

    taker.holds = true;
    ASSERT_EQ(coil_stream_pass(s, bytes, (size_t)ROOM + SMALL), ROOM);
    ASSERT_EQ(coil_stream_unsent(s), ROOM);
    ASSERT_EQ(coil_stream_write(s, bytes + ROOM, SMALL), 0);
    memset(bytes, 0, (size_t)ROOM + SMALL);
    ASSERT_EQ(coil_stream_pass(s, bytes, 1), 0);
    ASSERT_EQ(coil_stream_unsent(s), ROOM + SMALL);
    drainer = start((coil_fn)coil_stream_drain, s);
    flusher = start((coil_fn)coil_stream_flush, s);
    settle();
    ASSERT(!coil_task_is_done(drainer));
    ASSERT_EQ(taker.size, ROOM);

    let_go(&taker, 0);
    ASSERT_EQ(end_of(drainer), 0);
    ASSERT(!coil_task_is_done(flusher));
    ASSERT_EQ(coil_stream_unsent(s), SMALL);
    let_go(&taker, 0);
    ASSERT_EQ(end_of(flusher), 0);
    ASSERT_EQ(coil_stream_unsent(s), 0);
    check_bytes((unsigned char *)taker.bytes, 0, (size_t)ROOM + SMALL);
    taker.holds = false;
    ASSERT_EQ(coil_stream_pass(s, bytes, 1), 1);
    ASSERT_EQ(coil_stream_close(s), 0);
    ASSERT(taker.was_released);
    free(bytes);
}

/* A little holds nobody back. */
STREAM_TEST(stream_pass_of_little_needs_no_drain)
{
    struct coil_stream *s = new_taker(&taker);

    taker.holds = true;
    ASSERT_EQ(coil_stream_pass(s, "x", 1), 1);
    ASSERT_EQ(coil_stream_drain(s), 0);
    ASSERT_EQ(coil_stream_unsent(s), 1);
    let_go(&taker, 0);
    ASSERT_EQ(coil_stream_close(s), 0);
}

STREAM_TEST(stream_pass_is_not_for_every_transport)
{
    struct pair p = connected();
    char byte;

    ASSERT_EQ(coil_stream_pass(p.a, "x", 1), 0);
    send_text(p.a, "y");
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    hang_up(&p);
}

/* ---- errors --------------------------------------------------------------- */

/* What lacks for a moment loses nothing. */
STREAM_TEST(stream_pass_without_memory_may_be_tried_again)
{
    struct coil_stream *s = new_taker(&taker);

    taker.failure = -ENOMEM;
    ASSERT_EQ(coil_stream_pass(s, "x", 1), -ENOMEM);
    taker.failure = 1;
    ASSERT_EQ(coil_stream_pass(s, "y", 1), 1);
    ASSERT_MEM_EQ(taker.bytes, "y", 1);
    ASSERT_EQ(coil_stream_close(s), 0);
}

static void check_failure(ptrdiff_t failure, int expected)
{
    struct coil_stream *s = new_taker(&taker);

    taker.failure = failure;
    ASSERT_EQ(coil_stream_pass(s, "x", 1), expected);
    taker.failure = 1;
    ASSERT_EQ(coil_stream_pass(s, "x", 1), expected);
    ASSERT_EQ(coil_stream_write(s, "x", 1), expected);
    ASSERT_EQ(taker.size, 0);
    ASSERT_EQ(coil_stream_close(s), expected);
    ASSERT(taker.was_released);
}

STREAM_TEST(stream_pass_that_fails_is_the_last_one)
{
    check_failure(-ECONNRESET, -ECONNRESET);
    check_failure(0, -EPIPE);
}

STREAM_TEST(stream_pass_that_fails_later_is_the_last_one)
{
    struct coil_stream *s = new_taker(&taker);
    struct coil_task *drainer;

    taker.holds = true;
    ASSERT_EQ(coil_stream_pass(s, taker.bytes + ROOM, ROOM), ROOM);
    ASSERT_EQ(coil_stream_write(s, "x", 1), 0);
    drainer = start((coil_fn)coil_stream_drain, s);
    settle();
    let_go(&taker, -ECONNRESET);
    ASSERT_EQ(end_of(drainer), -ECONNRESET);
    ASSERT_EQ(coil_stream_unsent(s), 0);
    ASSERT_EQ(coil_stream_pass(s, "x", 1), -ECONNRESET);
    ASSERT_EQ(coil_stream_close(s), -ECONNRESET);
    ASSERT(taker.was_released);
}

STREAM_TEST(stream_pass_after_the_end_is_refused)
{
    struct coil_stream *s = new_taker(&taker);

    ASSERT_EQ(coil_stream_shutdown(s), 0);
    ASSERT_EQ(coil_stream_pass(s, "x", 1), -EPIPE);
    ASSERT_EQ(coil_stream_close(s), 0);
}

/* A task that is cancelled while it waits has lost nothing. */
STREAM_TEST(stream_pass_goes_on_when_its_writer_is_cancelled)
{
    struct coil_stream *s = new_taker(&taker);
    struct coil_task *drainer;

    taker.holds = true;
    ASSERT_EQ(coil_stream_pass(s, taker.bytes + ROOM, ROOM), ROOM);
    drainer = start((coil_fn)coil_stream_drain, s);
    settle();
    ASSERT_EQ(end_by_cancelling(drainer), -ECANCELED);
    ASSERT_EQ(coil_stream_unsent(s), ROOM);
    let_go(&taker, 0);
    ASSERT_EQ(coil_stream_unsent(s), 0);
    ASSERT_EQ(coil_stream_close(s), 0);
}

STREAM_TEST(stream_pass_may_be_under_way_when_the_stream_is_aborted)
{
    struct coil_stream *s = new_taker(&taker);

    taker.holds = true;
    ASSERT_EQ(coil_stream_pass(s, "x", 1), 1);
    coil_stream_abort(s);
    let_go(&taker, -EBADF);
    settle();
    ASSERT(taker.was_released);
}
