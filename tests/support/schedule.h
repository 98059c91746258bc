/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - random schedules of a few tasks, held against a model
 *
 * A few actors make random calls on one primitive, cancel one another, and
 * limit their calls by short timeouts; the simulator chooses who runs next.
 * Beside the primitive runs a model of it, simple enough to be seen to be
 * right, and every call must return what the model says.
 *
 * What all models share is the line: those who wait, longest first.  One of
 * them is served by somebody's call, which decides what its own call must
 * return, or it is cancelled or timed out before that: then -ECANCELED is what
 * it must return, and nobody can serve it any more.
 *
 *     begin(self);
 *     if (self->live)
 *         ... the model: oblige(self, 0) or stand(&line, self) ...
 *     rc = coil_lock_acquire(&lock);
 *     rc = end(self, rc);
 *
 * COIL_SCHEDULES is the number of schedules of each test, COIL_SEED runs one.
 */
#ifndef COIL_TESTS_SCHEDULE_H
#define COIL_TESTS_SCHEDULE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "reports.h"
#include "test.h"

#define MAX_ACTORS 6

/* For each test, unless COIL_SCHEDULES is set. */
#define SCHEDULES 20000

struct line;

struct actor {
    struct coil_task *task;
    bool cancelled; /* and that was not reported yet */
    bool limited;   /* by `limit`, */
    bool hopeless;  /* its limit is over when it begins */
    struct coil_timeout limit;
    bool live;         /* when its call began */
    bool obliged;      /* its call must return `due` */
    int due;           /* otherwise -ECANCELED, unless */
    bool free;         /* the model does not know */
    struct line *line; /* it waits there */
    int item;          /* to put */
    int held;          /* permits and the like */
};

/* The waiting actors, longest first. */
struct line {
    struct actor *actors[MAX_ACTORS + 1];
    int count;
};

extern struct actor actors[MAX_ACTORS];
extern int actor_count;

/*
 * Calls may have a limit of at most so many milliseconds; -1: they have none.
 */
extern int longest_limit;

int below(int limit);
bool one_in(int n);

/* ---- the line ---- */

void stand(struct line *line, struct actor *a);

/* From now on its call can only return `due`. */
void oblige(struct actor *a, int due);

struct actor *serve_first(struct line *line, int due);
void serve_all(struct line *line, int due);
int live_count(const struct line *line);

/* ---- calls ---- */

/* The same, for a call that may get a limit. */
void begin(struct actor *a);

/* After the call. Returns `rc`. */
int end(struct actor *a, int rc);

/* Let others run. */
void give_way(struct actor *a);

void cancel_actor(struct actor *victim);

/* ---- running ---- */

/* The parts of a schedule. Only `act` may suspend. */
struct play {
    void (*prepare)(void);
    void (*act)(struct actor *self); /* some random call */
    void (*leave)(struct actor *self);
    void (*finish)(void); /* let waiters go on; again and again */
    void (*conclude)(void);
};

void print_schedule(void);
uint64_t number_from_environment(const char *name, uint64_t otherwise);
void run_schedules(const struct play *p);

#endif
