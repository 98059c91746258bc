/* SPDX-License-Identifier: MIT */
/*
 * directory.c - the entries of a directory, and of those below it
 *
 * A job reads entries from where the last one ended, so a batch whose task was
 * cancelled is read again.  A walk has one directory open; those that it will
 * come to are a stack of paths.
 */
#include <coil/directory.h>

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/file.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "file/open_file.h"
#include "file/file_job.h"
#include "sched/wait.h"

enum { BATCH = 32 * 1024 };

/* As the kernel's struct linux_dirent64. */
struct raw_entry {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    unsigned char type;
    char name[];
};

/* A directory that a walk will come to. */
struct pending {
    struct pending *next;
    unsigned depth;
    char path[];
};

struct coil_directory {
    struct pending *here; /* what is read now; NULL: the next one is to open */
    struct coil_file *file;
    int64_t at;                   /* behind the last entry */
    struct coil__file_job *batch; /* or NULL */
    size_t place;                 /* in the batch */
    struct coil_buffer path;      /* of the last entry */
    struct pending *stack;
    bool walks;
    bool may_enter; /* the last entry is a directory that is not in the stack */
    bool is_busy;
};

/* ---- the stack ------------------------------------------------------------ */

static struct pending *make_pending(const char *path, unsigned depth)
{
    size_t size = strlen(path) + 1;
    struct pending *p = coil__alloc(sizeof *p + size);

    if (!p)
        return NULL;
    p->depth = depth;
    memcpy(p->path, path, size);
    return p;
}

static void pop(struct pending **stack)
{
    struct pending *p = *stack;

    *stack = p->next;
    coil__free(p);
}

/* The last entry was a directory, and nobody said to skip it. */
static int push_last(struct coil_directory *d)
{
    struct pending *p;

    if (!d->may_enter)
        return 0;
    p = make_pending((char *)coil__buffer_bytes(&d->path), d->here->depth + 1);
    if (!p)
        return -ENOMEM;
    p->next = d->stack;
    d->stack = p;
    d->may_enter = false;
    return 0;
}

/* ---- batches -------------------------------------------------------------- */

/*
 * The position is only set if a job that was cancelled has moved it: not every
 * filesystem takes the one behind its last entry.
 */
static bool is_at(int fd, int64_t at)
{
    return lseek(fd, 0, SEEK_CUR) == at || lseek(fd, (off_t)at, SEEK_SET) >= 0;
}

/* A directory that was removed has no more. */
static void read_entries(struct coil__file_job *job)
{
    int fd = job->file->fd;
    long n = -1;

    pthread_mutex_lock(&job->file->position);
    if (is_at(fd, job->at))
        n = syscall(SYS_getdents64, fd, job->bytes, job->size);
    if (n < 0)
        n = errno == ENOENT ? 0 : -errno;
    job->result = n;
    pthread_mutex_unlock(&job->file->position);
}

static void drop_batch(struct coil_directory *d)
{
    coil__file_job_drop(d->batch);
    d->batch = NULL;
    d->place = 0;
}

/* Returns 1; 0: this directory has no more; or an error. */
static int read_batch(struct coil_directory *d)
{
    struct coil__file_job *job =
        coil__file_job_new(read_entries, d->file, BATCH);
    ptrdiff_t n;

    drop_batch(d);
    if (job)
        job->at = d->at;
    n = coil__file_job_run(job);
    if (n <= 0) {
        coil__file_job_drop(job);
        return (int)n;
    }
    d->batch = job;
    return 1;
}

/* The next entry of the batch; NULL: there is none. */
static const struct raw_entry *next_raw(struct coil_directory *d)
{
    while (d->batch && d->place < (size_t)d->batch->result) {
        const struct raw_entry *raw =
            (const void *)(d->batch->bytes + d->place);

        d->place += raw->size;
        d->at = raw->next;
        if (strcmp(raw->name, ".") != 0 && strcmp(raw->name, "..") != 0)
            return raw;
    }
    return NULL;
}

/* ---- entries -------------------------------------------------------------- */

static int join(struct coil_buffer *out, const char *directory,
                const char *name)
{
    size_t length = strlen(directory);
    const char *slash = directory[length - 1] == '/' ? "" : "/";

    coil__buffer_consume(out, out->size);
    return coil__buffer_printf(out, "%s%s%s%c", directory, slash, name, '\0');
}

