/* SPDX-License-Identifier: MIT */
/*
 * splice.c - from one stream to another
 *
 * The kernel moves the bytes through a pipe, if it can do that with both
 * transports.  Else they are read into the buffer of the stream that is read, and
 * written from there.  What is still in the pipe when the call ends goes into that
 * buffer, too; so there is always room for it.
 */
#include <coil/splice.h>

#include "backend/sys_splice.h"
#include "loop/operation.h"
#include "base/shortage.h"
#include "net/stream.h"
#include "net/stream_write.h"

enum {
    PIECE = 64 * 1024
}; /* that is moved at a time; a pipe has room for it */

struct splicing {
    struct coil_stream *to;
    struct coil_stream *from;
    int64_t left; /* negative: up to the end of the input */
    int64_t *moved;
    int pipe[2];    /* -1: there is none */
    size_t held;    /* bytes in the pipe */
    bool is_copied; /* the kernel cannot move them */
    bool is_over;   /* the input has ended */
};

static size_t next_size(const struct splicing *p, size_t most)
{
    return p->left < 0 || (uint64_t)p->left > most ? most : (size_t)p->left;
}

static void count(struct splicing *p, size_t size)
{
    *p->moved += (int64_t)size;
    if (p->left > 0)
        p->left -= (int64_t)size;
}

/* ---- copies ----------------------------------------------------------- */

static int write_piece(struct coil_stream *s, const void *bytes, size_t size)
{
    int rc;

    s->has_file = false;
    rc = coil_stream_write(s, bytes, size);
    s->has_file = true;
    return rc;
}

/* Only what was written is taken out of the input. */
static int copy_piece(struct splicing *p)
{
    const void *bytes;
    ptrdiff_t n = coil_stream_peek(p->from, &bytes);
    size_t size;
    int rc;

    p->is_over = n == 0;
    if (n <= 0)
        return (int)n;
    if (!p->to->is_open)
        return -EBADF;
    size = next_size(p, (size_t)n);
    rc = write_piece(p->to, bytes, size);
    if (rc < 0)
        return rc;
    coil_stream_consume(p->from, size);
    count(p, size);
    return 0;
}

static int copy_some(struct splicing *p)
{
    int rc;

    p->from->reading = false;
    rc = copy_piece(p);
    p->from->reading = true;
    return rc < 0 || p->left == 0 || p->is_over ? rc : coil_stream_drain(p->to);
}

/* ---- by the kernel ---------------------------------------------------- */

static bool is_unable(ptrdiff_t error)
{
    return error == -EINVAL || error == -ENOSYS || error == -EPERM;
}

/* The first bytes have come, so a pipe is needed.  Without it they are copied. */
static int open_pipe(struct splicing *p)
{
    int rc =
        p->from->transport->ops->wait_readable(p->from->transport, p->from);

    if (rc < 0)
        return rc;
    if (!p->from->is_open)
        return -EBADF;
    if (coil__sys_pipe(p->pipe) < 0)
        p->is_copied = true;
    return 0;
}

/* Wait for input, and move it into the pipe. */
static int fill_pipe(struct splicing *p)
{
    struct coil_stream *s = p->from;
    ptrdiff_t n = coil__buffer_reserve(&s->in, PIECE);

    if (n == 0 && p->pipe[0] < 0)
        n = open_pipe(p);
    if (n < 0 || p->is_copied)
        return (int)n;
    n = s->transport->ops->splice(s->transport, p->pipe[1], next_size(p, PIECE),
                                  false, s);
    if (n == -ECANCELED)
        return (int)n;
    if (!s->is_open)
        return -EBADF;
    p->is_copied = is_unable(n);
    if (p->is_copied)
        return 0;
    s->ended = p->is_over = n == 0;
    if (n < 0 && !coil__is_shortage(n))
        s->read_error = (int)n;
    p->held = n < 0 ? 0 : (size_t)n;
    return n < 0 ? (int)n : 0;
}

/* Move what the pipe has, or some of it. */
static int empty_pipe(struct splicing *p)
{
    struct coil_stream *s = p->to;
    ptrdiff_t n = coil_stream_flush(s);

    if (n < 0)
        return (int)n;
    n = s->transport->ops->splice(s->transport, p->pipe[0], p->held, true, s);
    if (n == -ECANCELED)
        return (int)n;
    if (!s->is_open)
        return -EBADF;
    p->is_copied = is_unable(n);
    if (p->is_copied)
        return 0;
    if (n < 0) {
        if (!coil__is_shortage(n))
            s->write_error = (int)n;
        return (int)n;
    }
    p->held -= (size_t)n;
    count(p, (size_t)n);
    return 0;
}

/* What the pipe has is the input's again, which is empty. */
static void give_back(struct splicing *p)
{
    struct coil_buffer *in = &p->from->in;

    if (p->held > 0 && p->from->is_open) {
        coil__sys_empty_pipe(p->pipe, coil__buffer_end(in), p->held);
        coil__buffer_grow(in, p->held);
    }
    p->held = 0;
    if (p->pipe[0] >= 0)
        coil__sys_close_pipe(p->pipe);
    if (in->size == 0)
        coil__buffer_fini(in);
}

/* The state of the input is looked at here, as in a read. */
static int splice_some(struct splicing *p)
{
    const struct coil_stream *s = p->from;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (p->held > 0)
        return empty_pipe(p);
    if (!s->is_open)
        return -EBADF;
    p->is_over = s->ended;
    if (s->read_error < 0 || s->ended)
        return s->read_error;
    return fill_pipe(p);
}

/* ---- the whole of it -------------------------------------------------- */

static int move_some(struct splicing *p)
{
    if (p->is_copied && p->held > 0)
        give_back(p);
    if (p->is_copied || p->from->in.size > 0)
        return copy_some(p);
    return splice_some(p);
}

static int move_all(struct splicing *p)
{
    int rc = 0;

    while (rc == 0 && p->left != 0 && !p->is_over)
        rc = move_some(p);
    /* What is all sent is not taken back by a cancellation. */
    if (rc == 0 && coil_stream_unsent(p->to) > 0)
        rc = coil_stream_flush(p->to);
    return rc;
}

/* Be the only one who reads from one, and who writes to the other. */
static int begin(struct splicing *p)
{
    int rc;

    coil__stream_check(p->from);
    rc = p->from->reading ? -EBUSY : coil__stream_begin_sending(p->to);

    if (rc < 0)
        return rc;
    p->from->reading = true;
    coil__stream_hold(p->from);
    return 0;
}

static void end(struct splicing *p)
{
    give_back(p);
    p->from->reading = false;
    coil__stream_release(p->from);
    coil__stream_end_sending(p->to);
}

int coil_splice(struct coil_stream *to, struct coil_stream *from, int64_t size,
                int64_t *moved)
{
    int64_t unused;
    struct splicing p = {
        .to = to,
        .from = from,
        .left = size,
        .moved = moved ? moved : &unused,
        .pipe = { -1, -1 },
        .is_copied =
            !to->transport->ops->splice || !from->transport->ops->splice,
    };
    int rc = coil__checkpoint();

    *p.moved = 0;
    if (rc == 0)
        rc = begin(&p);
    if (rc < 0)
        return rc;
    rc = move_all(&p);
    end(&p);
    return rc;
}
