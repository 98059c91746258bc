/* SPDX-License-Identifier: MIT */
/* journal_read.h - what a journal that is there says */
#ifndef COIL_FETCH_JOURNAL_JOURNAL_READ_H
#define COIL_FETCH_JOURNAL_JOURNAL_READ_H

#include <coil/file.h>

#include "journal/journal.h"
#include "journal/journal_table.h"

struct journal_found {
    struct hash_key key;
    int version;
    struct journal_place place;
    uint64_t end; /* of the last batch; 0: there is not even a first line */
};

/*
 * Read a journal into an empty table, up to its last batch that does not go beyond
 * `most`, which may be NULL.  Returns 0; -EBADMSG, -ENOTSUP, -ENOMEM, -ECANCELED, or an error of
 * read().
 */
int journal_read(struct journal_found *out, struct journal_table *table,
                 struct coil_file *file, const struct journal_place *most)
    COIL_SUSPENDS;

#endif
