/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * From one stream to another: every byte once and in order, whatever both are
 * over, and whoever is slow, gone or cancelled meanwhile.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/file_stream.h>
#include <coil/splice.h>

#include "stream_fd_test.h"

#define MUCH ((size_t)(simulated ? 200 * 1024 : 6 * 1024 * 1024))

/* Somebody writes to one pair, whose other end is moved to the next pair. */
struct chain {
    struct pair source, target;
};

static struct chain open_chain(void)
{
    struct chain c;

    c.source = connected();
    c.target = connected();
    return c;
}

static void close_chain(struct chain *c)
{
    hang_up(&c->source);
    hang_up(&c->target);
}

struct counted {
    struct coil_stream *stream;
    size_t place; /* of the next byte */
    size_t end;
};

/* A task: write the bytes up to `end`, and say that no more come. */
static int write_bytes(void *arg)
{
    struct counted *w = arg;
    unsigned char bytes[10000];
    int rc = 0;

    while (rc == 0 && w->place < w->end) {
        size_t n = w->end - w->place;

        n = n < sizeof bytes ? n : sizeof bytes;
        fill_bytes(bytes, w->place, n);
        rc = coil_stream_write(w->stream, bytes, n);
        if (rc == 0)
            rc = coil_stream_drain(w->stream);
        w->place += n;
    }
    return rc < 0 ? rc : coil_stream_shutdown(w->stream);
}

/* A task: read and check the bytes up to `end`. */
static int read_bytes(void *arg)
{
    struct counted *r = arg;
    unsigned char bytes[20000];
    ptrdiff_t n = 1;

    while (n > 0 && r->place < r->end) {
        size_t ask = r->end - r->place;

        n = coil_stream_read(r->stream, bytes,
                             ask < sizeof bytes ? ask : sizeof bytes);
        if (n > 0) {
            check_bytes(bytes, r->place, (size_t)n);
            r->place += (size_t)n;
        }
    }
    return n < 0 ? (int)n : 0;
}

/* Read `size` bytes, which begin with that of `place`. */
static void expect_bytes(struct coil_stream *s, size_t place, size_t size)
{
    struct counted r = { .stream = s, .place = place, .end = place + size };

    ASSERT_EQ(read_bytes(&r), 0);
    ASSERT_EQ(r.place, r.end);
}

static void put_bytes(struct coil_stream *s, size_t place, size_t size)
{
    unsigned char *bytes = malloc(size);

    fill_bytes(bytes, place, size);
    ASSERT_EQ(coil_stream_write(s, bytes, size), 0);
    free(bytes);
}

/* A task that has gone as far as it can. */
static struct coil_task *begin_task(coil_fn fn, void *arg)
{
    struct coil_task *task = start(fn, arg);

    settle();
    return task;
}

struct splicing {
    struct coil_stream *to, *from;
    int64_t size, moved;
};

static int splice_it(void *arg)
{
    struct splicing *s = arg;

    return coil_splice(s->to, s->from, s->size, &s->moved);
}

/* ---- what is moved -------------------------------------------------------- */

STREAM_TEST(splice_moves_all_until_the_end)
{
    struct chain c = open_chain();
    struct counted w = { .stream = c.source.a, .end = MUCH };
    struct counted r = { .stream = c.target.b, .end = SIZE_MAX };
    struct coil_task *writer = start(write_bytes, &w);
    struct coil_task *reader = start(read_bytes, &r);
    int64_t moved = -1;

    ASSERT_EQ(coil_splice(c.target.a, c.source.b, -1, &moved), 0);
    ASSERT_EQ(moved, MUCH);
    ASSERT_EQ(coil_stream_unsent(c.target.a), 0);
    ASSERT_EQ(end_of(writer), 0);
    /* It does not shut the target. */
    put_bytes(c.target.a, MUCH, 100);
    ASSERT_EQ(coil_stream_shutdown(c.target.a), 0);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT_EQ(r.place, MUCH + 100);
    /* The end has been seen, and stays. */
    ASSERT_EQ(coil_splice(c.target.b, c.source.b, -1, &moved), 0);
    ASSERT_EQ(moved, 0);
    close_chain(&c);
}

