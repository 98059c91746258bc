/* SPDX-License-Identifier: MIT */
/*
 * warc_index.h - the index of an archive that grows, NAME.cdxj
 *
 * While the archive grows its lines stand in NAME.cdxj.part, in the order of the
 * records; at the end they are sorted into NAME.cdxj.  A run that goes on takes the
 * part, or else the index, and leaves out the lines of what the archive has lost.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_INDEX_H
#define COIL_FETCH_OUTPUT_WARC_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/base.h>

#include "output/cdxj.h"

struct warc_index;

struct warc_index_options {
    const char *path; /* NAME.cdxj */
    const char
        *earlier; /* an index of an earlier run, for its payloads; NULL */
    bool has_no_sync;
    bool resumes;
    unsigned file; /* it goes on in this file of the archive, at this offset */
    uint64_t offset;
};

/*
 * `*out` is returned: release it with warc_index_close() or warc_index_abort().
 * Returns 0; -ENOENT: there is no `earlier`; -ENOMEM, -ECANCELED, an error of the
 * files.
 */
int warc_index_open(struct warc_index **out,
                    const struct warc_index_options *options) COIL_SUSPENDS;

/*
 * Add a line; with `is_original`, later payloads may refer to it.  Returns 0; -ENOMEM:
 * nothing was added.  Does not suspend.
 */
int warc_index_add(struct warc_index *index, const struct cdxj_entry *entry,
                   bool is_original) COIL_MUST_CHECK;

/*
 * Where this payload is archived already.  Returns 1, and `*out` is to be released
 * with cdxj_found_fini(); 0: nowhere; -ENOMEM, -ECANCELED, or an error of the files.
 */
int warc_index_find(struct warc_index *index, struct cdxj_found *out,
                    const char *digest) COIL_SUSPENDS;

/* Wait until all lines that were added are written.  0; an error; -ECANCELED. */
int warc_index_flush(struct warc_index *index) COIL_SUSPENDS;

/*
 * Write and sort all lines, and free it whatever is returned; NULL is allowed.  After
 * an error, the part is there, and a run that goes on uses it.
 */
int warc_index_close(struct warc_index *index) COIL_SUSPENDS;

/* Free it; the part stays.  NULL is allowed. */
void warc_index_abort(struct warc_index *index);

/* The number of the file NAME-00012.warc.gz; 1: it has none.  For this folder. */
unsigned warc_number_of(const char *filename, size_t size);

#endif
