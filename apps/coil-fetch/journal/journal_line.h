/* SPDX-License-Identifier: MIT */
/* journal_line.h - one line of a journal, as text and as what it says */
#ifndef COIL_FETCH_JOURNAL_JOURNAL_LINE_H
#define COIL_FETCH_JOURNAL_JOURNAL_LINE_H

#include "common/text.h"
#include "journal/journal.h"

enum journal_line_kind {
    JOURNAL_LINE_BAD,
    JOURNAL_LINE_URL,
    JOURNAL_LINE_FILE,
    JOURNAL_LINE_RECORD, /* a piece of one, as `path` */
    JOURNAL_LINE_HELD,
    JOURNAL_LINE_BATCH,
};

struct journal_line {
    enum journal_line_kind kind;
    uint64_t number;
    uint64_t key;
    enum outcome_class class;
    int status;
    char *path; /* in the line, where it is decoded in place */
    size_t path_size;
    struct journal_place place;
};

/* Read a line, which ends before `end`, without its "\n".  Returns its kind. */
enum journal_line_kind journal_line_read(struct journal_line *out, char *at,
                                         char *end);

/* Each adds one line, or nothing.  Returns 0; -ENOMEM. */
int journal_line_add(struct text *text, const struct journal_line *line);

/* ---- the first line --------------------------------------------------------- */

enum {
    JOURNAL_HEAD_SIZE = 21 + 32 + 1,
    JOURNAL_VERSION = 2, /* what is written; older ones are read as well */
};

void journal_head_write(char head[JOURNAL_HEAD_SIZE],
                        const struct hash_key *key);

/*
 * Read the first line.  Returns 0; -ENODATA: the bytes are only the beginning of
 * one; -ENOTSUP: it has another version than 1 to JOURNAL_VERSION; -EBADMSG.
 */
int journal_head_read(struct hash_key *key, int *version, const char *bytes,
                      size_t size);

#endif
