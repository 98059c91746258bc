/* SPDX-License-Identifier: MIT */
/*
 * append.c - a file that only grows
 *
 * The bytes lie, in the order of the file: in the file up to `written`, then in
 * `writing`, which is at `writing_at`, and then in `adding`, which is at
 * `adding_at`.  A cut may lower `adding_at` below the end of `writing`: then the
 * rest of `writing` does not count, though it may still reach the file, where
 * later bytes go over it.
 */
#include "common/append.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/event.h>
#include <coil/task.h>

#include "common/text.h"

/* So much is written without being asked for. */
enum { PIECE = 256 * 1024, LIMIT = 512 * 1024 };

struct append {
    struct coil_file *file;
    struct text adding;
    struct text writing;
    uint64_t adding_at;
    uint64_t writing_at;
    uint64_t written;
    size_t limit;
    coil_time sync_every;
    coil_time synced_at;
    bool has_no_sync;
    bool is_synced;
    bool is_longer;  /* the file has more than counts */
    bool is_writing; /* the task is there */
    int error;       /* of the last write */
    int sync_error;
    unsigned refs;
    struct coil_event progress; /* set for a moment: something has changed */
};

/* ---- its life ------------------------------------------------------------- */

static void release(struct append *a)
{
    if (--a->refs > 0)
        return;
    coil_file_abort(a->file);
    text_fini(&a->adding);
    text_fini(&a->writing);
    free(a);
}

static int open_file(struct append *a, const struct append_options *options)
{
    int rc =
        coil_file_open(&a->file, options->path, O_RDWR | options->flags, 0666);

    if (rc < 0 || !options->is_locked)
        return rc;
    rc = coil_file_try_flock(a->file, COIL_FILE_EXCLUSIVE);
    return rc == -EAGAIN ? -EBUSY : rc;
}

int append_open(struct append **out, const struct append_options *options)
{
    struct append *a = malloc(sizeof *a);
    int rc;

    *out = NULL;
    if (!a)
        return -ENOMEM;
    *a = (struct append){
        .limit = options->limit ? options->limit : LIMIT,
        .sync_every = options->sync_every,
        .has_no_sync = options->has_no_sync,
        .is_synced = true,
        .refs = 1,
    };
    coil_event_init(&a->progress);
    rc = open_file(a, options);
    if (rc < 0)
        release(a);
    else
        *out = a;
    return rc;
}

struct coil_file *append_file(struct append *a)
{
    return a->file;
}

int append_start(struct append *a, uint64_t offset)
{
    int rc = coil_file_truncate(a->file, (int64_t)offset);

    if (rc < 0)
        return rc;
    a->adding_at = a->writing_at = a->written = offset;
    a->synced_at = coil_now();
    return 0;
}

/* ---- the task that writes --------------------------------------------------- */

static void tell(struct append *a)
{
    coil_event_set(&a->progress);
    coil_event_clear(&a->progress);
}

/* What is to be written next is in `writing`.  Returns whether there is any. */
static bool has_more(struct append *a)
{
    struct text empty = a->writing;

    if (a->writing.size > 0)
        return true;
    if (a->adding.size == 0)
        return false;
    a->writing = a->adding;
    a->writing_at = a->adding_at;
    a->adding = empty;
    a->adding_at += a->writing.size;
    return true;
}

/* Forget what of `writing` was cut off meanwhile. */
static void trim(struct append *a)
{
    if (a->adding_at >= a->writing_at + a->writing.size)
        return;
    a->is_longer = true;
    a->writing.size = a->adding_at > a->writing_at
                          ? (size_t)(a->adding_at - a->writing_at)
                          : 0;
}

/* The first `size` bytes of `writing` are in the file. */
static void consume(struct append *a, size_t size)
{
    a->is_synced = false;
    a->writing_at += size;
    a->writing.size -= size;
    memmove(a->writing.bytes, a->writing.bytes + size, a->writing.size);
}

static int write_piece(struct append *a)
{
    ptrdiff_t n = coil_file_pwrite(a->file, a->writing.bytes, a->writing.size,
                                   (int64_t)a->writing_at);

    if (n > 0)
        consume(a, (size_t)n);
    trim(a);
    if (n < 0)
        return (int)n;
    a->written = a->writing_at < a->adding_at ? a->writing_at : a->adding_at;
    return 0;
}

