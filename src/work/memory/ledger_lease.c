/* SPDX-License-Identifier: MIT */
#include "work/memory/ledger_lease.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "work/memory/ledger_log.h"

/* ---- jobs ----------------------------------------------------------------- */

/* The job, if its lease has that token; else NULL. */
static struct coil__ledger_job *find_leased(const struct coil__ledger *ledger,
                                            uint64_t key, uint64_t token)
{
    struct coil__table_entry *entry =
        coil__table_first(&ledger->jobs, coil__ledger_hash_key(key));

    for (; entry; entry = coil__table_next(entry)) {
        struct coil__ledger_job *job =
            coil__container_of(entry, struct coil__ledger_job, entry);

        if (job->key == key)
            return job->place == COIL__LEDGER_LEASED && job->token == token
                       ? job
                       : NULL;
    }
    return NULL;
}

static void hold_back(const struct coil__work_rules *rules, coil_time now,
                      struct coil__ledger_group *group)
{
    if (coil__ledger_is_limited(group) &&
        group->until < now + rules->group_delay)
        group->until = now + rules->group_delay;
}

static void bury(struct coil__ledger *ledger, struct coil__ledger_job *job,
                 const char *reason)
{
    job->place = COIL__LEDGER_DEAD;
    job->reason = reason ? coil__strndup(reason, strlen(reason)) : NULL;
    coil__list_append(&ledger->dead, &job->link);
    ledger->stats.dead++;
}

static void free_job(struct coil__ledger_job *job)
{
    coil__free(job->reason);
    coil__free(job);
}

static void note_end(struct coil__ledger *ledger,
                     const struct coil__ledger_job *job,
                     enum coil__ledger_cause cause)
{
    if (ledger->log)
        ledger->log->end(ledger->log, job, cause);
}

/* ---- the end of a lease --------------------------------------------------- */

/* The job is nowhere then. */
static void end_lease(struct coil__ledger *ledger,
                      const struct coil__work_rules *rules, coil_time now,
                      struct coil__ledger_job *job)
{
    coil__heap_remove(&ledger->leases, &job->node, coil__ledger_time_before);
    ledger->stats.leased--;
    coil__ledger_disarm(ledger, job->group);
    job->group->running--;
    if (rules->group_limit == 1)
        hold_back(rules, now, job->group);
    coil__ledger_arm(ledger, rules, now, job->group);
}

/* A delivery that came to nothing; the job is nowhere. */
static void try_again(struct coil__ledger *ledger,
                      const struct coil__work_rules *rules, coil_time now,
                      struct coil__ledger_job *job, coil_time delay)
{
    job->tries++;
    if (job->tries >= rules->max_deliveries)
        bury(ledger, job, NULL);
    else
        coil__ledger_queue(ledger, rules, now, job, now + delay);
}

void coil__ledger_finish(struct coil__ledger *ledger,
                         const struct coil__work_rules *rules, coil_time now,
                         struct coil__work_outcome *outcome)
{
    struct coil__ledger_job *job =
        find_leased(ledger, outcome->key, outcome->token);

    outcome->result = job ? 0 : -ESTALE;
    if (!job)
        return;
    end_lease(ledger, rules, now, job);
    switch (outcome->end) {
    case COIL__WORK_DONE:
        ledger->stats.done++;
        job->id->is_over = true;
        coil__table_remove(&ledger->jobs, &job->entry);
        break;
    case COIL__WORK_RETRY:
        ledger->stats.retried++;
        try_again(ledger, rules, now, job, outcome->delay);
        break;
    case COIL__WORK_BURY:
        job->tries++;
        bury(ledger, job, outcome->reason);
        break;
    case COIL__WORK_RETURN:
        coil__ledger_queue(ledger, rules, now, job, now);
        break;
    }
    note_end(ledger, job, (enum coil__ledger_cause)outcome->end);
    if (outcome->end == COIL__WORK_DONE)
        free_job(job);
}

void coil__ledger_renew(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__work_renewal *renewal)
{
    struct coil__ledger_job *job =
        find_leased(ledger, renewal->key, renewal->token);

    renewal->result = job ? 0 : -ESTALE;
    if (!job)
        return;
    coil__heap_remove(&ledger->leases, &job->node, coil__ledger_time_before);
    job->when = now + rules->lease;
    coil__heap_add(&ledger->leases, &job->node, coil__ledger_time_before);
}

