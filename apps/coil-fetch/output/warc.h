/* SPDX-License-Identifier: MIT */
/*
 * warc.h - an archive of requests and responses: WARC/1.1 (ISO 28500:2017)
 *
 *     rc = warc_entry_begin(&entry, warc, &request, &response);
 *     ...
 *     rc = warc_entry_add(entry, bytes, size);      // for each piece of the body
 *     ...
 *     rc = warc_entry_end(entry, NULL);
 *
 * A file begins with a warcinfo record.  An entry is a response record, or a revisit
 * record if an equal payload is archived already, and a request record; each is
 * compressed on its own, unless the file's name ends with ".warc".  NAME.cdxj is the
 * index, sorted, of the responses and revisits; it is there after warc_close().
 *
 * A body stays in memory up to 1 MiB, and all bodies together up to 16 MiB; what is
 * more is in temporary files beside the archive.  Entries of different tasks never
 * mix: each is written when it has ended, as a whole.
 *
 * Errors   An entry that fails leaves nothing in the archive; the next ones are
 *          not disturbed.  When the disk is full, entries that have ended are kept in
 *          memory, up to about 512 KiB; then warc_entry_end() fails.
 * Cancel   -ECANCELED of warc_entry_end(): the entry is not in the archive.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_H
#define COIL_FETCH_OUTPUT_WARC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

#include "output/warc_head.h"

struct warc;
struct warc_entry;

/* How far an archive is written: entries that have ended, and nothing else. */
struct warc_place {
    unsigned file; /* from 1 */
    uint64_t offset;
};

struct warc_options {
    const char *path;  /* NAME.warc.gz, or NAME.warc */
    uint64_t max_size; /* 0: one file; else NAME-00001.warc.gz …, each of which
                             is followed by the next one when it has this size */
    bool resumes; /* it goes on at `place`; a file of 0: from its beginning */
    struct warc_place place;
    const char
        *earlier; /* NAME.cdxj of an earlier run, to whose payloads revisit
                             records refer; NULL */
    const char *software; /* for warcinfo: "coil-fetch/1.0" */
    const char *robots;   /* "obey" or "ignore" */
    size_t body_memory;   /* of each body; 0: 1 MiB */
    size_t all_memory;    /* of all bodies together; 0: 16 MiB */
    bool has_no_sync;
};

/*
 * `*out` is returned: release it with warc_close() or warc_abort().  `options` is
 * copied.  Returns 0, else
 *   -EEXIST   without `resumes`: there is a file of this name
 *   -EBUSY    another run writes it
 *   -ENODATA  it is shorter than `place`
 *   -EINVAL   the name ends neither with ".warc.gz" nor with ".warc"
 *   -ENOENT   there is no `earlier`, or no directory
 *   -ENOMEM, -ENAMETOOLONG, -ECANCELED, errors of the files
 */
int warc_open(struct warc **out, const struct warc_options *options)
    COIL_SUSPENDS;

/* ---- entries ---------------------------------------------------------------------- */

struct warc_capture {
    const char *method;
    const char *url;
    /*
     * What was sent, as far as it is known, without secrets that are not to be
     * archived.  A line Host is made of the URL.
     */
    const struct coil_http_header *request_headers;
    size_t request_header_count;
    const char *request_body;
    size_t request_body_size;

    enum coil_http_version version;
    int status;
    const char *reason; /* NULL: that of the status */
    const struct coil_http_header *headers;
    size_t header_count;
    const char
        *address;    /* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80"; NULL */
    int64_t unix_us; /* when the request began */
};

/*
 * Begin an entry.  What `capture` points to is copied.  `*out` is returned: it ends
 * with warc_entry_end() or warc_entry_abandon(), before the archive is closed.
 * Returns 0; -ENOMEM.
 */
int warc_entry_begin(struct warc_entry **out, struct warc *warc,
                     const struct warc_capture *capture) COIL_MUST_CHECK;

/*
 * A piece of the body, as the server has sent it: without chunks, and with its
 * Content-Encoding.  Returns 0; -ENOMEM, an error of the temporary file, -ECANCELED:
 * the entry is to be abandoned.
 */
int warc_entry_add(struct warc_entry *entry, const void *bytes, size_t size)
    COIL_SUSPENDS;

/*
 * The body is over; `truncated` says why it is not whole: "length", "time",
 * "disconnect", "unspecified"; NULL: it is.  The entry is written and freed.
 *
 * Returns 0: the entry counts from this moment on, and warc_place_of() includes it; so
 * a caller who goes on to write a record and the journal without suspending has the
 * three agree.  Else the entry is not in the archive: -ENOMEM, -ECANCELED, or an error
 * of the files.
 */
int warc_entry_end(struct warc_entry *entry, const char *truncated)
    COIL_SUSPENDS;

/* The entry is not written.  Does not suspend; NULL is allowed. */
void warc_entry_abandon(struct warc_entry *entry);

/* ---- the archive ------------------------------------------------------------------- */

/* Where the last entry that has ended ends. */
struct warc_place warc_place_of(const struct warc *warc);

/*
 * Wait until all that warc_place_of() includes now is written, with its lines of the
 * index.  Returns 0; an error of write() or fdatasync(), or -ECANCELED.  After
 * -ENOSPC nothing is lost, and the next call tries again.
 */
int warc_flush(struct warc *warc) COIL_SUSPENDS;

/*
 * Write all, sync, sort the index, and free the archive, whatever is returned.  NULL is
 * allowed.  Errors as those of warc_flush(), and of the index's files: a run that
 * goes on mends that.
 */
int warc_close(struct warc *warc) COIL_SUSPENDS;

/* Free it, as it is.  NULL is allowed. */
void warc_abort(struct warc *warc);

#endif
