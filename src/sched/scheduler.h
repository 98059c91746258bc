/* SPDX-License-Identifier: MIT */
/*
 * sched/scheduler.h - the ready queue, and who may take from it
 *
 * A task that suspends may take the next ready task itself, as long as there is
 * `fuel`: the loop grants as many steps as are left of its turn.  A user's
 * scheduler, and a loop that watches every step, grant none, so that every step
 * returns to them.
 */
#ifndef COIL_SCHED_SCHEDULER_H
#define COIL_SCHED_SCHEDULER_H

#include <coil/scheduler.h>

#include "base/list.h"
#include "base/platform.h"

/* A turn begins.  All that is ready now belongs to it. */
static inline void coil__scheduler_begin_turn(struct coil_scheduler *s)
{
    s->turn++;
    s->turn_left = s->ready_count;
}

/*
 * Take `runnable`, which became ready in `turn`, out of the ready queue.  If it
 * belongs to the turn that runs now, that turn becomes one step shorter.
 */
void coil__scheduler_withdraw(struct coil_scheduler *scheduler,
                              struct coil_runnable *runnable, unsigned turn);

/* The entry of the ready queue that contains `link`, or NULL. */
static inline struct coil_runnable *coil__runnable_of(struct coil_link *link)
{
    return (struct coil_runnable *)(void *)link;
}

static inline void coil__scheduler_append(struct coil_scheduler *s,
                                          struct coil_runnable *r)
{
    coil__list_append(&s->ready, &r->link);
    s->ready_count++;
}

/* Take `r` out of the queue.  It must be in it. */
static inline void coil__scheduler_remove(struct coil_scheduler *s,
                                          struct coil_runnable *r)
{
    coil__list_remove(&s->ready, &r->link);
    s->ready_count--;
}

static inline bool coil__scheduler_is_idle(const struct coil_scheduler *s)
{
    return !s->ready.head;
}

static inline struct coil_runnable *
coil__scheduler_first(const struct coil_scheduler *s)
{
    return coil__runnable_of(s->ready.head);
}

/* Take the first entry.  There must be one. */
static inline struct coil_runnable *
coil__scheduler_take_first(struct coil_scheduler *s)
{
    s->ready_count--;
    return coil__runnable_of(coil__list_take_first(&s->ready));
}

static inline struct coil_runnable *
coil__scheduler_pop(struct coil_scheduler *s)
{
    return s->ready.head ? coil__scheduler_take_first(s) : NULL;
}

/*
 * The watchdog, in another thread, reads the fuel in order to tell steps apart;
 * hence the atomic store.
 */
static inline void coil__scheduler_fill(struct coil_scheduler *s, size_t fuel)
{
    __atomic_store_n(&s->fuel, fuel, __ATOMIC_RELAXED);
}

/* A step begins. */
static inline void coil__scheduler_burn(struct coil_scheduler *s)
{
    coil__scheduler_fill(s, s->fuel - 1);
}

/*
 * Whether another step may be made now.  When the fuel has run out, the loop
 * grants the rest of the turn, or begins the next turn if no look is due.
 * Otherwise the task must return to the loop.
 */
static inline bool coil__scheduler_has_fuel(struct coil_scheduler *s)
{
    return s->fuel > 0 || (s->refuel && s->refuel(s));
}

#endif
