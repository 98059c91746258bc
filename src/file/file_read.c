/* SPDX-License-Identifier: MIT */
/*
 * file_read.c - what the kernel has in memory is read at once, the rest in a
 * thread, into the job's memory
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file/at_hand.h"
#include "file/open_file.h"
#include "file/file_job.h"
#include "loop/operation.h"

/* That a thread reads at a time. */
enum { PIECE = 64 * 1024 };

static void read_piece(struct coil__file_job *job)
{
    ssize_t n;

    do
        n = pread(job->fd, job->bytes, job->size, (off_t)job->at);
    while (n < 0 && errno == EINTR);
    job->result = n < 0 ? -errno : n;
}

static ptrdiff_t read_elsewhere(struct coil_file *file, int fd, void *buffer,
                                size_t size, int64_t at)
{
    struct coil__file_job *job =
        coil__file_job_new(read_piece, file, size < PIECE ? size : PIECE);
    ptrdiff_t n;

    if (job) {
        job->fd = fd;
        job->at = at;
    }
    n = coil__file_job_run(job);
    if (n > 0)
        memcpy(buffer, job->bytes, (size_t)n);
    coil__file_job_drop(job);
    return n;
}

static ptrdiff_t read_at(struct coil_file *file, int fd, void *buffer,
                         size_t size, int64_t at)
{
    ptrdiff_t n = coil__checkpoint();

    if (n < 0)
        return n;
    if (at < 0)
        return -EINVAL;
    n = coil__file_read_at_once(fd, at, buffer, size);
    if (n < 0)
        return read_elsewhere(file, fd, buffer, size, at);
    coil__burn(COIL__UNITS_CALL);
    coil__give_way();
    return n;
}

ptrdiff_t coil_pread(int fd, void *buffer, size_t size, int64_t offset)
{
    return read_at(NULL, fd, buffer, size, offset);
}

ptrdiff_t coil_file_pread(struct coil_file *file, void *buffer, size_t size,
                          int64_t offset)
{
    return read_at(file, file->fd, buffer, size, offset);
}

ptrdiff_t coil_file_read(struct coil_file *file, void *buffer, size_t size)
{
    ptrdiff_t n = coil__checkpoint();
    int64_t at;

    if (n < 0)
        return n;
    if (file->is_busy)
        return -EBUSY;
    file->is_busy = true;
    coil__file_hold(file);
    at = coil__file_place(file);
    n = coil_file_pread(file, buffer, size, at);
    file->is_busy = false;
    if (n > 0)
        coil__file_move(file, at + n);
    coil__file_release(file);
    return n;
}
