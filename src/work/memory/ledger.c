/* SPDX-License-Identifier: MIT */
#include "work/memory/ledger.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* ---- orders --------------------------------------------------------------- */

static bool begins_before(const struct coil__ledger_job *a,
                          const struct coil__ledger_job *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->key < b->key;
}

static bool job_before(const struct coil_heap_node *a,
                       const struct coil_heap_node *b)
{
    return begins_before(coil__ledger_job_of(a), coil__ledger_job_of(b));
}

static bool ready_before(const struct coil_heap_node *a,
                         const struct coil_heap_node *b)
{
    return job_before(coil__ledger_group_of(a)->jobs,
                      coil__ledger_group_of(b)->jobs);
}

static bool waiting_before(const struct coil_heap_node *a,
                           const struct coil_heap_node *b)
{
    return coil__ledger_group_of(a)->until < coil__ledger_group_of(b)->until;
}

/* ---- groups --------------------------------------------------------------- */

void coil__ledger_disarm(struct coil__ledger *ledger,
                         struct coil__ledger_group *group)
{
    if (group->heap == &ledger->ready)
        coil__heap_remove(&ledger->ready, &group->node, ready_before);
    else if (group->heap)
        coil__heap_remove(&ledger->waiting, &group->node, waiting_before);
    group->heap = NULL;
}

void coil__ledger_arm(struct coil__ledger *ledger,
                      const struct coil__work_rules *rules, coil_time now,
                      struct coil__ledger_group *group)
{
    coil__ledger_disarm(ledger, group);
    if (!group->jobs)
        return;
    if (coil__ledger_is_limited(group) && rules->group_limit > 0 &&
        group->running >= rules->group_limit)
        return;
    if (group->until > now) {
        group->heap = &ledger->waiting;
        coil__heap_add(&ledger->waiting, &group->node, waiting_before);
    } else {
        group->heap = &ledger->ready;
        coil__heap_add(&ledger->ready, &group->node, ready_before);
    }
}

struct coil__ledger_group *coil__ledger_group(struct coil__ledger *ledger,
                                              const char *name)
{
    uint32_t hash = coil__hash_text(name);
    struct coil__table_entry *entry = coil__table_first(&ledger->groups, hash);
    struct coil__ledger_group *group;

    for (; entry; entry = coil__table_next(entry)) {
        group = coil__container_of(entry, struct coil__ledger_group, entry);
        if (strcmp(group->name, name) == 0)
            return group;
    }
    group = coil__alloc(sizeof *group + strlen(name) + 1);
    if (!group)
        return NULL;
    strcpy(group->name, name);
    coil__table_add(&ledger->groups, &group->entry, hash);
    return group;
}

/* ---- jobs ----------------------------------------------------------------- */

uint32_t coil__ledger_hash_key(uint64_t key)
{
    return (uint32_t)(key ^ key >> 32);
}

void coil__ledger_enter(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__ledger_job *job)
{
    coil__ledger_disarm(ledger, job->group);
    job->place = COIL__LEDGER_GROUP;
    coil__heap_add(&job->group->jobs, &job->node, job_before);
    coil__ledger_arm(ledger, rules, now, job->group);
}

void coil__ledger_queue(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__ledger_job *job, coil_time when)
{
    if (when <= now) {
        coil__ledger_enter(ledger, rules, now, job);
        return;
    }
    job->place = COIL__LEDGER_LATER;
    job->when = when;
    coil__heap_add(&ledger->later, &job->node, coil__ledger_time_before);
    ledger->stats.delayed++;
}

struct coil__ledger_job *coil__ledger_pop(struct coil__ledger_group *group)
{
    struct coil__ledger_job *job = coil__ledger_job_of(group->jobs);

    coil__heap_remove(&group->jobs, &job->node, job_before);
    return job;
}
