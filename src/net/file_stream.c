/* SPDX-License-Identifier: MIT */
/*
 * file_stream.c - a transport over a file
 *
 * A write is a job with a copy of its bytes, so the stream may end before it.
 */
#include <coil/file_stream.h>
#include <coil/loop.h>
#include <coil/stream_fd.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/platform.h"
#include "file/at_hand.h"
#include "file/open_file.h"
#include "file/file_job.h"
#include "file/file_write.h"
#include "loop/operation.h"
#include "net/stream.h"
#include "net/transport_op.h"

/* That is copied for one write. */
enum { PIECE = 256 * 1024 };

struct file_transport {
    struct coil_transport transport; /* first */
    struct coil_file *file;
    int64_t write_at; /* negative: at the position of the descriptor */
    struct coil_transport_write *write; /* NULL: none is under way */
    struct coil__file_job *job;
    struct coil_loop *loop; /* held meanwhile */
};

static struct file_transport *file_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct file_transport, transport);
}

/* ---- reading -------------------------------------------------------------- */

static ptrdiff_t receive(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    (void)stream;
    return coil_file_read(file_of(transport)->file, data, size);
}

static int need_not_wait(struct coil_transport *transport,
                         const struct coil_stream *stream)
{
    (void)transport;
    (void)stream;
    return 0;
}

static bool is_ready(struct coil_transport *transport,
                     struct coil_transport_watch *watch)
{
    (void)transport;
    (void)watch;
    return true;
}

static ptrdiff_t receive_now(struct coil_transport *transport, void *data,
                             size_t size)
{
    struct coil_file *file = file_of(transport)->file;
    int64_t at = coil__file_place(file);
    ptrdiff_t n = coil__file_read_at_once(file->fd, at, data, size);

    coil__burn(COIL__UNITS_CALL);
    if (n > 0)
        coil__file_move(file, at + n);
    return n < 0 ? -EAGAIN : n;
}

static bool is_stale(struct coil_transport *transport)
{
    return is_ready(transport, NULL);
}

/* ---- writing -------------------------------------------------------------- */

static void write_piece(struct coil__file_job *job)
{
    job->result =
        coil__file_write_all(job->file->fd, job->bytes, job->size, job->at);
}

/* The write is over, or goes on without the stream. */
static void end_write(struct file_transport *t, ptrdiff_t result)
{
    struct coil_transport_write *write = t->write;

    if (!write)
        return;
    t->write = NULL;
    coil__file_job_drop(t->job);
    coil_loop_release(t->loop);
    write->result = result;
    write->over(write);
}

static void written(struct coil__file_job *job)
{
    struct file_transport *t = job->owner;

    if (job->result > 0 && t->write_at >= 0)
        t->write_at += job->result;
    end_write(t, job->result);
}

static int begin(struct file_transport *t, struct coil_transport_write *write)
{
    struct coil__file_job *job = coil__file_job_new(
        write_piece, t->file, write->size < PIECE ? write->size : PIECE);
    int rc;

    if (!job)
        return -ENOMEM;
    memcpy(job->bytes, write->data, job->size);
    job->at = t->write_at;
    job->over = written;
    job->owner = t;
    rc = coil__file_job_begin(job);
    if (rc < 0) {
        coil__file_job_drop(job);
        return -ENOMEM;
    }
    t->job = job;
    t->write = write;
    t->loop = coil_loop_current();
    coil_loop_hold(t->loop);
    return 0;
}

static bool begin_to_write(struct coil_transport *transport,
                           struct coil_transport_write *write)
{
    int rc = begin(file_of(transport), write);

    coil__burn(COIL__UNITS_CALL);
    if (rc == 0)
        return false;
    write->result = rc;
    return true;
}

static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    (void)transport;
    write->result = 0;
    return true;
}

/* ---- the rest ------------------------------------------------------------- */

static void close_file(struct coil_transport *transport)
{
    end_write(file_of(transport), -EBADF);
}

/* A read may have gone on until now. */
static void release(struct coil_transport *transport)
{
    coil__file_release(file_of(transport)->file);
    coil__stream_release_transport(transport);
}

static const struct coil_transport_ops ops = {
    .read = receive,
    .wait_readable = need_not_wait,
    .watch = is_ready,
    .read_nowait = receive_now,
    .write = begin_to_write,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = coil__transport_no_address,
    .peer_address = coil__transport_no_address,
    .close = close_file,
    .release = release,
};

int coil_stream_from_file(struct coil_stream **out, struct coil_file *file)
{
    struct file_transport *t;
    struct coil_stream *s;

    if (!coil__backend_current())
        return -ENOTSUP;
    s = coil__stream_new(&ops, sizeof *t);
    if (!s)
        return -ENOMEM;
    t = file_of(s->transport);
    t->transport.keeps_errors = true;
    t->file = file;
    t->write_at = file->is_shared ? -1 : file->at;
    coil__file_hold(file);
    s->is_open = true;
    *out = s;
    return 0;
}

int coil_stream_open_file(struct coil_stream **out, const char *path, int flags,
                          mode_t mode)
{
    struct coil_file *file;
    int rc = coil_file_open(&file, path, flags, mode);

    if (rc < 0)
        return rc;
    rc = coil_stream_from_file(out, file);
    coil_file_abort(file);
    return rc;
}

/* ---- whatever it is ------------------------------------------------------- */

static int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    return copy < 0 ? -errno : copy;
}

static int from_file_descriptor(struct coil_stream **out, int fd)
{
    struct stat status = { .st_size = 0 };
    struct coil_file *file;
    int rc;

    (void)fstat(fd, &status);
    if (S_ISDIR(status.st_mode) || S_ISSOCK(status.st_mode))
        return -EINVAL;
    rc = coil_file_adopt(&file, fd);
    if (rc < 0)
        return rc;
    rc = coil_stream_from_file(out, file);
    if (rc < 0)
        file->fd = -1; /* the descriptor is still the caller's */
    coil_file_abort(file);
    return rc;
}

int coil_stream_standard(struct coil_stream **out, int fd)
{
    int copy = copy_of(fd);
    int rc;

    if (copy < 0)
        return copy;
    rc = coil_stream_from_fd(out, copy);
    if (rc == -EINVAL)
        rc = from_file_descriptor(out, copy);
    if (rc < 0)
        close(copy);
    return rc;
}
