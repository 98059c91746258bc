/* SPDX-License-Identifier: MIT */
/*
 * journal.c - what a run has done
 *
 * A line is at first in `pending`; sealed, with the others of its batch, in
 * `sealed`; and flushed, in the file.
 */
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/append.h"
#include "journal/journal_held.h"
#include "journal/journal_line.h"
#include "journal/journal_read.h"
#include "journal/journal_table.h"

struct journal {
    struct append *file;
    struct journal_table table;
    struct journal_found found;
    struct text pending;
    struct text sealed;
};

/* ---- opening ---------------------------------------------------------------- */

static int begin_new(struct journal *journal)
{
    char head[JOURNAL_HEAD_SIZE];
    int rc = hash_key_make(&journal->found.key);

    if (rc == 0)
        rc = append_start(journal->file, 0);
    if (rc < 0)
        return rc;
    journal_head_write(head, &journal->found.key);
    rc = append_add(journal->file, head, sizeof head);
    if (rc < 0)
        return rc;
    return append_flush(journal->file, sizeof head);
}

/* The lines that will come are of this version. */
static int raise_version(struct journal *journal,
                         const struct journal_options *options)
{
    struct coil_file *file = append_file(journal->file);
    char head[JOURNAL_HEAD_SIZE];
    ptrdiff_t n;

    journal_head_write(head, &journal->found.key);
    n = coil_file_pwrite(file, head, sizeof head, 0);
    if (n < 0)
        return (int)n;
    return options->has_no_sync ? 0 : coil_file_datasync(file);
}

static int read_or_begin(struct journal *journal,
                         const struct journal_options *options)
{
    struct coil_file *file = append_file(journal->file);
    struct stat status;
    int rc = coil_file_stat(file, &status);

    if (rc < 0)
        return rc;
    if (!options->resumes && status.st_size > 0)
        return -EEXIST;
    rc = journal_read(&journal->found, &journal->table, file, options->most);
    if (rc < 0)
        return rc;
    if (journal->found.end == 0)
        return begin_new(journal);
    rc = append_start(journal->file, journal->found.end);
    if (rc == 0 && journal->found.version < JOURNAL_VERSION)
        rc = raise_version(journal, options);
    return rc;
}

int journal_open(struct journal **out, const struct journal_options *options)
{
    struct journal *journal = calloc(1, sizeof *journal);
    int rc;

    *out = NULL;
    if (!journal)
        return -ENOMEM;
    rc = append_open(&journal->file, &(struct append_options){
                                         .path = options->path,
                                         .flags = O_CREAT,
                                         .is_locked = true,
                                         .sync_every = COIL_SECOND,
                                         .has_no_sync = options->has_no_sync,
                                     });
    if (rc == 0)
        rc = read_or_begin(journal, options);
    if (rc < 0)
        journal_abort(journal);
    else
        *out = journal;
    return rc;
}

const struct hash_key *journal_key(const struct journal *journal)
{
    return &journal->found.key;
}

const struct journal_place *journal_place(const struct journal *journal)
{
    return &journal->found.place;
}

/* ---- what was done before --------------------------------------------------- */

enum journal_state journal_state_of(const struct journal *journal,
                                    uint64_t number, uint64_t key)
{
    size_t place;
    const struct journal_page *page =
        journal_table_page(&journal->table, number, &place);
    const struct journal_held *held = journal_held_of(journal, number);

    if (held)
        return held->key == key ? JOURNAL_HELD : JOURNAL_DIFFERS;
    if (!page || page->prints[place] == 0)
        return JOURNAL_NEW;
    if (page->prints[place] != journal_print(key))
        return JOURNAL_DIFFERS;
    return outcome_is_success((enum outcome_class)page->classes[place])
               ? JOURNAL_DONE
               : JOURNAL_FAILED;
}

const struct journal_held *journal_held_of(const struct journal *journal,
                                           uint64_t number)
{
    return journal_held_find(&journal->table.held, number);
}