STREAM_TEST(splice_moves_so_many_and_leaves_the_rest)
{
    struct chain c = open_chain();
    int64_t moved = -1;

    put_bytes(c.source.a, 0, 5000);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 0, &moved), 0);
    ASSERT_EQ(moved, 0);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 100, &moved), 0);
    ASSERT_EQ(moved, 100);
    expect_bytes(c.target.b, 0, 100);
    /* What was read ahead comes first. */
    expect_bytes(c.source.b, 100, 1);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 3000, NULL), 0);
    expect_bytes(c.target.b, 101, 3000);
    expect_bytes(c.source.b, 3101, 1899);
    put_bytes(c.source.a, 5000, 10);
    ASSERT_EQ(coil_stream_shutdown(c.source.a), 0);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 11, &moved), 0);
    ASSERT_EQ(moved, 10);
    expect_bytes(c.target.b, 5000, 10);
    close_chain(&c);
}

STREAM_TEST(splice_stands_between_what_is_written)
{
    struct chain c = open_chain();
    char text[6];

    put_bytes(c.source.a, 0, 3);
    ASSERT_EQ(coil_stream_write(c.target.a, "<", 1), 0);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 3, NULL), 0);
    ASSERT_EQ(coil_stream_write(c.target.a, ">", 1), 0);
    ASSERT_EQ(coil_stream_read_exactly(c.target.b, text, 5, NULL), 0);
    ASSERT_EQ(text[0], '<');
    check_bytes((unsigned char *)text + 1, 0, 3);
    ASSERT_EQ(text[4], '>');
    close_chain(&c);
}

/* An echo: what comes goes back. */
STREAM_TEST(splice_of_one_stream_sends_all_back)
{
    struct pair p = connected();
    struct counted w = { .stream = p.a, .end = MUCH / 4 };
    struct counted r = { .stream = p.a, .end = MUCH / 4 };
    struct splicing s = { .to = p.b, .from = p.b, .size = -1 };
    struct coil_task *echo = start(splice_it, &s);
    struct coil_task *writer = start(write_bytes, &w);

    ASSERT_EQ(read_bytes(&r), 0);
    ASSERT_EQ(r.place, MUCH / 4);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(end_of(echo), 0);
    ASSERT_EQ(s.moved, MUCH / 4);
    hang_up(&p);
}

/* ---- cancelled ------------------------------------------------------------ */

/*
 * Nothing is lost and nothing comes twice, wherever the call stands when it is
 * cancelled: waiting for input, for room, or for the end.
 */
STREAM_TEST(splice_that_is_cancelled_can_go_on)
{
    struct chain c = open_chain();
    int64_t size = (int64_t)MUCH / 2;
    struct counted w = { .stream = c.source.a, .end = (size_t)size };
    struct counted r = { .stream = c.target.b, .end = (size_t)size };
    struct coil_task *writer = start(write_bytes, &w);
    struct coil_task *reader = start(read_bytes, &r);
    int64_t moved = 0;
    int rc = -ECANCELED;

    for (size_t i = 0; rc == -ECANCELED; i++) {
        struct splicing s = { .to = c.target.a, .from = c.source.b };
        struct coil_task *task;

        s.size = size - moved;
        task = start(splice_it, &s);
        for (size_t turns = 1 + i % 7; turns > 0; turns--)
            turn();
        coil_task_cancel(task);
        rc = end_of(task);
        moved += s.moved;
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(moved, size);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT_EQ(r.place, size);
    close_chain(&c);
}

STREAM_TEST(splice_that_is_cancelled_leaves_what_it_has_to_a_read)
{
    struct chain c = open_chain();
    struct splicing s = { .to = c.target.a, .from = c.source.b, .size = -1 };
    struct counted w = { .stream = c.source.a, .end = MUCH };
    struct coil_task *writer = start(write_bytes, &w);
    struct coil_task *task = start(splice_it, &s);
    int rc;

    settle();
    coil_task_cancel(task);
    rc = end_of(task);
    /* The kernel may have room for all of it. */
    ASSERT(rc == -ECANCELED || (rc == 0 && s.moved == (int64_t)MUCH));
    expect_bytes(c.source.b, (size_t)s.moved, MUCH - (size_t)s.moved);
    expect_bytes(c.target.b, 0, (size_t)s.moved);
    ASSERT_EQ(end_of(writer), 0);
    close_chain(&c);
}

/* ---- errors --------------------------------------------------------------- */

STREAM_TEST(splice_is_refused_beside_others_who_use_the_streams)
{
    struct chain c = open_chain();
    struct counted r = { .stream = c.source.b, .end = 1 };
    struct splicing s = { .to = c.target.a, .from = c.source.b, .size = -1 };
    struct coil_task *task = begin_task(read_bytes, &r);
    int64_t moved = -1;
    char byte;

    ASSERT_EQ(coil_splice(c.target.a, c.source.b, -1, &moved), -EBUSY);
    ASSERT_EQ(moved, 0);
    put_bytes(c.source.a, 0, 1);
    ASSERT_EQ(end_of(task), 0);

    task = begin_task(splice_it, &s);
    ASSERT_EQ(coil_stream_write(c.target.a, "x", 1), -EBUSY);
    ASSERT_EQ(coil_splice(c.target.a, c.source.a, 1, NULL), -EBUSY);
    ASSERT_EQ(coil_splice(c.source.a, c.source.b, 1, NULL), -EBUSY);
    ASSERT_EQ(coil_stream_read(c.source.b, &byte, 1), -EBUSY);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);

    ASSERT_EQ(coil_stream_shutdown(c.target.a), 0);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, 1, NULL), -EPIPE);
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_splice(c.target.b, c.source.b, 1, &moved), -ECANCELED);
    ASSERT_EQ(moved, 0);
    close_chain(&c);
}

