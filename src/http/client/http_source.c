/* SPDX-License-Identifier: MIT */
#include "http/client/http_source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <coil/stream.h>
#include <coil/thread.h>

#include "base/memory.h"

/* ---- a stream --------------------------------------------------------- */

static ptrdiff_t read_stream(void *arg, void *buffer, size_t size)
{
    return coil_stream_read(arg, buffer, size);
}

struct coil_http_source coil_http_source_of_stream(struct coil_stream *stream,
                                                   int64_t size)
{
    return (struct coil_http_source){
        .read = read_stream,
        .arg = stream,
        .size = size,
    };
}

/* ---- a file ----------------------------------------------------------- */

/*
 * A read in another thread.  The thread goes on if the task is cancelled, so it
 * has a job and a buffer of its own.
 */
struct job {
    int fd;
    int64_t at;
    size_t size;
    ptrdiff_t result;
    char bytes[16 * 1024];
};

static int read_in_thread(void *arg)
{
    struct job *job = arg;

    job->result = pread(job->fd, job->bytes, job->size, (off_t)job->at);
    if (job->result < 0)
        job->result = -errno;
    return 0;
}

static ptrdiff_t read_elsewhere(const struct coil_http_file *file, void *buffer,
                                size_t size)
{
    struct job *job = coil__alloc(sizeof *job);
    ptrdiff_t n;

    if (!job)
        return -ENOMEM;
    job->fd = file->fd;
    job->at = file->at;
    job->size = size < sizeof job->bytes ? size : sizeof job->bytes;
    n = coil_to_thread_copy(read_in_thread, job);
    if (n == 0)
        n = job->result;
    if (n > 0)
        memcpy(buffer, job->bytes, (size_t)n);
    coil__free(job);
    return n;
}

/* What the kernel has in memory.  -EAGAIN: it would have to wait for a disk. */
static ptrdiff_t read_at_once(const struct coil_http_file *file, void *buffer,
                              size_t size)
{
    struct iovec piece = { .iov_base = buffer, .iov_len = size };
    ptrdiff_t n = preadv2(file->fd, &piece, 1, (off_t)file->at, RWF_NOWAIT);

    return n < 0 ? -errno : n;
}

static ptrdiff_t read_file(void *arg, void *buffer, size_t size)
{
    struct coil_http_file *file = arg;
    ptrdiff_t n = read_at_once(file, buffer, size);

    if (n == -EAGAIN || n == -EOPNOTSUPP || n == -EINVAL || n == -ENOSYS)
        n = read_elsewhere(file, buffer, size);
    if (n > 0)
        file->at += n;
    return n;
}

static int rewind_file(void *arg)
{
    struct coil_http_file *file = arg;

    file->at = file->offset;
    return 0;
}

struct coil_http_file *coil__http_file_of(const struct coil_http_source *source)
{
    return source->read == read_file ? source->arg : NULL;
}

int coil_http_file_init(struct coil_http_file *file, int fd, int64_t offset,
                        int64_t size)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || offset < 0 || offset > status.st_size)
        return -EINVAL;
    if (size == COIL_HTTP_TO_THE_END)
        size = status.st_size - offset;
    if (size < 0 || size > status.st_size - offset)
        return -EINVAL;
    *file = (struct coil_http_file){
        .source = { .read = read_file,
                    .rewind = rewind_file,
                    .arg = file,
                    .size = size },
        .fd = fd,
        .offset = offset,
        .at = offset,
    };
    return 0;
}
