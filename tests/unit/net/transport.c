/* SPDX-License-Identifier: MIT */
/*
 * Transports: a stream over a user's own transport, a layer put under an open
 * stream, and waiting for input without memory for it.
 */
#include <coil/transport.h>

#include "stream_test.h"

/* ---- a layer that changes each byte -------------------------------------- */

struct layer {
    struct coil_transport transport; /* first */
    struct coil_transport *below;
    size_t released;
    bool has_said_end;
    unsigned char bytes[512];
    struct coil_transport_write own;
    struct coil_transport_write *theirs;
};

static struct layer *layer_of(struct coil_transport *transport)
{
    return (struct layer *)(void *)transport;
}

static void change(void *bytes, size_t size)
{
    unsigned char *b = bytes;

    for (size_t i = 0; i < size; i++)
        b[i] ^= 0x55;
}

static ptrdiff_t layer_read(struct coil_transport *transport, void *data,
                            size_t size, const struct coil_stream *stream)
{
    struct coil_transport *below = layer_of(transport)->below;
    ptrdiff_t n = below->ops->read(below, data, size, stream);

    if (n > 0)
        change(data, (size_t)n);
    return n;
}

static int layer_wait(struct coil_transport *transport,
                      const struct coil_stream *stream)
{
    struct coil_transport *below = layer_of(transport)->below;

    return below->ops->wait_readable(below, stream);
}

static void layer_sent(struct coil_transport_write *write)
{
    struct layer *l =
        (struct layer *)(void *)((char *)write - offsetof(struct layer, own));

    l->theirs->result = write->result;
    l->theirs->over(l->theirs);
}

static bool layer_write(struct coil_transport *transport,
                        struct coil_transport_write *write)
{
    struct layer *l = layer_of(transport);
    size_t size = write->size < sizeof l->bytes ? write->size : sizeof l->bytes;

    memcpy(l->bytes, write->data, size);
    change(l->bytes, size);
    l->theirs = write;
    l->own = (struct coil_transport_write){ .data = l->bytes,
                                            .size = size,
                                            .over = layer_sent };
    if (!l->below->ops->write(l->below, &l->own))
        return false;
    write->result = l->own.result;
    return true;
}

static bool layer_shutdown(struct coil_transport *transport,
                           struct coil_transport_write *write)
{
    struct layer *l = layer_of(transport);

    l->has_said_end = true;
    return l->below->ops->shutdown(l->below, write);
}

static bool layer_is_stale(struct coil_transport *transport)
{
    struct coil_transport *below = layer_of(transport)->below;

    return below->ops->is_stale(below);
}

static void layer_local(const struct coil_transport *transport,
                        struct coil_address *address)
{
    const struct layer *l = (const struct layer *)(const void *)transport;

    l->below->ops->local_address(l->below, address);
}

static void layer_peer(const struct coil_transport *transport,
                       struct coil_address *address)
{
    const struct layer *l = (const struct layer *)(const void *)transport;

    l->below->ops->peer_address(l->below, address);
}

static void layer_close(struct coil_transport *transport)
{
    struct layer *l = layer_of(transport);

    l->below->ops->close(l->below);
}

static void layer_release(struct coil_transport *transport)
{
    struct layer *l = layer_of(transport);

    l->released++;
    if (l->below->ops->release)
        l->below->ops->release(l->below);
}

static const struct coil_transport_ops layer_ops = {
    .read = layer_read,
    .wait_readable = layer_wait,
    .write = layer_write,
    .shutdown = layer_shutdown,
    .is_stale = layer_is_stale,
    .local_address = layer_local,
    .peer_address = layer_peer,
    .close = layer_close,
    .release = layer_release,
};

static void put_layer(struct layer *l, struct coil_stream *s)
{
    *l = (struct layer){ .transport = { .ops = &layer_ops,
                                        .is_secret = true,
                                        .must_say_end = true },
                         .below = coil_stream_transport(s) };
    ASSERT_EQ(coil_stream_wrap(s, &l->transport), 0);
}

