/* SPDX-License-Identifier: MIT */
/*
 * Reading up to a separator, and looking at what is there.
 */
#include "stream_read_test.h"

/* ---- read_until ---- */

static int read_head(struct coil_stream *s, char *buffer, size_t size,
                     size_t *length)
{
    return coil_stream_read_until(s, "\r\n\r\n", 4, buffer, size, length);
}

struct two_parts {
    struct coil_stream *stream;
    const char *text;
    size_t cut;
};

static int send_two_parts(void *arg)
{
    const struct two_parts *t = arg;
    int rc;

    rc = coil_stream_write(t->stream, t->text, t->cut);
    if (rc < 0)
        return rc;
    settle();
    return coil_stream_write(t->stream, t->text + t->cut,
                             strlen(t->text) - t->cut);
}

STREAM_TEST(stream_read_until_finds_a_separator_cut_anywhere)
{
    static const char text[] = "a\r\nb\r\n\r\r\nc\r\n\r\nrest";
    struct pair p = connected();
    char buffer[64];
    size_t length;

    for (size_t cut = 0; cut < sizeof text; cut++) {
        struct two_parts parts = { p.a, text, cut };
        struct coil_task *sender = start(send_two_parts, &parts);

        ASSERT_EQ(read_head(p.b, buffer, sizeof buffer, &length), 0);
        ASSERT_EQ(length, sizeof text - 5);
        ASSERT_MEM_EQ(buffer, text, length);
        ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 4, NULL), 0);
        ASSERT_MEM_EQ(buffer, "rest", 4);
        ASSERT_EQ(end_of(sender), 0);
    }
    hang_up(&p);
}

STREAM_TEST(stream_read_until_takes_lines_that_came_together)
{
    struct pair p = connected();
    char buffer[8];
    size_t length;

    send_text(p.a, "\none\ntwo\n");
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, buffer, 8, &length), 0);
    ASSERT_EQ(length, 1);
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, buffer, 8, &length), 0);
    ASSERT_EQ(length, 4);
    ASSERT_MEM_EQ(buffer, "one\n", 4);
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, buffer, 4, &length), 0);
    ASSERT_EQ(length, 4);
    ASSERT_MEM_EQ(buffer, "two\n", 4);
    hang_up(&p);
}

STREAM_TEST(stream_read_until_without_room_consumes_nothing)
{
    struct pair p = connected();
    char buffer[16];
    size_t length;

    send_text(p.a, "1234567\r\n\r\n");
    ASSERT_EQ(read_head(p.b, buffer, 0, &length), -EMSGSIZE);
    for (size_t size = 1; size < 11; size++)
        ASSERT_EQ(read_head(p.b, buffer, size, &length), -EMSGSIZE);
    ASSERT_EQ(coil_stream_read_until(p.b, "", 0, buffer, 16, &length), -EINVAL);
    ASSERT_EQ(read_head(p.b, buffer, 11, &length), 0);
    ASSERT_EQ(length, 11);
    hang_up(&p);
}

STREAM_TEST(stream_read_until_looks_at_64_kib_at_most)
{
    const size_t size = 65536;
    struct pair p = connected();
    unsigned char *bytes = malloc(2 * size);
    size_t length;

    memset(bytes, 'x', 2 * size);
    bytes[size - 1] = '\n';
    bytes[2 * size - 1] = '\n';
    ASSERT_EQ(coil_stream_write(p.a, bytes, size), 0);
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, bytes, 2 * size, &length),
              0);
    ASSERT_EQ(length, size);

    bytes[size - 1] = 'x';
    ASSERT_EQ(coil_stream_write(p.a, bytes, 2 * size), 0);
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, bytes, 2 * size, &length),
              -EMSGSIZE);
    ASSERT_EQ(coil_stream_read_exactly(p.b, bytes, 2 * size, NULL), 0);
    ASSERT_EQ(bytes[0], 'x');
    ASSERT_EQ(bytes[2 * size - 1], '\n');
    free(bytes);
    hang_up(&p);
}

STREAM_TEST(stream_read_until_at_the_end_consumes_nothing)
{
    struct pair p = connected();
    char buffer[16];
    size_t length;

    send_text(p.a, "no newline");
    ASSERT_EQ(coil_stream_shutdown(p.a), 0);
    ASSERT_EQ(coil_stream_read_until(p.b, "\n", 1, buffer, 16, &length),
              -EPIPE);
    ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 10, NULL), 0);
    ASSERT_MEM_EQ(buffer, "no newline", 10);
    hang_up(&p);
}