/* As coil_directory_read(), with 0 for: another batch is needed. */
static int take_entry(struct coil_directory *d,
                      struct coil_directory_entry *entry)
{
    size_t place = d->place;
    int64_t at = d->at;
    const struct raw_entry *raw = next_raw(d);

    if (!raw)
        return 0;
    if (join(&d->path, d->here->path, raw->name) < 0) {
        d->place = place;
        d->at = at;
        return -ENOMEM;
    }
    *entry = (struct coil_directory_entry){
        .path = (char *)coil__buffer_bytes(&d->path),
        .name = raw->name,
        .inode = raw->inode,
        .type = raw->type,
        .depth = d->here->depth,
    };
    d->may_enter = d->walks && (raw->type == DT_DIR || raw->type == DT_UNKNOWN);
    return 1;
}

/* ---- one directory after the other ---------------------------------------- */

static void leave(struct coil_directory *d)
{
    drop_batch(d);
    coil_file_abort(d->file);
    d->file = NULL;
    pop(&d->here);
}

/* The call failed, not the directory: it can be made again. */
static bool may_try_again(int error)
{
    return error == -ECANCELED || error == -ENOMEM;
}

/* Tell which directory it is, and let the next call go on behind it. */
static int tell(struct coil_directory *d, struct pending **stack, int error,
                struct coil_directory_entry *entry)
{
    if (may_try_again(error))
        return error;
    coil__buffer_consume(&d->path, d->path.size);
    if (coil__buffer_printf(&d->path, "%s%c", (*stack)->path, '\0') < 0)
        return -ENOMEM;
    *entry = (struct coil_directory_entry){
        .path = (char *)coil__buffer_bytes(&d->path),
        .name = "",
        .type = DT_DIR,
        .depth = (*stack)->depth,
    };
    if (stack == &d->here)
        leave(d);
    else
        pop(stack);
    return error;
}

/* Open the directory that is next.  Returns 1, an error, or 0: none is left. */
static int enter_next(struct coil_directory *d,
                      struct coil_directory_entry *entry)
{
    int rc;

    while (d->stack) {
        rc = coil_file_open(&d->file, d->stack->path,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
        if (rc == 0) {
            d->here = d->stack;
            d->stack = d->here->next;
            d->here->next = NULL;
            d->at = 0;
            return 1;
        }
        /* It has gone, or was no directory. */
        if (rc != -ENOENT && rc != -ENOTDIR && rc != -ELOOP)
            return tell(d, &d->stack, rc, entry);
        pop(&d->stack);
    }
    return 0;
}

static int read_next(struct coil_directory *d,
                     struct coil_directory_entry *entry)
{
    int rc = push_last(d);

    while (rc >= 0) {
        if (!d->here) {
            rc = enter_next(d, entry);
            if (rc <= 0)
                return rc;
        }
        rc = take_entry(d, entry);
        if (rc != 0)
            return rc;
        rc = read_batch(d);
        if (rc < 0)
            return tell(d, &d->here, rc, entry);
        if (rc == 0)
            leave(d);
    }
    return rc;
}

int coil_directory_read(struct coil_directory *d,
                        struct coil_directory_entry *entry)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (d->is_busy)
        return -EBUSY;
    d->is_busy = true;
    rc = read_next(d, entry);
    d->is_busy = false;
    return rc;
}

void coil_directory_skip(struct coil_directory *d)
{
    d->may_enter = false;
}

/* ---- opening and closing -------------------------------------------------- */

static int open_directory(struct coil_directory **out, const char *path,
                          bool walks)
{
    struct coil_directory *d;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    d = coil__alloc(sizeof *d);
    if (!d)
        return -ENOMEM;
    d->here = make_pending(path, 0);
    if (!d->here) {
        coil__free(d);
        return -ENOMEM;
    }
    d->walks = walks;
    rc = coil_file_open(&d->file, path, O_RDONLY | O_DIRECTORY, 0);
    if (rc < 0)
        coil_directory_close(d);
    else
        *out = d;
    return rc;
}

int coil_directory_open(struct coil_directory **out, const char *path)
{
    return open_directory(out, path, false);
}

int coil_directory_walk(struct coil_directory **out, const char *path)
{
    return open_directory(out, path, true);
}

void coil_directory_close(struct coil_directory *d)
{
    if (!d)
        return;
    if (d->here)
        leave(d);
    while (d->stack)
        pop(&d->stack);
    coil__buffer_fini(&d->path);
    coil__free(d);
}
