/* SPDX-License-Identifier: MIT */
/*
 * file_write.c - writes, and what else changes an open file
 */
#include "file/file_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "file/open_file.h"
#include "file/file_job.h"
#include "sched/wait.h"

/* That a thread writes at a time, from a copy. */
enum { PIECE = 256 * 1024 };

ptrdiff_t coil__file_write_all(int fd, const char *bytes, size_t size,
                               int64_t at)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = at < 0 ? write(fd, bytes + done, size - done)
                           : pwrite(fd, bytes + done, size - done,
                                    (off_t)at + (off_t)done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return done > 0 ? (ptrdiff_t)done : -errno;
        done += (size_t)n;
    }
    return (ptrdiff_t)done;
}

static void write_piece(struct coil__file_job *job)
{
    job->result =
        coil__file_write_all(job->file->fd, job->bytes, job->size, job->at);
}

static ptrdiff_t write_some(struct coil_file *file, const char *data,
                            size_t size, int64_t at)
{
    struct coil__file_job *job =
        coil__file_job_new(write_piece, file, size < PIECE ? size : PIECE);
    ptrdiff_t n;

    if (job) {
        job->at = at;
        memcpy(job->bytes, data, job->size);
    }
    n = coil__file_job_run(job);
    coil__file_job_drop(job);
    return n;
}

/* Write all; `*done` says how much of it was, also after an error. */
static int write_at(struct coil_file *file, const char *data, size_t size,
                    int64_t at, size_t *done)
{
    *done = 0;
    while (*done < size) {
        size_t asked = size - *done < PIECE ? size - *done : PIECE;
        ptrdiff_t n = write_some(file, data + *done, asked,
                                 at < 0 ? at : at + (int64_t)*done);

        if (n < 0)
            return (int)n;
        *done += (size_t)n;
        if ((size_t)n < asked)
            break;
    }
    return 0;
}

/* What was written is told first; but a cancellation is told at once. */
static ptrdiff_t result_of(int rc, size_t done)
{
    return rc == -ECANCELED || done == 0 ? rc : (ptrdiff_t)done;
}

/* Where `at` is negative: to the position of the descriptor. */
static ptrdiff_t write_held(struct coil_file *file, const void *data,
                            size_t size, int64_t at)
{
    size_t done;
    int rc;

    coil__file_hold(file);
    rc = write_at(file, data, size, at, &done);
    coil__file_release(file);
    return result_of(rc, done);
}

ptrdiff_t coil_file_pwrite(struct coil_file *file, const void *data,
                           size_t size, int64_t offset)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    return offset < 0 ? -EINVAL : write_held(file, data, size, offset);
}

ptrdiff_t coil_file_write(struct coil_file *file, const void *data, size_t size)
{
    ptrdiff_t n = coil__checkpoint();

    if (n < 0)
        return n;
    if (file->is_busy)
        return -EBUSY;
    file->is_busy = true;
    coil__file_hold(file);
    n = write_held(file, data, size, file->is_shared ? -1 : file->at);
    file->is_busy = false;
    if (n > 0 && !file->is_appending)
        file->at += n;
    coil__file_release(file);
    return n;
}

/* ---- the file as a whole -------------------------------------------------- */

static void truncate_file(struct coil__file_job *job)
{
    int rc;

    do
        rc = ftruncate(job->file->fd, (off_t)job->at);
    while (rc < 0 && errno == EINTR);
    job->result = rc < 0 ? -errno : 0;
}

int coil_file_truncate(struct coil_file *file, int64_t size)
{
    struct coil__file_job *job = coil__file_job_new(truncate_file, file, 0);

    if (job)
        job->at = size;
    return coil__file_job_do(job);
}

static void sync_file(struct coil__file_job *job)
{
    job->result = fsync(job->file->fd) < 0 ? -errno : 0;
}

int coil_file_sync(struct coil_file *file)
{
    return coil__file_job_do(coil__file_job_new(sync_file, file, 0));
}

static void sync_data(struct coil__file_job *job)
{
    job->result = fdatasync(job->file->fd) < 0 ? -errno : 0;
}

int coil_file_datasync(struct coil_file *file)
{
    return coil__file_job_do(coil__file_job_new(sync_data, file, 0));
}

static void look_at(struct coil__file_job *job)
{
    job->result = fstat(job->file->fd, &job->status) < 0 ? -errno : 0;
}

int coil_file_stat(struct coil_file *file, struct stat *status)
{
    struct coil__file_job *job = coil__file_job_new(look_at, file, 0);
    int rc = (int)coil__file_job_run(job);

    if (rc == 0)
        *status = job->status;
    coil__file_job_drop(job);
    return rc;
}