/* ---- peek ---- */

STREAM_TEST(stream_peek_shows_and_consume_takes)
{
    struct pair p = connected();
    const void *data;
    ptrdiff_t n;
    char buffer[8];

    send_text(p.a, "abcdef");
    n = coil_stream_peek(p.b, &data);
    ASSERT_GT(n, 0);
    while (n < 6) {
        ptrdiff_t more = coil_stream_peek_more(p.b, (size_t)n, &data);

        ASSERT_GT(more, n);
        n = more;
    }
    ASSERT_EQ(n, 6);
    ASSERT_MEM_EQ(data, "abcdef", 6);
    coil_stream_consume(p.b, 2);
    ASSERT_EQ(coil_stream_peek(p.b, &data), 4);
    ASSERT_MEM_EQ(data, "cdef", 4);
    coil_stream_consume(p.b, 0);
    ASSERT_EQ(coil_stream_read(p.b, buffer, 2), 2);
    coil_stream_consume(p.b, 99);

    ASSERT_EQ(coil_stream_close(p.a), 0);
    ASSERT_EQ(coil_stream_peek(p.b, &data), 0);
    ASSERT_EQ(coil_stream_peek_more(p.b, 0, &data), 0);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_peek_more_at_the_end_keeps_what_was_seen)
{
    struct pair p = connected();
    const void *data;
    char buffer[8];

    send_text(p.a, "abc");
    ASSERT_EQ(coil_stream_close(p.a), 0);
    while (coil_stream_peek_more(p.b, 2, &data) < 3)
        ;
    ASSERT_EQ(coil_stream_peek_more(p.b, 3, &data), 0);
    ASSERT_EQ(coil_stream_read_exactly(p.b, buffer, 3, NULL), 0);
    ASSERT_MEM_EQ(buffer, "abc", 3);
    coil_stream_abort(p.b);
}

STREAM_TEST(stream_peek_more_may_see_more_than_is_read_ahead)
{
    const size_t size = 150000;
    struct pair p = connected();
    struct sender s = { p.a, size, 0, false };
    struct coil_task *sender = start(send_bytes, &s);
    const void *data;
    ptrdiff_t n;

    n = coil_stream_peek(p.b, &data);
    while ((size_t)n < size) {
        n = coil_stream_peek_more(p.b, (size_t)n, &data);
        ASSERT_GT(n, 0);
    }
    ASSERT_EQ(n, size);
    check_bytes(data, 0, size);
    coil_stream_consume(p.b, size);
    ASSERT_EQ(end_of(sender), 0);
    send_text(p.a, "x");
    ASSERT_EQ(coil_stream_peek(p.b, &data), 1);
    hang_up(&p);
}

static int misuses;

static void count_misuses(struct coil_loop *loop,
                          const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT_EQ(exception->error, -EBUSY);
    misuses++;
}

STREAM_TEST(stream_consume_while_a_task_reads_is_refused)
{
    struct coil_loop *loop = coil_loop_current();
    struct pair p = connected();
    struct coil_task *reader = start(read_four, p.b);

    coil_loop_set_exception_handler(loop, count_misuses, NULL);
    misuses = 0;
    send_text(p.a, "abc");
    settle();
    coil_stream_consume(p.b, 3);
    ASSERT_EQ(misuses, 1);
    send_text(p.a, "d");
    ASSERT_EQ(end_of(reader), 0);
    coil_loop_set_exception_handler(loop, NULL, NULL);
    hang_up(&p);
}

STREAM_TEST(stream_is_stale_when_it_cannot_be_used_again)
{
    struct pair p = connected();
    const void *data;

    ASSERT(!coil_stream_is_stale(p.b));
    send_text(p.a, "x");
    settle();
    ASSERT(coil_stream_is_stale(p.b));
    ASSERT_EQ(coil_stream_peek(p.b, &data), 1);
    ASSERT(coil_stream_is_stale(p.b));
    coil_stream_consume(p.b, 1);
    ASSERT(!coil_stream_is_stale(p.b));
    coil_stream_abort(p.a);
    settle();
    ASSERT(coil_stream_is_stale(p.b));
    /* And when the end has been read. */
    ASSERT_EQ(coil_stream_peek(p.b, &data), 0);
    ASSERT(coil_stream_is_stale(p.b));
    coil_stream_abort(p.b);
}