static int sync_if_due(struct append *a)
{
    if (a->has_no_sync || a->sync_every == 0 || a->is_synced ||
        coil_now() < a->synced_at + a->sync_every)
        return 0;
    a->is_synced = true;
    a->sync_error = coil_file_datasync(a->file);
    a->synced_at = coil_now();
    return a->sync_error;
}

static int write_behind(void *arg)
{
    struct append *a = arg;
    int rc = 0;

    while (rc == 0 && has_more(a)) {
        rc = write_piece(a);
        tell(a);
        if (rc == 0)
            rc = sync_if_due(a);
    }
    a->error = rc;
    a->is_writing = false;
    tell(a);
    return 0;
}

static void drop(void *arg)
{
    struct append *a = arg;

    a->is_writing = false;
    release(a);
}

/* Begin to write, if that is not done already.  Returns 0; -ENOMEM. */
static int begin(struct append *a)
{
    int rc;

    if (a->is_writing)
        return 0;
    if (a->sync_error < 0)
        return a->sync_error;
    a->error = 0;
    rc = coil_task_create_with(
        NULL, write_behind, a,
        &(struct coil_task_options){ .name = "append", .arg_destroy = drop });
    if (rc < 0)
        return rc;
    a->is_writing = true;
    a->refs++;
    return 0;
}

/* ---- adding, and waiting ------------------------------------------------------ */

int append_add(struct append *a, const void *bytes, size_t size)
{
    text_add_bytes(&a->adding, bytes, size);
    if (a->adding.has_failed) {
        a->adding.has_failed = false;
        return -ENOMEM;
    }
    /* A failure is met again by whoever waits for the writing. */
    if (a->adding.size >= PIECE && a->error == 0)
        (void)!begin(a);
    return 0;
}

uint64_t append_end(const struct append *a)
{
    return a->adding_at + a->adding.size;
}

uint64_t append_written(const struct append *a)
{
    return a->written;
}

void append_cut(struct append *a, uint64_t offset)
{
    if (offset >= a->adding_at) {
        a->adding.size = (size_t)(offset - a->adding_at);
        return;
    }
    text_clear(&a->adding);
    a->adding_at = offset;
    if (!a->is_writing)
        trim(a);
    if (a->written > offset) {
        a->written = offset;
        a->is_longer = true;
    }
}

/*
 * Wait for one step of the writing.  An error is told to whoever began the writing
 * or waited for it.
 */
static int await_progress(struct append *a)
{
    int rc = begin(a);

    if (rc == 0)
        rc = coil_event_wait(&a->progress);
    if (rc < 0)
        return rc;
    if (!a->is_writing && a->error < 0)
        return a->error;
    return a->sync_error;
}

/* Meanwhile another task may close the file: whoever waits holds it. */
int append_room(struct append *a)
{
    int rc = coil_checkpoint();

    a->refs++;
    while (rc == 0 && a->adding.size > a->limit)
        rc = await_progress(a);
    release(a);
    return rc;
}

int append_flush(struct append *a, uint64_t end)
{
    int rc = coil_checkpoint();

    a->refs++;
    if (rc == 0)
        rc = a->sync_error;
    while (rc == 0 && a->written < end && a->written < append_end(a))
        rc = await_progress(a);
    release(a);
    return rc;
}

static int finish(struct append *a)
{
    int rc = append_flush(a, append_end(a));

    while (rc == 0 && a->is_writing)
        rc = coil_event_wait(&a->progress);
    if (rc == 0 && a->is_longer)
        rc = coil_file_truncate(a->file, (int64_t)append_end(a));
    if (rc == 0)
        rc = a->sync_error;
    if (rc == 0 && !a->has_no_sync && (!a->is_synced || a->is_longer))
        rc = coil_file_datasync(a->file);
    return rc;
}

int append_close(struct append *a)
{
    struct coil_file *file;
    int rc;

    if (!a)
        return coil_checkpoint();
    rc = finish(a);
    if (rc == 0) {
        file = a->file;
        a->file = NULL;
        rc = coil_file_close(file);
    }
    release(a);
    return rc;
}

void append_abort(struct append *a)
{
    if (!a)
        return;
    append_cut(a, a->adding_at);
    release(a);
}