enum outcome_class journal_class_of(const struct journal *journal,
                                    uint64_t number)
{
    size_t place;
    const struct journal_page *page =
        journal_table_page(&journal->table, number, &place);

    if (!page || page->prints[place] == 0)
        return OUTCOME_STOPPED;
    return (enum outcome_class)page->classes[place];
}

uint64_t journal_count(const struct journal *journal, enum outcome_class class)
{
    return journal->table.counts[class];
}

const char *journal_file_of(const struct journal *journal, uint64_t number)
{
    return journal_table_file(&journal->table, number);
}

/* ---- what is done now --------------------------------------------------------- */

int journal_add(struct journal *journal, uint64_t number, uint64_t key,
                enum outcome_class class, int status)
{
    return journal_line_add(&journal->pending,
                            &(struct journal_line){ .kind = JOURNAL_LINE_URL,
                                                    .number = number,
                                                    .key = key,
                                                    .class = class,
                                                    .status = status });
}

/* Pieces of a size that a line may have, whatever is in them. */
static int add_pieces(struct journal *journal, uint64_t number,
                      const struct text *record)
{
    enum { PIECE = 32 * 1024 };
    size_t size = record->size > 0 ? record->size - 1 : 0;
    int rc = 0;

    for (size_t at = 0; rc == 0 && at < size; at += PIECE)
        rc = journal_line_add(
            &journal->pending,
            &(struct journal_line){ .kind = JOURNAL_LINE_RECORD,
                                    .number = number,
                                    .path = record->bytes + at,
                                    .path_size = size - at < PIECE ? size - at
                                                                   : PIECE });
    return rc;
}

int journal_add_held(struct journal *journal, const struct journal_held *held)
{
    size_t before = journal->pending.size;
    int rc = add_pieces(journal, held->number, &held->record);

    if (rc == 0)
        rc = journal_line_add(&journal->pending,
                              &(struct journal_line){ .kind = JOURNAL_LINE_HELD,
                                                      .number = held->number,
                                                      .key = held->key,
                                                      .class = held->class,
                                                      .status = held->status });
    if (rc < 0)
        journal->pending.size = before;
    return rc;
}

int journal_add_file(struct journal *journal, uint64_t number, const char *path)
{
    return journal_line_add(
        &journal->pending, &(struct journal_line){ .kind = JOURNAL_LINE_FILE,
                                                   .number = number,
                                                   .path = (char *)path,
                                                   .path_size = strlen(path) });
}

size_t journal_pending(const struct journal *journal)
{
    return journal->pending.size;
}

int journal_seal(struct journal *journal, const struct journal_place *place)
{
    size_t before = journal->pending.size;
    int rc = journal_line_add(
        &journal->pending,
        &(struct journal_line){ .kind = JOURNAL_LINE_BATCH, .place = *place });

    if (rc < 0)
        return rc;
    text_add_bytes(&journal->sealed, journal->pending.bytes,
                   journal->pending.size);
    if (journal->sealed.has_failed) {
        journal->sealed.has_failed = false;
        journal->pending.size = before;
        return -ENOMEM;
    }
    text_clear(&journal->pending);
    return 0;
}

/* What is sealed goes to the file's writer. */
static int hand_over(struct journal *journal)
{
    int rc =
        append_add(journal->file, journal->sealed.bytes, journal->sealed.size);

    if (rc == 0)
        text_clear(&journal->sealed);
    return rc;
}

int journal_flush(struct journal *journal)
{
    int rc = hand_over(journal);

    if (rc < 0)
        return rc;
    return append_flush(journal->file, append_end(journal->file));
}

int journal_close(struct journal *journal)
{
    struct append *file = NULL;
    int rc = 0;
    int closed;

    if (journal) {
        rc = hand_over(journal);
        file = journal->file;
        journal->file = NULL;
        journal_abort(journal);
    }
    closed = append_close(file);
    return rc < 0 ? rc : closed;
}

void journal_abort(struct journal *journal)
{
    if (!journal)
        return;
    append_abort(journal->file);
    journal_table_fini(&journal->table);
    text_fini(&journal->pending);
    text_fini(&journal->sealed);
    free(journal);
}