/* ---- claim ---------------------------------------------------------------- */

void coil__ledger_catch_up(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now)
{
    while (ledger->leases && coil__ledger_job_of(ledger->leases)->when <= now) {
        struct coil__ledger_job *job = coil__ledger_job_of(ledger->leases);

        ledger->stats.expired++;
        end_lease(ledger, rules, now, job);
        try_again(ledger, rules, now, job, 0);
        note_end(ledger, job, COIL__LEDGER_EXPIRED);
    }
    while (ledger->later && coil__ledger_job_of(ledger->later)->when <= now) {
        struct coil__ledger_job *job = coil__ledger_job_of(ledger->later);

        coil__heap_remove(&ledger->later, &job->node, coil__ledger_time_before);
        ledger->stats.delayed--;
        coil__ledger_enter(ledger, rules, now, job);
    }
    while (ledger->waiting &&
           coil__ledger_group_of(ledger->waiting)->until <= now)
        coil__ledger_arm(ledger, rules, now,
                         coil__ledger_group_of(ledger->waiting));
}

/* What the holder sees is a copy: the job may be another's before he is done. */
static int copy(struct coil__work_claim *claim,
                const struct coil__ledger_job *job)
{
    size_t size = job->id_size + 1 + job->size + 1;
    size_t group_size = strlen(job->group->name) + 1;
    char *memory = coil__alloc(size + group_size);

    if (!memory)
        return -ENOMEM;
    memcpy(memory, job->text, size);
    memcpy(memory + size, job->group->name, group_size);
    *claim = (struct coil__work_claim){
        .key = job->key,
        .token = job->token,
        .delivery = job->tries + 1,
        .priority = job->priority,
        .id = memory,
        .group = memory + size,
        .body = memory + job->id_size + 1,
        .size = job->size,
        .memory = memory,
    };
    return 0;
}

static int lease_first(struct coil__ledger *ledger,
                       const struct coil__work_rules *rules, coil_time now,
                       struct coil__work_claim *claim)
{
    struct coil__ledger_group *group = coil__ledger_group_of(ledger->ready);
    struct coil__ledger_job *job = coil__ledger_job_of(group->jobs);
    int rc;

    job->token = ledger->last_token + 1;
    rc = copy(claim, job);
    if (rc < 0)
        return rc;
    ledger->last_token++;
    coil__ledger_disarm(ledger, group);
    (void)coil__ledger_pop(group);
    group->running++;
    if (rules->group_limit > 1)
        hold_back(rules, now, group);
    coil__ledger_arm(ledger, rules, now, group);
    job->place = COIL__LEDGER_LEASED;
    job->when = now + rules->lease;
    coil__heap_add(&ledger->leases, &job->node, coil__ledger_time_before);
    ledger->stats.leased++;
    if (ledger->log)
        ledger->log->lease(ledger->log, job);
    return 0;
}

static coil_time earlier(coil_time a, coil_time b)
{
    return a < b ? a : b;
}

/* How long until time alone may bring another job. */
static coil_time next_change(const struct coil__ledger *ledger, coil_time now)
{
    coil_time next = COIL_NEVER;

    if (ledger->leases)
        next = earlier(next, coil__ledger_job_of(ledger->leases)->when);
    if (ledger->later)
        next = earlier(next, coil__ledger_job_of(ledger->later)->when);
    if (ledger->waiting)
        next = earlier(next, coil__ledger_group_of(ledger->waiting)->until);
    return next == COIL_NEVER ? next : next - now;
}

int coil__ledger_claim(struct coil__ledger *ledger,
                       const struct coil__work_rules *rules, coil_time now,
                       struct coil__work_claim *claims, size_t n, size_t *count,
                       coil_time *next)
{
    coil__ledger_catch_up(ledger, rules, now);
    for (*count = 0; *count < n && ledger->ready; ++*count) {
        int rc = lease_first(ledger, rules, now, &claims[*count]);

        if (rc < 0)
            return rc;
    }
    *next = next_change(ledger, now);
    return 0;
}
