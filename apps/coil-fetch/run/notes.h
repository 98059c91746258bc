/* SPDX-License-Identifier: MIT */
/*
 * notes.h - what is noted of a URL that is over: a record, and a line of the journal
 *
 * With --ordered both wait until those of all earlier URLs are noted.  Nothing here
 * suspends or writes: the keeper does.
 */
#ifndef COIL_FETCH_RUN_NOTES_H
#define COIL_FETCH_RUN_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "job/outcome.h"
#include "output/record.h"

struct append;
struct options;
struct order;
struct run;

struct notes {
    struct append *records; /* a file, the keeper's; NULL: `ready`, or none */
    struct text ready;      /* records for standard output */
    struct text line;       /* the record that is made */
    struct order *order;    /* --ordered */
    struct record_options kinds; /* what a record has */
};

/* Of zeroed notes.  Returns 0; -ENOMEM.  notes_fini() is needed in any case. */
int notes_init(struct notes *notes, const struct options *options);
void notes_fini(struct notes *notes);

/* A URL is over.  Returns 0; -ENOMEM; or an error that the file had before. */
int notes_add(struct notes *notes, struct run *run,
              const struct outcome *outcome);

/* As keeper_pass().  Returns as notes_add(). */
int notes_pass(struct notes *notes, struct run *run, uint64_t number);

/* Whether --ordered lets the URL of this number begin. */
bool notes_may_start(const struct notes *notes, uint64_t number);

#endif
