/* SPDX-License-Identifier: MIT */
/*
 * keeper.h - what a run writes down of its outcomes: records and journal
 *
 * A task writes what has come since its last write, all at once: so a turn of the
 * loop costs one write for each file, however many URLs it has ended.  The journal
 * is written last, and says how far the other files went (journal.h).
 */
#ifndef COIL_FETCH_RUN_KEEPER_H
#define COIL_FETCH_RUN_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/base.h>

#include "job/outcome.h"

struct job;
struct run;

/* Open the files.  Returns 0; or an error, after a message. */
int keeper_open(struct run *run) COIL_SUSPENDS;

/*
 * Wait until the files have room for an outcome.  Returns 0; -ECANCELED; or an error
 * of the files, after which the run is stopped.
 */
int keeper_room(struct run *run) COIL_SUSPENDS;

/*
 * Write an outcome down.  Does not suspend.  Lack of memory stops the run: a URL
 * that is not written down is fetched again by the next one.
 */
void keeper_note(struct run *run, const struct outcome *outcome);

/*
 * The URL of this number was done by a run before.  A record of it that has waited for
 * its turn since then still does; else the order goes on without it.
 */
void keeper_pass(struct run *run, uint64_t number);

/* Whether --ordered lets the URL of this number begin. */
bool keeper_may_start(const struct run *run, uint64_t number);

/*
 * A file is about to have this name; returns when the journal knows it.  Returns 0;
 * -ECANCELED; or an error of the journal.
 */
int keeper_note_file(struct run *run, const struct job *job, const char *path)
    COIL_SUSPENDS;

/*
 * Wait until what was noted is written.  Returns 0; -ECANCELED; or an error of the
 * files, after which the run is stopped.
 */
int keeper_flush(struct run *run) COIL_SUSPENDS;

/* A task's function, of a struct run: write, until keeper_stop(). */
int keeper_run(void *run) COIL_SUSPENDS;
void keeper_stop(struct run *run);

/*
 * Write what is left and close the files.  Returns 0, or the first error there was,
 * which has been said.
 */
int keeper_close(struct run *run) COIL_SUSPENDS;

#endif
