/* SPDX-License-Identifier: MIT */
/*
 * body.h - where the body of one attempt goes: all that the options ask for at once
 *
 *     rc = body_begin(&body, run, job, &flight);       // 1: nothing is to be fetched
 *     attempt.sink = body_sink(&body);
 *     rc = attempt_make(&attempt);
 *     class = body_judge(&body, &attempt, class);
 *     rc = body_commit(&body, &outcome);               // of the job's last attempt
 *     rc = body_archive(&body, &attempt);
 *     body_end(&body);
 */
#ifndef COIL_FETCH_RUN_BODY_H
#define COIL_FETCH_RUN_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text.h"
#include "fetch/attempt.h"
#include "fetch/cache.h"
#include "job/outcome.h"
#include "output/body_check.h"
#include "output/place.h"

struct links;
struct run;
struct stats_flight;
struct warc_entry;

struct body {
    struct run *run;
    struct job *job;
    struct stats_flight *flight;

    /* ---- for the request ---- */
    struct coil_http_header extra[PLACE_HEADERS + 3];
    size_t extra_count;
    char *authorization;       /* by netrc */
    struct cache_entry cached; /* what an earlier run has kept */
    bool is_cached;

    /* ---- of the response ---- */
    struct place *place; /* the file; NULL: none */
    struct warc_entry *entry;
    struct links *links;
    struct body_check check;
    struct text kept;         /* --jsonl-body */
    struct text why;          /* what the check says */
    enum outcome_class class; /* of the check */
    bool is_away;             /* the request is made on another loop */
    bool is_wanted;           /* the body goes somewhere, beyond the archive */
    bool is_kept;             /* in memory */
    bool is_whole;            /* the part that was there is all of it */
    bool is_again; /* the part was of no use: the request is made once more */
    bool is_unchanged;
    bool has_sha256;
    unsigned char sha256[32];
    char address[COIL_ADDRESS_STRING]; /* of the server; "": not known */
};

/*
 * Before the attempt.  Ends with body_end(), whatever is returned: 0; 1: the file is
 * there already, and --skip-existing; an error of the disk; -ECANCELED.
 */
int body_begin(struct body *body, struct run *run, struct job *job,
               struct stats_flight *flight) COIL_SUSPENDS;

/* For the attempt. */
struct attempt_sink body_sink(struct body *body);

/* The class of the attempt, as its body sees it. */
enum outcome_class body_judge(struct body *body, const struct attempt *attempt,
                              enum outcome_class class);

/*
 * The attempt was the job's last one.  Its file gets its final name if the class of
 * the outcome is a good one, and the outcome is told all that is known of the body.
 * Returns 0; -ECANCELED; or an error of the disk, with no file.
 */
int body_commit(struct body *body, struct outcome *outcome) COIL_SUSPENDS;

/*
 * The response goes into the archive; it is there from the moment at which this
 * returns 0.  Else as warc_entry_end().
 */
int body_archive(struct body *body, const struct attempt *attempt)
    COIL_SUSPENDS;

/* What was not committed is dropped.  Returns 0; -ECANCELED, and all is done. */
int body_end(struct body *body) COIL_SUSPENDS;

#endif
