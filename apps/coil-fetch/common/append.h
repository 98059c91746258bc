/* SPDX-License-Identifier: MIT */
/*
 * append.h - a file that only grows, and is written behind its users' backs
 *
 *     rc = append_open(&file, &(struct append_options){ .path = "records" });
 *     if (rc == 0)
 *         rc = append_start(file, 0);
 *     ...
 *     rc = append_add(file, line, size);               // does not wait
 *     ...
 *     rc = append_flush(file, append_end(file));       // waits
 *     ...
 *     rc = append_close(file);
 *
 * What is added is kept in memory and written in large pieces by a task of the
 * file's own.  So whoever adds may be cancelled at any time: a write that has begun
 * is never left to a thread that nobody waits for, and the file has the bytes that
 * were added, each at its place.
 *
 * Errors   A write that fails loses nothing: the bytes stay in memory, who waits is
 *          told, and the next flush tries again.  A sync that fails is for good,
 *          as nobody knows what the disk has: each later call says so.
 * Cancel   -ECANCELED of append_flush() and append_room(): nothing is lost, and the
 *          writing goes on.
 */
#ifndef COIL_FETCH_COMMON_APPEND_H
#define COIL_FETCH_COMMON_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <coil/file.h>
#include <coil/time.h>

struct append;

struct append_options {
    const char *path;
    int flags;            /* beyond O_RDWR: O_CREAT, O_EXCL */
    bool is_locked;       /* flock(): -EBUSY while another has it */
    size_t limit;         /* bytes in memory, see append_room(); 0: 512 KiB */
    coil_time sync_every; /* fdatasync() at most so often; 0: at the end only */
    bool has_no_sync;     /* not even at the end */
};

/*
 * Open the file; nothing in it changes.  `*out` is returned: release it with
 * append_close() or append_abort().  Returns 0; -EBUSY: it is locked; -ENOMEM;
 * -ECANCELED; an error of open().
 */
int append_open(struct append **out, const struct append_options *options)
    COIL_SUSPENDS;

/* The open file, to read what was there. */
struct coil_file *append_file(struct append *append);

/*
 * Cut the file off behind `offset` bytes, from where it grows: before the first
 * append_add().  Returns 0; an error of ftruncate(), or -ECANCELED.
 */
int append_start(struct append *append, uint64_t offset) COIL_SUSPENDS;

/* Returns 0; -ENOMEM: nothing was added. */
int append_add(struct append *append, const void *bytes, size_t size)
    COIL_MUST_CHECK;

/* Where the next byte goes. */
uint64_t append_end(const struct append *append);

/* Up to where the file has been written. */
uint64_t append_written(const struct append *append);

/* Take back what was added from `offset` on, written or not.  Does not wait. */
void append_cut(struct append *append, uint64_t offset);

/*
 * Wait until there is little enough in memory that more may be added.  Returns 0;
 * an error of write() or fdatasync(), or -ECANCELED.
 */
int append_room(struct append *append) COIL_SUSPENDS;

/*
 * Wait until all before `end` is written.  Returns 0; an error of write() or
 * fdatasync(), or -ECANCELED.
 */
int append_flush(struct append *append, uint64_t end) COIL_SUSPENDS;

/*
 * Write all, sync, and free the file, whatever is returned; NULL is allowed.
 * Returns 0; an error of write(), fdatasync(), ftruncate() or close();
 * -ECANCELED: the end may be missing.
 */
int append_close(struct append *append) COIL_SUSPENDS;

/* Free it at once; what is not written is lost.  NULL is allowed. */
void append_abort(struct append *append);

#endif
