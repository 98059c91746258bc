/* SPDX-License-Identifier: MIT */
/* warc_archive.h - what an archive is made of, for its entries */
#ifndef COIL_FETCH_OUTPUT_WARC_ARCHIVE_H
#define COIL_FETCH_OUTPUT_WARC_ARCHIVE_H

#include <limits.h>

#include <coil/lock.h>

#include "output/warc.h"
#include "output/warc_file.h"
#include "output/warc_index.h"
#include "output/warc_spool.h"

struct warc {
    struct coil_lock lock; /* of what writes: file, index, place */
    struct warc_file *file;
    struct warc_index *index;
    struct warc_place place;
    struct warc_memory memory;
    struct warc_ids ids;
    uint64_t max_size;
    bool resumes;
    bool has_no_sync;
    const char *ending;
    char *software;
    char *robots;
    char stem[PATH_MAX];      /* the name without its ending */
    char directory[PATH_MAX]; /* the archive's, for temporary files */
    char path[PATH_MAX];      /* of a file, for its name */
};

/*
 * Before an entry, with the lock: there is room in memory, and in the file.  Returns
 * 0; an error of the files, or -ECANCELED.
 */
int warc_archive_prepare(struct warc *warc) COIL_SUSPENDS;

/* The name of a file, without its directory; valid until the next call. */
const char *warc_archive_filename(struct warc *warc, unsigned number);

#endif
