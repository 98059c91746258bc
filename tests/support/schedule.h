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

/* Of each test, unless COIL_SCHEDULES says otherwise. */
#define SCHEDULES 20000

struct line;

struct actor {
    struct coil_task *task;
    bool cancelled; /* and that was not reported yet */
    bool limited;   /* by `limit`, */
    bool hopeless;  /* which is over when it begins */
    struct coil_timeout limit;
    bool live;         /* when its call began */
    bool obliged;      /* its call must return `due` */
    int due;           /* else -ECANCELED, unless */
    bool free;         /* the model does not say */
    struct line *line; /* it waits there */
    int item;          /* what it wants to put */
    int held;          /* permits and the like */
};

/* Those who wait, longest first. */
struct line {
    struct actor *actors[MAX_ACTORS + 1];
    int count;
};

static struct actor actors[MAX_ACTORS];
static int actor_count;

/* Calls may be limited, to so many milliseconds at most; -1: they are not. */
static int longest_limit = 3;

static inline int below(int limit)
{
    return (int)coil_test_choose((uint64_t)limit);
}

static inline bool one_in(int n)
{
    return below(n) == 0;
}

/* ---- the line ---- */

static inline void stand(struct line *line, struct actor *a)
{
    line->actors[line->count++] = a;
    a->line = line;
}

static inline void step_out(struct actor *a)
{
    struct line *line = a->line;
    int i = 0;

    if (!line)
        return;
    while (line->actors[i] != a)
        i++;
    line->count--;
    for (; i < line->count; i++)
        line->actors[i] = line->actors[i + 1];
    a->line = NULL;
}

/* Whether a call that has not been decided can still succeed. */
static inline bool is_live(const struct actor *a)
{
    return !a->cancelled &&
           !(a->limited && (a->hopeless || coil_timeout_expired(&a->limit)));
}

/* From now on its call can only return `due`. */
static inline void oblige(struct actor *a, int due)
{
    a->obliged = true;
    a->due = due;
}

/* The longest waiter that can still be served, or NULL. */
static inline struct actor *front(const struct line *line)
{
    int i;

    for (i = 0; i < line->count; i++)
        if (is_live(line->actors[i]))
            return line->actors[i];
    return NULL;
}

static inline struct actor *serve(struct line *line, int due)
{
    struct actor *a = front(line);

    if (a) {
        step_out(a);
        oblige(a, due);
    }
    return a;
}

static inline void serve_all(struct line *line, int due)
{
    while (serve(line, due))
        continue;
}

static inline int live_count(const struct line *line)
{
    int i, n = 0;

    for (i = 0; i < line->count; i++)
        n += is_live(line->actors[i]);
    return n;
}

/* ---- calls ---- */

/* Before a suspending call. */
static inline void begin_unlimited(struct actor *a)
{
    a->obliged = false;
    a->free = false;
    a->limited = false;
    a->live = is_live(a);
}

/* The same, for one that gets a limit perhaps. */
static inline void begin(struct actor *a)
{
    coil_time duration;

    begin_unlimited(a);
    a->limited = longest_limit >= 0 && one_in(2);
    if (!a->limited)
        return;
    duration = below(longest_limit + 1) * COIL_MILLISECOND;
    a->hopeless = duration == 0;
    ASSERT_EQ(coil_timeout_begin(&a->limit, duration), 0);
    a->live = is_live(a);
}

/* After it.  Returns `rc`. */
static inline int end(struct actor *a, int rc)
{
    step_out(a);
    if (a->obliged)
        ASSERT_EQ(rc, a->due);
    else if (!a->free || !a->live || rc < 0)
        ASSERT_EQ(rc, -ECANCELED);
    if (rc == -ECANCELED) {
        ASSERT(!is_live(a));
        a->cancelled = false;
    }
    if (a->limited) {
        a->limited = false;
        if (coil_timeout_end(&a->limit, rc) != rc)
            ASSERT_EQ(rc, -ECANCELED);
    }
    return rc;
}

/* Let time pass, or only others run. */
static inline void idle(struct actor *a)
{
    coil_time duration = below(3) * COIL_MILLISECOND;

    begin(a);
    a->free = true;
    end(a, coil_sleep(duration));
}

/* Let others run. */
static inline void give_way(struct actor *a)
{
    begin_unlimited(a);
    a->free = true;
    end(a, coil_yield());
}

static inline void cancel_actor(struct actor *victim)
{
    if (coil_task_cancel(victim->task))
        victim->cancelled = true;
}

static inline void cancel_somebody(void)
{
    cancel_actor(&actors[below(actor_count)]);
}

/* ---- running ---- */

/* What a schedule plays with.  None of these but `act` may suspend. */
struct play {
    void (*prepare)(void);
    void (*act)(struct actor *self); /* some random call */
    void (*leave)(struct actor *self);
    void (*finish)(void); /* let go who still waits; again and again */
    void (*conclude)(void);
};

static const struct play *play;

static inline int run_actor(void *arg)
{
    struct actor *self = arg;
    int acts;

    for (acts = 1 + below(12); acts > 0; acts--) {
        if (one_in(5))
            cancel_somebody();
        else if (one_in(3))
            idle(self);
        else
            play->act(self);
    }
    if (play->leave)
        play->leave(self);
    return 0;
}

static inline int run_schedule(void *arg)
{
    int i;

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    actor_count = 3 + below(MAX_ACTORS - 2);
    coil_test_let_time_pass((unsigned)below(2) * 8, COIL_SECOND);
    memset(actors, 0, sizeof actors);
    play->prepare();
    for (i = 0; i < actor_count; i++)
        ASSERT_EQ(coil_task_create(&actors[i].task, run_actor, &actors[i]), 0);
    ASSERT_EQ(coil_sleep(below(20) * COIL_MILLISECOND), 0);
    for (i = 0; i < actor_count; i++) {
        while (!coil_task_is_done(actors[i].task)) {
            if (play->finish)
                play->finish();
            ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        }
    }
    play->conclude();
    for (i = 0; i < actor_count; i++)
        coil_task_release(actors[i].task);
    return 0;
}

static inline void print_schedule(void)
{
    coil_test_dump_schedule(STDERR_FILENO);
    fputs(" plays this schedule again\n", stderr);
}

static inline uint64_t number_from_environment(const char *name,
                                               uint64_t otherwise)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : otherwise;
}

static inline void run_schedules(const struct play *p)
{
    uint64_t count = number_from_environment("COIL_SCHEDULES", SCHEDULES);

    play = p;
    test_on_failure = print_schedule;
    ASSERT_EQ(coil_test_run_seeds(run_schedule, NULL, 1, count), 0);
}

#endif