/* Who reads is gone.  What was not moved can still be read. */
STREAM_TEST(splice_to_a_broken_stream_keeps_the_rest)
{
    struct chain c = open_chain();
    struct counted w = { .stream = c.source.a, .end = MUCH };
    struct coil_task *writer = start(write_bytes, &w);
    int64_t moved = -1;

    coil_stream_abort(c.target.b);
    ASSERT_LT(coil_splice(c.target.a, c.source.b, -1, &moved), 0);
    ASSERT_LT(coil_splice(c.target.a, c.source.b, -1, NULL), 0);
    expect_bytes(c.source.b, (size_t)moved, MUCH - (size_t)moved);
    ASSERT_EQ(end_of(writer), 0);
    hang_up(&c.source);
    coil_stream_abort(c.target.a);
}

STREAM_TEST(splice_from_a_broken_stream_tells)
{
    struct chain c = open_chain();
    struct splicing s = { .to = c.target.a, .from = c.source.b, .size = -1 };
    struct coil_task *task;

    if (in_memory) {
        close_chain(&c);
        return; /* whose ends do not break */
    }
    task = begin_task(splice_it, &s);
    put_bytes(c.source.b, 0, 10); /* that is not read: so it is a reset */
    settle();
    coil_stream_abort(c.source.a);
    ASSERT_EQ(end_of(task), -ECONNRESET);
    ASSERT_EQ(s.moved, 0);
    ASSERT_EQ(coil_splice(c.target.a, c.source.b, -1, NULL), -ECONNRESET);
    coil_stream_abort(c.source.b);
    hang_up(&c.target);
}

/* Another task closes one of the two, while much is under way. */
STREAM_TEST(splice_ends_when_a_stream_is_closed)
{
    for (int which = 0; which < 2; which++) {
        struct chain c = open_chain();
        struct splicing s = { .to = c.target.a,
                              .from = c.source.b,
                              .size = -1 };
        struct counted w = { .stream = c.source.a, .end = MUCH };
        struct counted r = { .stream = c.target.b, .end = SIZE_MAX };
        struct coil_task *task = start(splice_it, &s);
        struct coil_task *writer = begin_task(write_bytes, &w);
        struct coil_task *reader;
        int rc;

        coil_stream_abort(which ? c.target.a : c.source.b);
        reader = start(read_bytes, &r); /* it may wait for room */
        rc = end_of(task);
        ASSERT(rc == -EBADF || (rc == 0 && s.moved == (int64_t)MUCH));
        coil_task_cancel(writer);
        end_of(writer);
        coil_stream_abort(which ? c.source.b : c.target.a);
        end_of(reader);
        coil_stream_abort(c.source.a);
        coil_stream_abort(c.target.b);
    }
}

/* Closed while it waits for input. */
STREAM_TEST(splice_that_waits_ends_when_a_stream_is_closed)
{
    struct chain c = open_chain();
    struct splicing s = { .to = c.target.a, .from = c.source.b, .size = -1 };
    struct coil_task *task = begin_task(splice_it, &s);

    coil_stream_abort(c.source.b);
    ASSERT_EQ(end_of(task), -EBADF);
    hang_up(&c.target);
    coil_stream_abort(c.source.a);

    c = open_chain();
    s = (struct splicing){ .to = c.target.a, .from = c.source.b, .size = -1 };
    task = begin_task(splice_it, &s);
    coil_stream_abort(c.target.a);
    put_bytes(c.source.a, 0, 10);
    ASSERT_EQ(end_of(task), -EBADF);
    expect_bytes(c.source.b, 0, 10);
    hang_up(&c.source);
    coil_stream_abort(c.target.b);
}

