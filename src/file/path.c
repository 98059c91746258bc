/* SPDX-License-Identifier: MIT */
#include <coil/path.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/file_job.h"

/* What a system call has returned. */
static ptrdiff_t result_of(ptrdiff_t n)
{
    return n < 0 ? -errno : n;
}

/* ---- one path ------------------------------------------------------------- */

static int call(coil__file_fn *work, const char *path, const char *other,
                mode_t mode)
{
    struct coil__file_job *job = coil__file_job_of_path(work, path, other);

    if (job)
        job->mode = mode;
    return coil__file_job_do(job);
}

static void unlink_path(struct coil__file_job *job)
{
    job->result = result_of(unlink(job->path));
}

int coil_path_unlink(const char *path)
{
    return call(unlink_path, path, NULL, 0);
}

static void remove_directory(struct coil__file_job *job)
{
    job->result = result_of(rmdir(job->path));
}

int coil_path_rmdir(const char *path)
{
    return call(remove_directory, path, NULL, 0);
}

static void change_mode(struct coil__file_job *job)
{
    job->result = result_of(chmod(job->path, (mode_t)job->mode));
}

int coil_path_chmod(const char *path, mode_t mode)
{
    return call(change_mode, path, NULL, mode);
}

static void make_directory(struct coil__file_job *job)
{
    job->result = result_of(mkdir(job->path, (mode_t)job->mode));
}

int coil_path_mkdir(const char *path, mode_t mode)
{
    return call(make_directory, path, NULL, mode);
}

/* 0 if there is a directory afterwards. */
static int make_one(const char *path, mode_t mode)
{
    struct stat status;
    int error;

    if (mkdir(path, mode) == 0)
        return 0;
    error = errno;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return 0;
    return -error;
}

static void make_directories(struct coil__file_job *job)
{
    int rc = 0;

    for (char *at = job->path + 1; rc == 0 && job->path[0]; at++) {
        at = strchr(at, '/');
        if (!at)
            break;
        *at = '\0';
        rc = make_one(job->path, (mode_t)job->mode);
        *at = '/';
    }
    job->result = rc < 0 ? rc : make_one(job->path, (mode_t)job->mode);
}

int coil_path_mkdir_all(const char *path, mode_t mode)
{
    return call(make_directories, path, NULL, mode);
}

static void make_temporary(struct coil__file_job *job)
{
    job->result = mkdtemp(job->path) ? 0 : -errno;
}

static void remove_temporary(struct coil__file_job *job)
{
    rmdir(job->path);
}

int coil_path_mkdtemp(char *path)
{
    struct coil__file_job *job =
        coil__file_job_of_path(make_temporary, path, NULL);
    int rc;

    if (job)
        job->undo = remove_temporary;
    rc = (int)coil__file_job_run(job);
    if (rc == 0)
        strcpy(path, job->path);
    coil__file_job_drop(job);
    return rc;
}

/* What is gone already is as it should be. */
static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    if (remove(path) == 0 || errno == ENOENT)
        return 0;
    return errno;
}

static void remove_tree(struct coil__file_job *job)
{
    enum { DESCRIPTORS = 20 };
    int rc = nftw(job->path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);

    if (rc < 0)
        rc = errno == ENOENT ? 0 : errno;
    job->result = -rc;
}

int coil_path_remove_all(const char *path)
{
    return call(remove_tree, path, NULL, 0);
}

/* ---- two paths ------------------------------------------------------------ */

static void rename_path(struct coil__file_job *job)
{
    job->result = result_of(rename(job->path, job->other));
}

int coil_path_rename(const char *from, const char *to)
{
    return call(rename_path, from, to, 0);
}

static void link_path(struct coil__file_job *job)
{
    job->result = result_of(link(job->path, job->other));
}

int coil_path_link(const char *from, const char *to)
{
    return call(link_path, from, to, 0);
}

static void make_symlink(struct coil__file_job *job)
{
    job->result = result_of(symlink(job->path, job->other));
}

int coil_path_symlink(const char *target, const char *path)
{
    return call(make_symlink, target, path, 0);
}

/* ---- with a result -------------------------------------------------------- */

static int ask(coil__file_fn *work, const char *path, struct stat *status)
{
    struct coil__file_job *job = coil__file_job_of_path(work, path, NULL);
    int rc = (int)coil__file_job_run(job);

    if (rc == 0)
        *status = job->status;
    coil__file_job_drop(job);
    return rc;
}

static void look_at(struct coil__file_job *job)
{
    job->result = result_of(stat(job->path, &job->status));
}

int coil_path_stat(const char *path, struct stat *status)
{
    return ask(look_at, path, status);
}

static void look_at_link(struct coil__file_job *job)
{
    job->result = result_of(lstat(job->path, &job->status));
}

int coil_path_lstat(const char *path, struct stat *status)
{
    return ask(look_at_link, path, status);
}

/* No link is longer. */
enum { LONGEST = 64 * 1024 };

static void read_link(struct coil__file_job *job)
{
    job->result = result_of(readlink(job->path, job->other, job->size));
}

ptrdiff_t coil_path_readlink(const char *path, char *target, size_t size)
{
    size_t length = strlen(path) + 1;
    struct coil__file_job *job;
    ptrdiff_t n;

    if (size > LONGEST)
        size = LONGEST;
    job = coil__file_job_new(read_link, NULL, length + size);
    if (job) {
        job->path = memcpy(job->bytes, path, length);
        job->other = job->bytes + length;
        job->size = size;
    }
    n = coil__file_job_run(job);
    if (n >= 0 && (size_t)n >= size)
        n = -ERANGE;
    if (n >= 0) {
        memcpy(target, job->other, (size_t)n);
        target[n] = '\0';
    }
    coil__file_job_drop(job);
    return n;
}