STREAM_TEST(transport_under_an_open_stream_is_used_from_then_on)
{
    enum { SIZE = 200000 };
    struct pair p = connected();
    struct layer a, b;
    unsigned char *bytes = make_bytes(SIZE);
    unsigned char *got = malloc(SIZE);
    char text[5];

    send_text(p.a, "plain");
    ASSERT_EQ(coil_stream_read_exactly(p.b, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "plain", 5);
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    put_layer(&a, p.a);
    put_layer(&b, p.b);

    ASSERT_EQ(coil_stream_write(p.a, bytes, SIZE), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, got, SIZE, NULL), 0);
    check_bytes(got, 0, SIZE);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT(a.has_said_end);
    ASSERT_EQ(coil_stream_read(p.b, got, 1), 0);
    coil_stream_abort(p.b);
    ASSERT(!b.has_said_end);
    ASSERT_EQ(a.released, 1);
    ASSERT_EQ(b.released, 1);
    free(bytes);
    free(got);
}

/* A layer that is part of what the program keeps has nothing to release. */
STREAM_TEST(transport_that_is_not_released_leaves_nothing)
{
    struct coil_transport_ops ops = layer_ops;
    struct pair p = connected();
    struct layer a, b;
    char text[5];

    ops.release = NULL;
    put_layer(&a, p.a);
    put_layer(&b, p.b);
    a.transport.ops = &ops;
    send_text(p.a, "hello");
    ASSERT_EQ(coil_stream_read_exactly(p.b, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT(a.has_said_end);
    ASSERT_EQ(a.released, 0);
    ASSERT_EQ(coil_stream_read(p.b, text, 1), 0);
    coil_stream_abort(p.b);
}

static int read_one(void *arg)
{
    char byte;

    return (int)coil_stream_read(arg, &byte, 1);
}

STREAM_TEST(transport_cannot_be_put_under_a_stream_that_is_busy)
{
    struct pair p = connected();
    struct layer l = { .transport = { .ops = &layer_ops } };
    struct coil_task *reader = start(read_one, p.a);
    char byte;

    settle();
    ASSERT_EQ(coil_stream_wrap(p.a, &l.transport), -EBUSY);
    ASSERT_EQ(coil_stream_read_nowait(p.a, &byte, 1), -EBUSY);
    send_text(p.b, "xy");
    ASSERT_EQ(end_of(reader), 1);
    ASSERT_EQ(coil_stream_read(p.a, &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    hang_up(&p);
}

STREAM_TEST(transport_cannot_be_put_under_a_stream_with_unsent_bytes)
{
    enum { SIZE = 16 << 20 };
    struct pair p = connected();
    struct layer l = { .transport = { .ops = &layer_ops } };
    char *bytes = calloc(1, SIZE);

    ASSERT_NOT_NULL(bytes);
    ASSERT_EQ(coil_stream_write(p.a, bytes, SIZE), 0);
    ASSERT_EQ(coil_stream_wrap(p.a, &l.transport), -EBUSY);
    ASSERT_EQ(l.released, 0);
    hang_up(&p);
    free(bytes);
}

/* Bytes that were read ahead belong to the layer, if it takes them first. */
STREAM_TEST(transport_may_take_what_the_stream_has_read_ahead)
{
    struct pair p = connected();
    char line[16];
    char ahead[16];
    size_t length;

    send_text(p.a, "go\nsecret");
    ASSERT_EQ(coil_stream_flush(p.a), 0);
    settle();
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, line, sizeof line, &length),
              0);
    for (size_t i = 0; i < 6; i++)
        if (coil_stream_read_nowait(p.b, ahead + i, 1) == 0)
            ASSERT_EQ(coil_stream_read(p.b, ahead + i, 1), 1);
    ASSERT_MEM_EQ(ahead, "secret", 6);
    ASSERT_EQ(coil_stream_read_nowait(p.b, ahead, sizeof ahead), 0);
    hang_up(&p);
}

/* ---- waiting without memory ---------------------------------------------- */

static int wait_readable(void *arg)
{
    return coil_stream_wait_readable(arg);
}

STREAM_TEST(transport_waits_for_input_and_takes_none)
{
    struct pair p = connected();
    struct coil_task *waiter = start(wait_readable, p.b);
    char bytes[5];

    settle();
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), -EBUSY);
    send_text(p.a, "hello");
    ASSERT_EQ(end_of(waiter), 0);
    ASSERT_EQ(coil_stream_wait_readable(p.b), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 5, NULL), 0);
    ASSERT_MEM_EQ(bytes, "hello", 5);

    waiter = start(wait_readable, p.b);
    settle();
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_stream_wait_readable(p.b), 0);
    ASSERT_EQ(coil_stream_read(p.b, bytes, 1), 0);
    ASSERT_EQ(coil_stream_wait_readable(p.b), 0);
    coil_stream_abort(p.b);
}

