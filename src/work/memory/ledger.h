/* SPDX-License-Identifier: MIT */
/*
 * work/memory/ledger.h - jobs, groups and leases in memory
 *
 * The rules of a queue, without tasks, threads and clocks: whoever calls says what
 * time it is.  No call suspends, so each is one atomic step.  The engine in Redis
 * keeps the same rules by scripts.
 *
 * A job is in one place: its group's heap, the heap of those that wait for a time of
 * their own, the heap of leases, or the list of the dead.  A group is among those that
 * may begin a job (ready), among those that may at a known time (waiting), or in
 * neither: it has no job, or as many as its limit run.
 */
#ifndef COIL_WORK_LEDGER_H
#define COIL_WORK_LEDGER_H

#include "base/heap.h"
#include "base/list.h"
#include "base/platform.h"
#include "base/table.h"
#include "work/engine/engine.h"

struct coil__ledger_log;

struct coil__ledger {
    struct coil__ledger_log *log; /* NULL: nothing survives */
    struct coil__table ids; /* struct coil__ledger_id: all that were ever put */
    struct coil__table groups; /* all that ever had a job or a pause */
    struct coil__table jobs;   /* by their keys */
    struct coil__table rights; /* locks, semaphores, rates: ledger_right.h */
    struct coil_heap_node *ready;
    struct coil_heap_node *waiting;
    struct coil_heap_node *later;
    struct coil_heap_node *leases;
    struct coil_list dead;
    uint64_t last_key;
    uint64_t last_token;
    struct coil_work_stats stats; /* but for `queued` */
};

enum coil__ledger_place {
    COIL__LEDGER_GROUP,
    COIL__LEDGER_LATER,
    COIL__LEDGER_LEASED,
    COIL__LEDGER_DEAD,
};

struct coil__ledger_group {
    struct coil__table_entry entry;
    struct coil_heap_node node;   /* in ready, or in waiting */
    struct coil_heap_node **heap; /* which of them, or NULL */
    struct coil_heap_node *jobs;
    unsigned running;
    coil_time until; /* no job begins before */
    char name[];
};

/* An id that was put, now or ever. */
struct coil__ledger_id {
    struct coil__table_entry entry;
    bool is_over; /* its job is done */
    char text[];
};

struct coil__ledger_job {
    struct coil__table_entry entry;
    struct coil_heap_node node;
    struct coil_link link; /* in the list of the dead */
    struct coil__ledger_group *group;
    struct coil__ledger_id *id;
    enum coil__ledger_place place;
    uint64_t key; /* in the order of puts */
    uint64_t token;
    coil_time when; /* not before; or the end of the lease */
    unsigned tries;
    int16_t priority;
    char *reason; /* of the dead; NULL: none */
    size_t id_size;
    size_t size;
    char text[]; /* the id, NUL, the body, NUL */
};

/* Jobs without a group have neither a limit nor a delay. */
static inline bool
coil__ledger_is_limited(const struct coil__ledger_group *group)
{
    return group->name[0] != '\0';
}

static inline struct coil__ledger_job *
coil__ledger_job_of(const struct coil_heap_node *node)
{
    return coil__container_of(node, struct coil__ledger_job, node);
}

static inline struct coil__ledger_group *
coil__ledger_group_of(const struct coil_heap_node *node)
{
    return coil__container_of(node, struct coil__ledger_group, node);
}

/* The order of leases, and of what waits for a time of its own. */
static inline bool coil__ledger_time_before(const struct coil_heap_node *a,
                                            const struct coil_heap_node *b)
{
    const struct coil__ledger_job *x = coil__ledger_job_of(a);
    const struct coil__ledger_job *y = coil__ledger_job_of(b);

    return x->when != y->when ? x->when < y->when : x->key < y->key;
}

/* Take the group out, before what its place depends on changes. */
void coil__ledger_disarm(struct coil__ledger *ledger,
                         struct coil__ledger_group *group);

/* Put the group where it belongs now. */
void coil__ledger_arm(struct coil__ledger *ledger,
                      const struct coil__work_rules *rules, coil_time now,
                      struct coil__ledger_group *group);

/* Let the job, which is nowhere, begin when its group may, or not before `when`. */
void coil__ledger_queue(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__ledger_job *job, coil_time when);

/* The group with this name; it is made if need be; NULL: there is no memory. */
struct coil__ledger_group *coil__ledger_group(struct coil__ledger *ledger,
                                              const char *name);

uint32_t coil__ledger_hash_key(uint64_t key);

/* Take the best job out of its group, which has one and is disarmed. */
struct coil__ledger_job *coil__ledger_pop(struct coil__ledger_group *group);

/* A job that has waited for a time of its own may begin when its group may. */
void coil__ledger_enter(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__ledger_job *job);

#endif
