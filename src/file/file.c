/* SPDX-License-Identifier: MIT */
#include "file/open_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/file_job.h"
#include "sched/wait.h"

/* ---- the position ------------------------------------------------------- */

int coil_file_fd(const struct coil_file *file)
{
    return file->fd;
}

int64_t coil_file_tell(const struct coil_file *file)
{
    return coil__file_place(file);
}

int coil_file_seek(struct coil_file *file, int64_t offset)
{
    if (file->is_busy)
        return -EBUSY;
    if (offset < 0)
        return -EINVAL;
    coil__file_move(file, offset);
    return 0;
}

/* ---- opening -------------------------------------------------------------- */

int coil_file_adopt(struct coil_file **out, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct coil_file *file;

    if (flags < 0)
        return -errno;
    file = coil__file_new(fd);
    if (!file)
        return -ENOMEM;
    file->is_appending = flags & O_APPEND;
    file->is_shared = true;
    *out = file;
    return 0;
}

static void open_path(struct coil__file_job *job)
{
    do
        job->file->fd =
            open(job->path, job->flags | O_CLOEXEC, (mode_t)job->mode);
    while (job->file->fd < 0 && errno == EINTR);
    job->result = job->file->fd < 0 ? -errno : 0;
}

/*
 * The job has a file already, into which the thread puts the descriptor; so a
 * cancelled call leaves it to the job to close it.
 */
static int open_by(struct coil__file_job *job, struct coil_file **out)
{
    int rc;

    if (job)
        job->file = coil__file_new(-1);
    rc = (int)coil__file_job_run(job && job->file ? job : NULL);
    if (rc == 0) {
        job->file->is_appending = job->flags & O_APPEND;
        coil__file_hold(job->file);
        *out = job->file;
    }
    return rc;
}

int coil_file_open(struct coil_file **out, const char *path, int flags,
                   mode_t mode)
{
    struct coil__file_job *job = coil__file_job_of_path(open_path, path, NULL);
    int rc;

    if (job) {
        job->flags = flags;
        job->mode = mode;
    }
    rc = open_by(job, out);
    coil__file_job_drop(job);
    return rc;
}

/* ---- temporary files ------------------------------------------------------ */

/* The name is gone before anybody sees it, where the filesystem can. */
static int open_nameless(const char *directory)
{
    char path[PATH_MAX];
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd >= 0)
        return fd;
    if (snprintf(path, sizeof path, "%s/coil-XXXXXX", directory) >=
        (int)sizeof path)
        return -ENAMETOOLONG;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(path);
    return fd;
}

static void make_nameless(struct coil__file_job *job)
{
    int fd = open_nameless(job->path);

    if (fd >= 0)
        job->file->fd = fd;
    job->result = fd < 0 ? fd : 0;
}

int coil_file_temporary(struct coil_file **out, const char *directory)
{
    struct coil__file_job *job;
    int rc;

    if (!directory)
        directory = getenv("TMPDIR");
    if (!directory || !directory[0])
        directory = "/tmp";
    job = coil__file_job_of_path(make_nameless, directory, NULL);
    rc = open_by(job, out);
    coil__file_job_drop(job);
    return rc;
}

static void make_named(struct coil__file_job *job)
{
    job->file->fd = mkostemp(job->path, O_CLOEXEC);
    job->result = job->file->fd < 0 ? -errno : 0;
}

static void remove_named(struct coil__file_job *job)
{
    unlink(job->path);
}

int coil_file_mkstemp(struct coil_file **out, char *path)
{
    struct coil__file_job *job = coil__file_job_of_path(make_named, path, NULL);
    int rc;

    if (job)
        job->undo = remove_named;
    rc = open_by(job, out);
    if (rc == 0)
        strcpy(path, job->path);
    coil__file_job_drop(job);
    return rc;
}

/* ---- closing -------------------------------------------------------------- */

void coil_file_abort(struct coil_file *file)
{
    coil__file_release(file);
}

/* If the thread of a cancelled call still uses the file, it closes it. */
static int close_if_last(struct coil_file *file)
{
    int fd = file->fd;

    if (atomic_load(&file->refs) > 1)
        return 0;
    file->fd = -1;
    return close(fd) < 0 ? -errno : 0;
}

static void close_job(struct coil__file_job *job)
{
    job->result = close_if_last(job->file);
}

int coil_file_close(struct coil_file *file)
{
    struct coil__file_job *job;

    if (!file)
        return coil__checkpoint();
    job = coil__file_job_new(close_job, file, 0);
    coil__file_release(file); /* now it is the job's */
    return coil__file_job_do(job);
}
