/* SPDX-License-Identifier: MIT */
/*
 * warc_file.h - one file of an archive: records, each compressed on its own
 *
 * A reader finds a record by its offset, and needs nothing before it.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_FILE_H
#define COIL_FETCH_OUTPUT_WARC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct warc_file;

struct warc_file_options {
    const char *path;
    bool is_new;   /* -EEXIST if there is one */
    bool is_plain; /* not compressed */
    bool has_no_sync;
    uint64_t offset; /* where it goes on; what is behind it is cut off */
};

/*
 * `*out` is returned: release it with warc_file_close() or warc_file_abort().  Returns
 * 0; -EEXIST; -EBUSY: another run writes it; -ENODATA: it is shorter than `offset`;
 * -ENOMEM, -ECANCELED, an error of open().
 */
int warc_file_open(struct warc_file **out,
                   const struct warc_file_options *options) COIL_SUSPENDS;

/* ---- one record ------------------------------------------------------------------ */

/* Begin a record.  One that `is_dense` is compressed already: little is tried. */
void warc_file_begin(struct warc_file *file, bool is_dense);

/*
 * A part of the record.  What is large is taken in pieces, between which other
 * tasks run.  Returns 0; -ENOMEM, -ECANCELED, an error of write(): then
 * warc_file_cut() takes the record back.
 */
int warc_file_add(struct warc_file *file, const void *bytes, size_t size)
    COIL_SUSPENDS;

/* The record is whole.  Returns 0; -ENOMEM: as above.  Does not suspend. */
int warc_file_end(struct warc_file *file) COIL_MUST_CHECK;

/* Where the next record begins. */
uint64_t warc_file_offset(const struct warc_file *file);

/* Take back all from `offset` on, a record that has been begun included. */
void warc_file_cut(struct warc_file *file, uint64_t offset);

/* ---- the file --------------------------------------------------------------------- */

/* Wait until little enough is in memory.  0; an error of write(); -ECANCELED. */
int warc_file_room(struct warc_file *file) COIL_SUSPENDS;

/* Wait until all before `offset` is written.  Errors as above. */
int warc_file_flush(struct warc_file *file, uint64_t offset) COIL_SUSPENDS;

/* Write all, sync, and free it whatever is returned.  NULL is allowed. */
int warc_file_close(struct warc_file *file) COIL_SUSPENDS;

/* NULL is allowed. */
void warc_file_abort(struct warc_file *file);

#endif
