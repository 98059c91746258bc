/* SPDX-License-Identifier: MIT */
/*
 * journal.h - what a run has done, so that a run that was killed goes on
 *
 * A journal is a text to which lines are appended:
 *
 *     coil-fetch journal 2 00112233445566778899aabbccddeeff
 *     1 9ae16a3b2f90404f 0 200
 *     2 1c6cf1e5d4f7a0b3 8
 *     f 3 out/example.com/index.html
 *     r 5 {"v":1,"n":5,"url":"http://example.com/"}
 *     h 5 3c6ef372fe94f82b 0 200
 *     @ 5120 1 20480
 *
 * The first line has the version and the key of job_key(), in hexadecimal digits.
 * Version 1 has no lines "r" and "h".  It is read as well, and becomes version 2 when a
 * run goes on with it.  Whoever adds a kind of line raises the version: a program that
 * does not know a kind would cut off the batch that has it.
 * A line "NUMBER KEY CLASS STATUS" says that a URL is over: its number in the
 * input, from 1; its 64-bit key; the number of its class in the order of enum
 * outcome_class, to which names are only ever appended; and its status, which is
 * left out if it is 0.  A later line of the same number counts instead of the
 * earlier one.  A line "f NUMBER PATH" says that a file of this URL may be at PATH
 * (in which bytes below 32, 127 and "%" stand as %XX).  Lines "r NUMBER TEXT" are
 * pieces of a URL's record, written in the same way, without its "\n"; and "h NUMBER
 * KEY CLASS STATUS" says that the URL is over, and that this record waits for those
 * of other URLs (--ordered): it is not in the file of records yet.  A line "@ RECORDS WARC
 * OFFSET" ends a batch: when it was made, the file of records had RECORDS bytes,
 * and the WARC of this number had OFFSET bytes, with all that the lines above it
 * say and nothing else.
 *
 * What stands behind the last "@" is no batch yet.  A resumed run cuts it off, and
 * cuts the records and the WARC off where the last "@" says; so no record is torn,
 * or there twice.  So a batch is made in this order:
 *
 *     journal_seal(journal, &place);    // where records and WARC end at this moment
 *     rc = flush of the records and of the WARC, up to `place`;
 *     if (rc == 0)
 *         rc = journal_flush(journal);
 *
 * Between the moment at which a URL's record and WARC entry count, and its
 * journal_add(), no other task may run: its task must not suspend there.
 *
 * Memory: 3 bytes a URL of the journal that was resumed, and the lines that are not
 * written yet.
 */
#ifndef COIL_FETCH_JOURNAL_JOURNAL_H
#define COIL_FETCH_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/base.h>

#include "common/hash.h"
#include "job/outcome.h"

struct journal;
struct journal_held;

/* How far the other files are written. */
struct journal_place {
    uint64_t records;
    uint64_t warc_file; /* the number of the WARC; 0: there is none */
    uint64_t warc;
};

struct journal_options {
    const char *path;
    bool resumes;
    bool has_no_sync;
    /*
     * What there is of the other files; NULL: all that the journal says.  After a
     * loss of power they may be shorter than the journal says.  Then the batches
     * that say so do not count, and their URLs are fetched again.
     */
    const struct journal_place *most;
};

/*
 * Open a journal.  Without `resumes` a new one is made; with it, one that is there
 * is read, at about 10^7 lines a second, and a new one is made if there is none.
 * `*out` is returned: release it with journal_close() or journal_abort().
 *
 * Returns 0, else, with the file as it was:
 *   -EEXIST   without `resumes`: there is a file
 *   -EBUSY    another run uses it
 *   -ENOTSUP  it is a journal of a version that is not known
 *   -EBADMSG  it is no journal, or damaged: a line is none, and whole batches
 *             follow
 *   -ENOMEM, -ECANCELED, an error of open(), read(), write() or ftruncate()
 */
int journal_open(struct journal **out, const struct journal_options *options)
    COIL_SUSPENDS;

/* The key of job_key(): of the first run, whoever goes on. */
const struct hash_key *journal_key(const struct journal *journal);

/* Where the other files are to be cut off, and go on. */
const struct journal_place *journal_place(const struct journal *journal);

/* ---- what was done before ---- */

enum journal_state {
    JOURNAL_NEW,     /* it is to be fetched */
    JOURNAL_DONE,    /* it is done */
    JOURNAL_FAILED,  /* it is done, and has failed: --retry-failed fetches it */
    JOURNAL_HELD,    /* it is done, and journal_held_of() has its record */
    JOURNAL_DIFFERS, /* another URL had this number: it is to be fetched */
};

/*
 * What the journal says of the URL of this number and key.  Of another key, one
 * of 65,535 is not noticed.
 */
enum journal_state journal_state_of(const struct journal *journal,
                                    uint64_t number, uint64_t key);

/* The URL whose state is HELD; borrowed until the journal is closed. */
const struct journal_held *journal_held_of(const struct journal *journal,
                                           uint64_t number);

/* The class of a URL that is done; OUTCOME_STOPPED: it is not. */
enum outcome_class journal_class_of(const struct journal *journal,
                                    uint64_t number);

/* How many URLs ended in this class, by the journal that was resumed. */
uint64_t journal_count(const struct journal *journal, enum outcome_class class);

/*
 * The file that a run before has made, or was about to make, of a URL that is not
 * done; so this run may replace it.  NULL: none.  Valid until the journal is closed.
 */
const char *journal_file_of(const struct journal *journal, uint64_t number);

/* ---- what is done now; none of these waits ---- */

/* A URL is over.  Returns 0; -ENOMEM: the journal does not have it. */
int journal_add(struct journal *journal, uint64_t number, uint64_t key,
                enum outcome_class class, int status) COIL_MUST_CHECK;

/*
 * A URL is over, and its record, which ends with "\n", is not added to the records
 * yet, since those of others come first.  Its journal_add() comes with its record.
 * Returns 0; -ENOMEM: the journal does not have it.
 */
int journal_add_held(struct journal *journal, const struct journal_held *held)
    COIL_MUST_CHECK;

/*
 * A file will have this name; before it gets that, the journal must be flushed.
 * Returns 0; -ENOMEM.
 */
int journal_add_file(struct journal *journal, uint64_t number, const char *path)
    COIL_MUST_CHECK;

/* Bytes that were added and are in no batch. */
size_t journal_pending(const struct journal *journal);

/*
 * Make a batch of all that was added.  Returns 0; -ENOMEM: it is still to be made.
 */
int journal_seal(struct journal *journal, const struct journal_place *place)
    COIL_MUST_CHECK;

/*
 * Write all batches, and sync, at most once a second.  Returns 0; an error of
 * write(): nothing is lost, and the next call tries again; one of fdatasync(),
 * which is for good; -ENOMEM; or -ECANCELED: the writing goes on.
 */
int journal_flush(struct journal *journal) COIL_SUSPENDS;

/*
 * Write all batches, sync, and free the journal, whatever is returned; what is in
 * no batch is lost.  NULL is allowed.  Errors as those of journal_flush().
 */
int journal_close(struct journal *journal) COIL_SUSPENDS;

/* Free it, as it is.  NULL is allowed. */
void journal_abort(struct journal *journal);

#endif