/* ---- descriptors of all kinds --------------------------------------------- */

enum {
    KIND_PIPE,
    KIND_SHARED_PIPE,
    KIND_SOCKET,
    KIND_BLOCKING_SOCKET,
    KIND_PAIR,
    KINDS
};

/* Two streams: what is written to one is read from the other. */
static void open_kind(int kind, struct coil_stream **in,
                      struct coil_stream **out)
{
    int flags = O_CLOEXEC;
    int ends[2];

    if (kind == KIND_PAIR) {
        struct coil_stream *pair[2];

        ASSERT_EQ(coil_stream_pair(pair), 0);
        *in = pair[0];
        *out = pair[1];
        return;
    }
    if (kind == KIND_PIPE)
        flags |= O_NONBLOCK;
    if (kind == KIND_PIPE || kind == KIND_SHARED_PIPE)
        ASSERT_EQ(pipe2(ends, flags), 0);
    else
        ASSERT_EQ(socketpair(AF_UNIX,
                             SOCK_STREAM | SOCK_CLOEXEC |
                                 (kind == KIND_SOCKET ? SOCK_NONBLOCK : 0),
                             0, ends),
                  0);
    *out = stream_over(ends[0]);
    *in = stream_over(ends[1]);
}

KERNEL_TEST(splice_goes_between_all_kinds_of_descriptors)
{
    for (int i = 0; i < KINDS * KINDS; i++) {
        struct coil_stream *a, *b, *c, *d;
        struct counted w = { .end = 300 * 1000 };
        struct counted r = { .end = SIZE_MAX };
        struct coil_task *writer, *reader;
        int64_t moved = 0;

        open_kind(i % KINDS, &a, &b);
        open_kind(i / KINDS, &c, &d);
        w.stream = a;
        r.stream = d;
        writer = start(write_bytes, &w);
        reader = start(read_bytes, &r);
        ASSERT_EQ(coil_splice(c, b, -1, &moved), 0);
        ASSERT_EQ(moved, 300 * 1000);
        ASSERT_EQ(coil_stream_shutdown(c), 0);
        ASSERT_EQ(end_of(writer), 0);
        ASSERT_EQ(end_of(reader), 0);
        ASSERT_EQ(r.place, 300 * 1000);
        coil_stream_abort(a);
        coil_stream_abort(b);
        coil_stream_abort(c);
        coil_stream_abort(d);
    }
}

/* ---- no room -------------------------------------------------------------- */

/* A splice that has bytes in its pipe, and waits for room to send them. */
struct stuck {
    struct coil_stream *a, *b, *c, *d;
    struct counted w;
    struct splicing s;
    struct coil_task *writer, *task;
};

static bool is_writable(int fd)
{
    struct pollfd ask = { .fd = fd, .events = POLLOUT };

    return poll(&ask, 1, 0) != 0;
}

/* Both tasks wait, since turns of the loop bring nothing any more. */
static void go_as_far_as_possible(const struct stuck *k)
{
    size_t seen = 0;

    for (int quiet = 0; quiet < 50; quiet++) {
        size_t now = k->w.place + (size_t)k->s.moved;

        if (now != seen)
            quiet = 0;
        seen = now;
        turn();
    }
}

static void get_stuck(struct stuck *k)
{
    int ends[2];
    int copy;

    open_kind(KIND_SOCKET, &k->a, &k->b);
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                         ends),
              0);
    copy = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
    k->c = stream_over(ends[0]);
    k->d = stream_over(ends[1]);
    k->w = (struct counted){ .stream = k->a, .end = 4 << 20 };
    k->s = (struct splicing){ .to = k->c, .from = k->b, .size = -1 };
    k->writer = start(write_bytes, &k->w);
    k->task = start(splice_it, &k->s);
    while (is_writable(copy))
        turn();
    go_as_far_as_possible(k);
    close(copy);
}

static void get_free(struct stuck *k)
{
    coil_task_cancel(k->writer);
    end_of(k->writer);
    coil_stream_abort(k->a);
    coil_stream_abort(k->b);
    coil_stream_abort(k->c);
    coil_stream_abort(k->d);
}