STREAM_TEST(transport_that_is_closed_ends_the_wait)
{
    struct pair p = connected();
    struct coil_task *waiter = start(wait_readable, p.b);

    settle();
    coil_stream_abort(p.b);
    ASSERT_EQ(end_of(waiter), -EBADF);
    coil_stream_abort(p.a);
}

SOCKET_TEST(transport_that_is_broken_ends_the_wait_and_says_so_again)
{
    struct pair p = connected();
    struct coil_task *waiter;
    char byte;
    int rc;

    /* Unread data makes the other side reset the connection. */
    send_text(p.b, "unread");
    ASSERT_EQ(coil_stream_flush(p.b), 0);
    settle();
    waiter = start(wait_readable, p.b);
    settle();
    coil_stream_abort(p.a);
    rc = end_of(waiter);
    if (rc == 0)
        rc = (int)coil_stream_read(p.b, &byte, 1);
    ASSERT_EQ(rc, -ECONNRESET);
    ASSERT_EQ(coil_stream_wait_readable(p.b), -ECONNRESET);
    ASSERT_EQ(coil_stream_read(p.b, &byte, 1), -ECONNRESET);
    coil_stream_abort(p.b);
}

/* ---- a transport of one's own: what is written can be read ---------------- */

struct echo {
    struct coil_transport transport; /* first */
    char bytes[64];
    size_t size;
    size_t closed;
    size_t released;
};

static struct echo *echo_of(struct coil_transport *transport)
{
    return (struct echo *)(void *)transport;
}

static ptrdiff_t echo_read(struct coil_transport *transport, void *data,
                           size_t size, const struct coil_stream *stream)
{
    struct echo *e = echo_of(transport);
    size_t n = size < e->size ? size : e->size;

    (void)stream;
    memcpy(data, e->bytes, n);
    memmove(e->bytes, e->bytes + n, e->size - n);
    e->size -= n;
    return (ptrdiff_t)n;
}

static bool echo_write(struct coil_transport *transport,
                       struct coil_transport_write *write)
{
    struct echo *e = echo_of(transport);
    size_t room = sizeof e->bytes - e->size;
    size_t n = write->size < room ? write->size : room;

    memcpy(e->bytes + e->size, write->data, n);
    e->size += n;
    write->result = n > 0 ? (ptrdiff_t)n : -ENOBUFS;
    return true;
}

static void echo_close(struct coil_transport *transport)
{
    echo_of(transport)->closed++;
}

static void echo_release(struct coil_transport *transport)
{
    echo_of(transport)->released++;
}

static const struct coil_transport_ops echo_ops = {
    .read = echo_read,
    .write = echo_write,
    .close = echo_close,
    .release = echo_release,
};

TEST(transport_without_memory_for_a_stream_stays_the_callers)
{
    struct echo e = { .transport = { .ops = &echo_ops } };
    struct coil_stream *mine;

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_new(&mine, &e.transport), -ENOMEM);
    ASSERT_NULL(mine);
    ASSERT_EQ(e.released, 0);
}

