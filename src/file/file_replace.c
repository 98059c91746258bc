/* SPDX-License-Identifier: MIT */
/*
 * file_replace.c - a file is replaced as a whole, by one job
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/file.h>

#include "base/memory.h"
#include "file/file_job.h"
#include "file/file_write.h"

/* How many bytes of `path` name its directory, with the last slash. */
static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

static int sync_directory(const char *path)
{
    size_t length = directory_length(path);
    char *directory = coil__strndup(length ? path : ".", length ? length : 1);
    int rc = 0;
    int fd;

    if (!directory)
        return -ENOMEM;
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    coil__free(directory);
    if (fd < 0)
        return -errno;
    /* Some filesystems have nothing to sync there. */
    if (fsync(fd) < 0 && errno != EINVAL)
        rc = -errno;
    close(fd);
    return rc;
}

/* All bytes are on the disk, with the right mode. */
static int fill(int fd, const struct coil__file_job *job)
{
    size_t done = 0;

    while (done < job->size) {
        ptrdiff_t n = coil__file_write_all(fd, job->other + done,
                                           job->size - done, (int64_t)done);

        if (n < 0)
            return (int)n;
        done += (size_t)n;
    }
    if (fchmod(fd, (mode_t)job->mode) < 0 || fsync(fd) < 0)
        return -errno;
    return 0;
}

static int write_beside(char *beside, const struct coil__file_job *job)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    int rc;

    if (fd < 0)
        return -errno;
    rc = fill(fd, job);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(beside, job->path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(beside);
    return rc;
}

/* job->path: where; job->other: the bytes; behind them, room for the new name. */
static void replace(struct coil__file_job *job)
{
    size_t length = directory_length(job->path);
    char *beside = job->other + job->size;
    int rc;

    memcpy(beside, job->path, length);
    strcpy(beside + length, ".coil-XXXXXX");
    rc = write_beside(beside, job);
    job->result = rc < 0 ? rc : sync_directory(job->path);
}

int coil_file_replace(const char *path, const void *data, size_t size,
                      mode_t mode)
{
    size_t length = strlen(path) + 1;
    struct coil__file_job *job = NULL;

    if (size < SIZE_MAX / 4)
        job = coil__file_job_new(replace, NULL,
                                 2 * length + sizeof ".coil-XXXXXX" + size);
    if (!job)
        return coil__file_job_do(NULL);
    job->path = memcpy(job->bytes, path, length);
    job->other = job->bytes + length;
    job->size = size;
    job->mode = mode;
    if (size > 0)
        memcpy(job->other, data, size);
    return coil__file_job_do(job);
}
