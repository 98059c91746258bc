/* SPDX-License-Identifier: MIT */
/*
 * crew.h - --loops: the loops of a run, and what is done on the others
 *
 * The first loop decides, and has all that decisions need: the input, the schedule, the
 * journal, the records, the archive, the display.  It makes requests as well.  The other
 * loops make requests, and nothing else: from the connection to the end of the body, with
 * all that is done with its bytes on the way.  A job's task stays on the first loop, and
 * waits there while its request is made on another one.
 *
 *     crew_serve(&crew);            // the main task of each other loop
 *
 *     rc = crew_init(&crew);        // in that of the first
 *     rc = crew_open(run);
 *     hand = crew_hand(run, schedule_choose_loop(run->schedule, job));
 *     rc = crew_carry_out(hand, fn, arg);
 *     crew_close(run);
 *     crew_dismiss(&crew);
 *     crew_fini(&crew);             // when all have ended
 */
#ifndef COIL_FETCH_RUN_CREW_H
#define COIL_FETCH_RUN_CREW_H

#include <stdbool.h>

#include <coil/base.h>
#include <coil/loop.h>
#include <coil/shared_event.h>

#include "output/places.h"

struct coil_http_client;
struct run;

/* What a loop has of a run. */
struct hand {
    struct coil_http_client *client;
    struct places places;
    struct coil_loop *loop; /* NULL: it is the first one */
    struct coil_shared_event ready;
    struct coil_shared_event gone;
    int error; /* it is ready, and has no client */
};

/* Zeroed, its other loops wait. */
struct crew {
    unsigned loops;
    struct hand *hands; /* of the other loops, at their numbers */
    struct run *run;    /* from crew_open() on */
    struct coil_shared_event begins;
    struct coil_shared_event ends;
};

/* Of the loops that there are; in the first one.  Returns 0; -ENOMEM. */
int crew_init(struct crew *crew);
void crew_fini(struct crew *crew);

/*
 * The main task of a loop that is not the first: it ends when the crew is dismissed, and
 * then only.  Signals are the first loop's.  Returns 0, or an error before it has begun.
 */
int crew_serve(struct crew *crew) COIL_SUSPENDS;

/* The other loops may end; in the first one, which has always to do it. */
void crew_dismiss(struct crew *crew);

/*
 * All is open: the other loops make their clients.  Returns 0; an error, which was told;
 * -ECANCELED.  crew_close() comes after it in any case.
 */
int crew_open(struct run *run) COIL_SUSPENDS;

/* No request is under way: their clients are freed. */
void crew_close(struct run *run);

/* Of a loop of the crew. */
struct hand *crew_hand(struct run *run, unsigned loop);

/*
 * Call fn(arg), in a task of the hand's loop if that is another one, and wait for its
 * end.  It returns 0 or -ECANCELED.  When this task is cancelled fn is, and is waited
 * for.  Returns what fn has returned; an error, and fn has not been called.
 */
int crew_carry_out(struct hand *hand, coil_fn fn, void *arg) COIL_SUSPENDS;

#endif
