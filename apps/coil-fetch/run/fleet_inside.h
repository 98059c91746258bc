/* SPDX-License-Identifier: MIT */
/* fleet_inside.h - what the files fleet*.c share */
#ifndef COIL_FETCH_RUN_FLEET_INSIDE_H
#define COIL_FETCH_RUN_FLEET_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/event.h>
#include <coil/lock.h>
#include <coil/time.h>
#include <coil/work.h>

#include "schedule/rate.h"

struct parcel;
struct run;
struct slot;

struct fleet {
    struct coil_work *work;

    /* ---- fleet_put.c: what is still to be put ---- */
    struct parcel *first;
    struct parcel **last;
    size_t waiting;
    size_t bytes;
    bool is_all_read;
    bool is_all_put;
    struct coil_event to_put;
    uint64_t put;   /* jobs that this run has put */
    uint64_t known; /* that were in the queue already */

    /* ---- fleet_work.c ---- */
    struct slot *idle; /* tasks that have no job */
    size_t active;     /* jobs that are held */
    bool is_ending;    /* nothing more begins */
    uint64_t lost;     /* leases */
    struct coil_event changed;
    struct coil_lock gate; /* --rate: whose turn it is to begin */
    struct rate rate;

    /* ---- fleet.c: the engine does not do what it is asked to ---- */
    int error; /* the last that was said; 0: all is well */
    coil_time pause;
    coil_time again_at; /* nothing is asked before */
};

/* How a queue is opened. */
struct coil_work_options fleet_work_options(const struct options *options);

/* Say why a queue could not be opened. */
void fleet_complain(int error);

/* The engine has refused something, or is away: that is said, once. */
void fleet_note_trouble(struct run *run, int error);

/* It has done something. */
void fleet_note_success(struct run *run);

/* Wait until it may be asked again.  Returns 0; -ECANCELED. */
int fleet_await_engine(struct run *run) COIL_SUSPENDS;

/* A task's function, of a struct run: put what there is, to the end of the input. */
int fleet_run_putter(void *run) COIL_SUSPENDS;
void fleet_drop_unput(struct fleet *fleet);

/*
 * Put a job into the queue again, whose URL is another one after a redirect.  `id`: of
 * the job whose request was redirected.  Returns 0; as coil_work_put().
 */
int fleet_put_redirected(struct run *run, struct job *job, const char *id,
                         int16_t priority) COIL_SUSPENDS;

#endif
