/* SPDX-License-Identifier: MIT */
/*
 * file/file_job.h - a call on files in another thread
 *
 * The thread goes on when the task is cancelled.  So a job has all that the
 * thread touches: copies of the arguments, room for the result, and a reference
 * to the file, which stays open until then.  What a thread has made that nobody
 * takes any more, such as a descriptor, is undone.
 */
#ifndef COIL_FILE_FILE_JOB_H
#define COIL_FILE_FILE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "threads/call.h"

struct coil_file;
struct coil__file_job;

typedef void coil__file_fn(struct coil__file_job *job);

struct coil__file_job {
    struct coil__call call;
    struct coil_list waiter;
    coil__file_fn *work; /* sets `result`, in a thread */
    coil__file_fn *undo; /* of a result that nobody took, in any thread */
    coil__file_fn
        *over;   /* of a job that no task awaits, on the loop's thread */
    void *owner; /* for over() */
    struct coil_file *file; /* NULL, or one with a reference */
    ptrdiff_t result;
    bool is_begun;
    bool is_taken;

    /* Arguments and results; what they mean depends on `work`. */
    int fd;
    int flags;
    unsigned mode;
    int64_t at;
    size_t size;
    struct stat status;
    char *path;
    char *other;
    _Alignas(max_align_t) char bytes[];
};

/* A job with room for `size` bytes; NULL: no memory.  `file` may be NULL. */
struct coil__file_job *coil__file_job_new(coil__file_fn *work,
                                          struct coil_file *file, size_t size);

/* A job with copies of two paths, of which `other` may be NULL. */
struct coil__file_job *coil__file_job_of_path(coil__file_fn *work,
                                              const char *path,
                                              const char *other);

/*
 * Let a thread do it, and wait.  Returns its result; -ECANCELED; -ENOTSUP: not a
 * task of a loop; -ENOMEM, -EAGAIN: no thread can be made.  NULL is allowed and
 * means -ENOMEM.  The job is still the caller's.
 */
ptrdiff_t coil__file_job_run(struct coil__file_job *job);

/* The same; the job is dropped. */
int coil__file_job_do(struct coil__file_job *job);

/*
 * Begin without waiting: over() will be called, unless the job is dropped or the
 * loop closed before.  Returns 0 or an error.
 */
int coil__file_job_begin(struct coil__file_job *job);

/* The caller has no more to do with the job; NULL is allowed. */
void coil__file_job_drop(struct coil__file_job *job);

#endif
