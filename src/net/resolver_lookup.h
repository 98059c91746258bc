/* SPDX-License-Identifier: MIT */
/*
 * net/resolver_lookup.h - one question to a source, and who waits for the answer
 *
 * A table lists the look-ups under way, so that a task that asks the same on the
 * same loop can join.  Each task that waits has a reference, and so has whoever
 * works on the answer: a thread, which asks the system (net/resolver_thread.h),
 * or a task, in which a source of the program runs (net/resolver_source.h).  The
 * last reference frees the look-up.
 *
 * If the last task that waits is cancelled, nobody joins any more, unless a
 * thread is at work: that cannot be stopped, and so its answer is kept for
 * whoever asks next, even if the loop has been closed meanwhile.  A thread's
 * job that has not begun is withdrawn, and a source's task is cancelled.
 *
 * Loops do not share a look-up.  A loop that computes for long would keep the
 * answer from the others, and one that ends would take it along.
 */
#ifndef COIL_NET_RESOLVER_LOOKUP_H
#define COIL_NET_RESOLVER_LOOKUP_H

#include <coil/resolver.h>

#include "net/answer.h"
#include "net/name_cache.h"
#include "sched/wait.h"
#include "threads/call.h"

struct coil__lookup {
    struct coil__call call; /* of the thread; its `refs` serve a task as well */
    struct coil__lookup *next; /* in its bucket; under the table's mutex */
    bool is_listed;
    bool is_fresh;
    bool is_over;
    bool is_simulated; /* the loop */
    bool is_abandoned; /* a source's task is cancelled once */
    struct coil_list waiters;
    struct coil__name_cache *cache; /* NULL: the answer is not kept */
    uint64_t generation;            /* of the cache, at the beginning */
    struct coil__answer *answer;    /* when it is over; NULL: `error` */
    int error;
    /* The source of the program, and what it works on. */
    const struct coil_resolver_source *source;
    struct coil_task *task;
    struct coil_loop *loop;
    struct coil_lookup given;
    struct coil__question question;
    char host[];
};

/* A look-up of `loop`, which nobody has begun.  NULL: no memory. */
struct coil__lookup *coil__lookup_new(struct coil_loop *loop,
                                      const struct coil__question *q);

/* Of one that could not begin; the last reference ends the others. */
void coil__lookup_destroy(struct coil__lookup *l);
void coil__lookup_release(struct coil__lookup *l);

/* A look-up of `loop` to join, retained; or NULL. */
struct coil__lookup *coil__lookup_find(struct coil_loop *loop,
                                       const struct coil__question *q);

/* From now on others can join. */
void coil__lookup_enlist(struct coil__lookup *l);

/* Keep the answer, if it is one to be kept. */
void coil__lookup_keep(struct coil__lookup *l);

/* It is over: wake those who wait.  On the loop's thread. */
void coil__lookup_tell(struct coil__lookup *l);

/*
 * Wait until it is over, and give the reference back.  Returns 0 and a retained
 * answer, which may be an error; or an error of this process, -ECANCELED
 * included.
 */
int coil__lookup_await(struct coil_loop *loop, struct coil__lookup *l,
                       struct coil__answer **answer);

#endif