STREAM_TEST(transport_of_ones_own_carries_a_stream)
{
    struct echo e = { .transport = { .ops = &echo_ops } };
    struct coil_stream_watch watch;
    struct coil_stream *mine;
    char text[5];

    ASSERT_EQ(coil_stream_new(&mine, &e.transport), 0);
    ASSERT_PTR_EQ(coil_stream_transport(mine), &e.transport);
    ASSERT_EQ(coil_stream_watch(mine, &watch, NULL, NULL), -ENOTSUP);
    send_text(mine, "hello");
    ASSERT_EQ(coil_stream_read_exactly(mine, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    ASSERT(!coil_stream_has_ended(mine)); /* that cannot be asked */
    ASSERT_EQ(coil_stream_read(mine, text, 1), 0);
    ASSERT(coil_stream_has_ended(mine));
    ASSERT_EQ(coil_stream_close(mine), 0);
    ASSERT_EQ(e.closed, 1);
    ASSERT_EQ(e.released, 1);
}

static ptrdiff_t look_result;

static ptrdiff_t look_in_vain(struct coil_transport *transport, void *data,
                              size_t size)
{
    (void)transport;
    (void)data;
    (void)size;
    return look_result;
}

/* What it lacks for a moment is no end, and an error is one. */
STREAM_TEST(transport_that_lacks_memory_has_not_ended)
{
    static const ptrdiff_t moments[] = { -EAGAIN, -ENOMEM, -ENOBUFS };
    struct coil_transport_ops ops = echo_ops;
    struct echo e = { .transport = { .ops = &ops } };
    struct coil_stream *mine;
    char text[5];

    ops.read_nowait = look_in_vain;
    ASSERT_EQ(coil_stream_new(&mine, &e.transport), 0);
    send_text(mine, "hello");
    for (size_t i = 0; i < 3; i++) {
        look_result = moments[i];
        ASSERT(!coil_stream_has_ended(mine));
    }
    ASSERT_EQ(coil_stream_read_exactly(mine, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    look_result = -ECONNRESET;
    ASSERT(coil_stream_has_ended(mine));
    ASSERT_EQ(coil_stream_read(mine, text, 1), -ECONNRESET);
    coil_stream_abort(mine);
    ASSERT_EQ(e.released, 1);
}

/* ---- a transport that says its end in its own time ------------------------ */

struct late {
    struct echo echo; /* first */
    struct coil_transport_write *end;
};

static bool late_shutdown(struct coil_transport *transport,
                          struct coil_transport_write *write)
{
    ((struct late *)(void *)transport)->end = write;
    return false;
}

static const struct coil_transport_ops late_ops = {
    .read = echo_read,
    .write = echo_write,
    .shutdown = late_shutdown,
    .close = echo_close,
    .release = echo_release,
};

static int shut_down(void *stream)
{
    return coil_stream_shutdown(stream);
}

static int close_it(void *stream)
{
    return coil_stream_close(stream);
}

static void let_it_end(struct late *l, ptrdiff_t result)
{
    l->end->result = result;
    l->end->over(l->end);
}

static struct coil_stream *new_late(struct late *l)
{
    struct coil_stream *mine;

    *l = (struct late){ .echo = { .transport = { .ops = &late_ops,
                                                 .must_say_end = true } } };
    ASSERT_EQ(coil_stream_new(&mine, &l->echo.transport), 0);
    return mine;
}

/* Two who shut down wait for one end. */
STREAM_TEST(transport_that_ends_late_is_waited_for)
{
    struct late l;
    struct coil_stream *mine = new_late(&l);
    struct coil_task *first, *second;

    first = start(shut_down, mine);
    settle();
    second = start(shut_down, mine);
    settle();
    ASSERT(!coil_task_is_done(first));
    ASSERT(!coil_task_is_done(second));
    let_it_end(&l, 0);
    ASSERT_EQ(end_of(first), 0);
    ASSERT_EQ(end_of(second), 0);
    ASSERT_EQ(coil_stream_shutdown(mine), 0);
    coil_stream_abort(mine);
    settle();
    ASSERT_EQ(l.echo.released, 1);
}

/* Who is cancelled meanwhile has closed the stream all the same. */
STREAM_TEST(transport_that_ends_late_may_be_closed_without_waiting)
{
    struct late l;
    struct coil_task *closer = start(close_it, new_late(&l));

    settle();
    ASSERT_EQ(end_by_cancelling(closer), -ECANCELED);
    ASSERT_EQ(l.echo.closed, 1);
    if (l.echo.released == 0)
        let_it_end(&l, -ECANCELED);
    settle();
    ASSERT_EQ(l.echo.released, 1);
}
