/* SPDX-License-Identifier: MIT */
/*
 * sched/scheduler.h - the ready queue, and who may take from it
 *
 * Tasks that suspend may take the next ready task themselves, as long as there
 * is `fuel`: the loop grants as many steps as are left of its turn.  A user's
 * scheduler and a loop that watches every step grant none, so every step
 * returns to them.
 */
#ifndef COIL_SCHED_SCHEDULER_H
#define COIL_SCHED_SCHEDULER_H

#include <coil/scheduler.h>

#include "base/list.h"
#include "base/platform.h"

/* Stop the program if another thread runs `scheduler`, or its parent does. */
void coil__scheduler_check_thread(const struct coil_scheduler *scheduler,
                                  const char *function);

/* The same in debug mode.  `function` is the public one that was called. */
static inline void coil__scheduler_check(const struct coil_scheduler *s,
                                         const char *function)
{
    if (COIL_UNLIKELY(s->debug))
        coil__scheduler_check_thread(s, function);
}

/* A turn begins: it is what is ready now. */
static inline void coil__scheduler_begin_turn(struct coil_scheduler *s)
{
    s->turn++;
    s->turn_left = s->ready_count;
}

/*
 * Take `runnable`, which became ready in `turn`, out of the ready queue.  A step
 * of this turn goes with it.
 */
void coil__scheduler_withdraw(struct coil_scheduler *scheduler,
                              struct coil_runnable *runnable, unsigned turn);

/* The entry of a ready queue whose link that is, or NULL. */
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

/* Take `r`, which is in the queue, out of it. */
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

static inline struct coil_runnable *
coil__scheduler_pop(struct coil_scheduler *s)
{
    struct coil_link *first = coil__list_pop(&s->ready);

    if (first)
        s->ready_count--;
    return coil__runnable_of(first);
}

/*
 * The watchdog tells steps apart by the fuel that is left, so it is written as
 * what another thread reads.
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
 * Whether another step may be made now.  When the fuel has run out the loop grants
 * what the turn has left, or begins the next turn if no look outside is due; else
 * the step returns to the loop.
 */
static inline bool coil__scheduler_has_fuel(struct coil_scheduler *s)
{
    return s->fuel > 0 || (s->refuel && s->refuel(s));
}

#endif
