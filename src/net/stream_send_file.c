/* SPDX-License-Identifier: MIT */
/*
 * stream_send_file.c - send a file
 *
 * The kernel sends what it has in memory, from the file to the socket.  What is
 * still on the disk is read in another thread, and written like anything else, so
 * that the loop does not wait for the disk.  The same is done where the transport
 * or the file cannot do the first.
 */
#include <coil/file.h>

#include "base/memory.h"
#include "file/at_hand.h"
#include "loop/operation.h"
#include "base/shortage.h"
#include "net/stream.h"
#include "net/stream_write.h"

enum {
    PIECE = 64 * 1024,  /* that is copied at a time */
    DIRECT = 4 * PIECE, /* that the kernel sends at a time */
};

/* A file on its way. */
struct sending {
    struct coil_stream *stream;
    int fd;
    int64_t at;
    int64_t left; /* negative: up to the end of the file */
    int64_t *sent;
    bool is_over;   /* the file has ended */
    bool is_copied; /* the kernel cannot send it */
    char *piece;    /* for copies; NULL: none was needed yet */
};

static size_t next_size(const struct sending *f, size_t most)
{
    return f->left < 0 || (uint64_t)f->left > most ? most : (size_t)f->left;
}

/* `size` bytes are on their way. */
static void count(struct sending *f, size_t size)
{
    f->at += (int64_t)size;
    *f->sent += (int64_t)size;
    if (f->left > 0)
        f->left -= (int64_t)size;
}

/* ---- copies ----------------------------------------------------------- */

static int write_piece(struct coil_stream *s, const char *bytes, size_t size)
{
    int rc;

    s->has_file = false;
    rc = coil_stream_write(s, bytes, size);
    s->has_file = true;
    return rc;
}

static int copy_some(struct sending *f)
{
    struct coil_stream *s = f->stream;
    ptrdiff_t n;
    int rc;

    if (!f->piece)
        f->piece = coil__realloc(NULL, PIECE);
    if (!f->piece)
        return -ENOMEM;
    n = coil_pread(f->fd, f->piece, next_size(f, PIECE), f->at);
    if (!s->is_open)
        return -EBADF;
    f->is_over = n == 0;
    if (n <= 0)
        return (int)n;
    rc = write_piece(s, f->piece, (size_t)n);
    if (rc < 0)
        return rc;
    count(f, (size_t)n);
    return f->left == 0 ? 0 : coil_stream_drain(s);
}

/* ---- by the kernel ---------------------------------------------------- */

static bool is_unable(ptrdiff_t error)
{
    return error == -EINVAL || error == -EOVERFLOW || error == -ENOSYS ||
           error == -EPERM;
}

/* Returns as the transport, or as a flush before. */
static ptrdiff_t send_directly(struct sending *f, size_t size)
{
    struct coil_stream *s = f->stream;
    ptrdiff_t n = coil_stream_flush(s);

    if (n < 0)
        return n;
    n = s->transport->ops->send_file(s->transport, f->fd, f->at, size, s);
    if (n == -ECANCELED)
        return n;
    if (!s->is_open)
        return -EBADF;
    if (n < 0 && !is_unable(n) && !coil__is_shortage(n) && n != -EIO)
        s->write_error = (int)n;
    return n;
}

static int send_some(struct sending *f)
{
    size_t size = next_size(f, DIRECT);
    ptrdiff_t n =
        f->is_copied ? -EINVAL : coil__file_is_at_hand(f->fd, f->at, size);

    if (n < 0)
        return copy_some(f);
    f->is_over = n == 0;
    if (f->is_over)
        return 0;
    n = send_directly(f, size);
    if (is_unable(n)) {
        f->is_copied = true;
        return copy_some(f);
    }
    f->is_over = n == 0;
    if (n > 0)
        count(f, (size_t)n);
    return n < 0 ? (int)n : 0;
}

/* ---- the whole of it -------------------------------------------------- */

static int send_all(struct sending *f)
{
    int rc = coil_stream_flush(f->stream);

    while (rc == 0 && f->left != 0 && !f->is_over)
        rc = send_some(f);
    /* What is all sent is not taken back by a cancellation. */
    if (rc == 0 && coil_stream_unsent(f->stream) > 0)
        rc = coil_stream_flush(f->stream);
    return rc;
}

int coil_stream_send_file(struct coil_stream *s, int fd, int64_t offset,
                          int64_t size, int64_t *sent)
{
    int64_t unused;
    struct sending f = {
        .stream = s,
        .fd = fd,
        .at = offset,
        .left = size,
        .sent = sent ? sent : &unused,
        .is_copied = !s->transport->ops->send_file,
    };
    int rc = coil__checkpoint();

    *f.sent = 0;
    if (rc < 0)
        return rc;
    if (offset < 0)
        return -EINVAL;
    rc = coil__stream_begin_sending(s);
    if (rc < 0)
        return rc;
    rc = send_all(&f);
    coil__stream_end_sending(s);
    coil__free(f.piece);
    return rc;
}