KERNEL_TEST(splice_that_waits_for_room_gives_back_what_it_has)
{
    struct stuck k;
    size_t moved;

    get_stuck(&k);
    ASSERT_EQ(end_by_cancelling(k.task), -ECANCELED);
    moved = (size_t)k.s.moved;
    expect_bytes(k.d, 0, moved);
    expect_bytes(k.b, moved, k.w.end - moved);
    get_free(&k);
}

KERNEL_TEST(splice_that_waits_for_room_ends_with_its_target)
{
    struct stuck k;
    size_t moved;

    get_stuck(&k);
    coil_stream_abort(k.c);
    k.c = NULL;
    ASSERT_EQ(end_of(k.task), -EBADF);
    moved = (size_t)k.s.moved;
    expect_bytes(k.d, 0, moved);
    expect_bytes(k.b, moved, k.w.end - moved);
    get_free(&k);
}

/* What is in the pipe is sent, or lost with the stream if it cannot be. */
KERNEL_TEST(splice_that_waits_for_room_ends_with_its_source)
{
    struct counted r = { .end = SIZE_MAX };
    struct coil_task *reader;
    struct stuck k;

    get_stuck(&k);
    coil_stream_abort(k.b);
    k.b = NULL;
    r.stream = k.d;
    reader = start(read_bytes, &r);
    ASSERT_EQ(end_of(k.task), -EBADF);
    coil_task_cancel(reader);
    end_of(reader);
    expect_bytes(k.d, r.place, (size_t)k.s.moved - r.place);
    get_free(&k);

    get_stuck(&k);
    coil_stream_abort(k.b);
    k.b = NULL;
    ASSERT_EQ(end_by_cancelling(k.task), -ECANCELED);
    expect_bytes(k.d, 0, (size_t)k.s.moved);
    get_free(&k);
}

/* A pipe is closed while its first bytes are waited for. */
KERNEL_TEST(splice_that_waits_ends_with_a_pipe)
{
    struct coil_stream *in, *out, *to, *end;
    struct splicing s = { .size = -1 };
    struct coil_task *task;

    open_kind(KIND_PIPE, &in, &out);
    open_kind(KIND_PIPE, &to, &end);
    s.from = out;
    s.to = to;
    task = begin_task(splice_it, &s);
    coil_stream_abort(out);
    ASSERT_EQ(end_of(task), -EBADF);
    coil_stream_abort(in);
    coil_stream_abort(to);
    coil_stream_abort(end);
}

/* ---- files and others ----------------------------------------------------- */

/* A file, which has a stream of its own. */
KERNEL_TEST(splice_copies_files)
{
    char name[] = "/tmp/coil-splice-XXXXXX";
    struct coil_stream *in, *out, *file;
    int64_t moved;
    int fd = mkstemp(name);

    ASSERT_GE(fd, 0);
    close(fd);
    open_kind(KIND_PIPE, &in, &out);
    ASSERT_EQ(coil_stream_open_file(&file, name, O_WRONLY, 0), 0);
    put_bytes(in, 0, 50000);
    ASSERT_EQ(coil_splice(file, out, 50000, &moved), 0);
    ASSERT_EQ(coil_stream_close(file), 0);
    ASSERT_EQ(coil_stream_open_file(&file, name, O_RDONLY, 0), 0);
    ASSERT_EQ(coil_splice(in, file, -1, &moved), 0);
    ASSERT_EQ(moved, 50000);
    expect_bytes(out, 0, 50000);
    coil_stream_abort(file);
    coil_stream_abort(in);
    coil_stream_abort(out);
    unlink(name);
}

/* The kernel takes bytes into a pipe, and does not give them to an eventfd. */
KERNEL_TEST(splice_to_what_the_kernel_refuses_is_a_copy)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int kept = dup(fd);
    struct coil_stream *in, *out, *counter = stream_over(fd);
    uint64_t three = 3, sum;
    int64_t moved;

    open_kind(KIND_PIPE, &in, &out);
    ASSERT_EQ(coil_stream_write(in, &three, sizeof three), 0);
    ASSERT_EQ(coil_splice(counter, out, sizeof three, &moved), 0);
    ASSERT_EQ(moved, sizeof three);
    ASSERT_EQ(read(kept, &sum, sizeof sum), sizeof sum);
    ASSERT_EQ(sum, 3);
    close(kept);
    coil_stream_abort(counter);
    coil_stream_abort(in);
    coil_stream_abort(out);
}
