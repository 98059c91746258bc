/* SPDX-License-Identifier: MIT */
/*
 * work/engine/engine.h - the seam to where the jobs lie
 *
 * An engine keeps jobs, leases and groups, and makes each of these operations in one
 * atomic step.  All of them may suspend; several tasks may call at a time.  Each
 * returns 0 or a negative code.  After COIL_EUNKNOWN the engine may have made the
 * step.
 *
 * The engine repeats what is asked for in the same words, when an answer is lost,
 * until it is known (a Redis that comes back); so each step is safe to be repeated:
 * put by the id, claim and finish by the number of the request, renew and pause by
 * their nature.
 */
#ifndef COIL_WORK_ENGINE_H
#define COIL_WORK_ENGINE_H

#include <coil/work.h>

struct coil__work_engine;

/* The rules of a queue, which all its workers have in common. */
struct coil__work_rules {
    coil_time lease;
    coil_time group_delay;
    unsigned group_limit; /* 0: none, and then no delay either */
    unsigned max_deliveries;
};

/* A job that was claimed: one piece of memory, which the taker frees. */
struct coil__work_claim {
    uint64_t key;
    uint64_t token; /* the fence as well */
    unsigned delivery;
    int16_t priority;
    const char *id;
    const char *group;
    const void *body;
    size_t size;
    void *memory; /* coil__free() */
};

enum coil__work_end {
    COIL__WORK_DONE,
    COIL__WORK_RETRY,
    COIL__WORK_BURY,
    COIL__WORK_RETURN,
};

/* The end of a lease; `result` is 0 or -ESTALE. */
struct coil__work_outcome {
    uint64_t key;
    uint64_t token;
    enum coil__work_end end;
    coil_time delay;    /* of a retry */
    const char *reason; /* of a burial */
    int result;
};

/* A lease to be renewed; `result` is 0 or -ESTALE. */
struct coil__work_renewal {
    uint64_t key;
    uint64_t token;
    int result;
};

/*
 * Who wants a permit, waits for it or has it.  Tickets of one handle differ.
 */
struct coil__work_wish {
    const char *name;
    unsigned permits;
    uint64_t ticket;
    int result; /* of a renewal: 0 or -ESTALE */
};

struct coil__work_engine_ops {
    int (*close)(struct coil__work_engine *engine) COIL_SUSPENDS;
    /* `*added`: how many ids were new.  All ids are there, group NULL: none. */
    int (*put)(struct coil__work_engine *engine,
               const struct coil_work_item *items, size_t n, size_t *added)
        COIL_SUSPENDS;
    /*
     * Lease as many as `n` jobs.  `*count` were written.  If they are fewer, `*next`
     * is how long it may take until there is another, of those that are there, or
     * COIL_NEVER.  Leases that have ended are ended first.  One task calls at a time.
     */
    int (*claim)(struct coil__work_engine *engine,
                 struct coil__work_claim *claims, size_t n, size_t *count,
                 coil_time *next) COIL_SUSPENDS;
    /* One task calls at a time. */
    int (*finish)(struct coil__work_engine *engine,
                  struct coil__work_outcome *outcomes, size_t n) COIL_SUSPENDS;
    int (*renew)(struct coil__work_engine *engine,
                 struct coil__work_renewal *renewals, size_t n) COIL_SUSPENDS;
    /*
     * Wait until there may be a job that was not there at the last claim, and at
     * most `limit`.  It may return early.  One task calls at a time.
     */
    int (*wait)(struct coil__work_engine *engine, coil_time limit)
        COIL_SUSPENDS;
    /*
     * Stand in line, unless the ticket does, and take a permit if it is its turn:
     * `*fence`, else 0.  Each call renews the place in line for one lease's time.
     * The bell rings when a permit may be free; `*next` is how long it may take
     * until one is because a lease has ended, or COIL_NEVER.
     */
    int (*acquire)(struct coil__work_engine *engine,
                   const struct coil__work_wish *wish, uint64_t *fence,
                   coil_time *next) COIL_SUSPENDS;
    /* Leave, in line or with a permit.  `*was_held`: with a permit. */
    int (*release)(struct coil__work_engine *engine,
                   const struct coil__work_wish *wish, bool *was_held)
        COIL_SUSPENDS;
    int (*renew_rights)(struct coil__work_engine *engine,
                        struct coil__work_wish *wishes, size_t n) COIL_SUSPENDS;
    /* Take the next turn: it is `*wait` from now. */
    int (*rate)(struct coil__work_engine *engine, const char *name,
                coil_time interval, unsigned burst, coil_time *wait)
        COIL_SUSPENDS;
    int (*pause)(struct coil__work_engine *engine, const char *group,
                 coil_time duration) COIL_SUSPENDS;
    int (*stats)(struct coil__work_engine *engine,
                 struct coil_work_stats *stats) COIL_SUSPENDS;
    /* `*count` were written. */
    int (*list_dead)(struct coil__work_engine *engine, uint64_t first,
                     struct coil_work_dead *dead, size_t n, size_t *count)
        COIL_SUSPENDS;
    /* `id` NULL: all. */
    int (*revive)(struct coil__work_engine *engine, const char *id,
                  size_t *count) COIL_SUSPENDS;
};

/* An engine begins with this. */
struct coil__work_engine {
    const struct coil__work_engine_ops *ops;
    struct coil__work_rules rules;
};

#define COIL__WORK_GROUP_MAX 1024 /* and of the name of a right */
#define COIL__WORK_ID_MAX 65535
#define COIL__WORK_REASON_MAX 1024

#endif
