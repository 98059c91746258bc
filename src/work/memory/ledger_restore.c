/* SPDX-License-Identifier: MIT */
/*
 * ledger_restore.c - make a ledger of what was noted
 *
 * Until all is told, a job's place and time are right, but it lies in no heap; only the
 * list of the dead is kept, since it has an order of its own.
 */
#include "work/memory/ledger_restore.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "work/memory/ledger_lease.h"
#include "work/memory/ledger_put.h"

static struct coil__ledger_job *find(const struct coil__ledger *ledger,
                                     uint64_t key)
{
    struct coil__table_entry *entry =
        coil__table_first(&ledger->jobs, coil__ledger_hash_key(key));

    for (; entry; entry = coil__table_next(entry)) {
        struct coil__ledger_job *job =
            coil__container_of(entry, struct coil__ledger_job, entry);

        if (job->key == key)
            return job;
    }
    return NULL;
}

/* The group of a name without a NUL.  0 or -ENOMEM. */
static int find_group(struct coil__ledger *ledger,
                      struct coil__ledger_text text,
                      struct coil__ledger_group **out)
{
    char name[COIL__WORK_GROUP_MAX + 1];

    if (text.size >= sizeof name || memchr(text.at, '\0', text.size))
        return -EBADMSG;
    memcpy(name, text.at, text.size);
    name[text.size] = '\0';
    *out = coil__ledger_group(ledger, name);
    return *out ? 0 : -ENOMEM;
}

static void hold_back(struct coil__ledger_group *group, coil_time until)
{
    if (group->until < until)
        group->until = until;
}

/* ---- ids ------------------------------------------------------------------ */

static int add_id(struct coil__ledger *ledger, struct coil__ledger_text text,
                  struct coil__ledger_id **out)
{
    struct coil__ledger_id *id;

    if (text.size > COIL__WORK_ID_MAX || memchr(text.at, '\0', text.size))
        return -EBADMSG;
    id = coil__alloc(sizeof *id + text.size + 1);
    if (!id)
        return -ENOMEM;
    memcpy(id->text, text.at, text.size);
    if (coil__ledger_knows(ledger, id->text)) {
        coil__free(id);
        return -EBADMSG;
    }
    coil__table_add(&ledger->ids, &id->entry, coil__hash_text(id->text));
    *out = id;
    return 0;
}

int coil__ledger_restore_id(struct coil__ledger *ledger,
                            struct coil__ledger_text text)
{
    struct coil__ledger_id *id;
    int rc = add_id(ledger, text, &id);

    if (rc == 0)
        id->is_over = true;
    return rc;
}

/* ---- jobs ----------------------------------------------------------------- */

static void add_job(struct coil__ledger *ledger, struct coil__ledger_job *job,
                    const struct coil__ledger_put_note *note)
{
    job->key = note->key;
    job->when = note->when;
    job->tries = note->tries;
    job->priority = note->priority;
    job->id_size = note->id.size;
    job->size = note->body.size;
    memcpy(job->text, note->id.at, note->id.size);
    if (note->body.size > 0)
        memcpy(job->text + note->id.size + 1, note->body.at, note->body.size);
    coil__table_add(&ledger->jobs, &job->entry,
                    coil__ledger_hash_key(job->key));
    if (ledger->last_key < job->key)
        ledger->last_key = job->key;
    ledger->stats.put++;
}

int coil__ledger_restore_put(struct coil__ledger *ledger,
                             const struct coil__ledger_put_note *note)
{
    struct coil__ledger_job *job;
    int rc;

    if (find(ledger, note->key))
        return -EBADMSG;
    job = coil__alloc(sizeof *job + note->id.size + note->body.size + 2);
    if (!job)
        return -ENOMEM;
    rc = find_group(ledger, note->group, &job->group);
    if (rc == 0)
        rc = add_id(ledger, note->id, &job->id);
    if (rc < 0) {
        coil__free(job);
        return rc;
    }
    add_job(ledger, job, note);
    return 0;
}

int coil__ledger_restore_lease(struct coil__ledger *ledger,
                               const struct coil__ledger_lease_note *note)
{
    struct coil__ledger_job *job = find(ledger, note->key);

    if (!job || job->place == COIL__LEDGER_DEAD)
        return -EBADMSG;
    job->place = COIL__LEDGER_LEASED;
    job->token = note->token;
    job->tries = note->tries;
    hold_back(job->group, note->until);
    coil__ledger_restore_fence(ledger, note->token);
    return 0;
}

static void count(struct coil_work_stats *stats, enum coil__ledger_cause cause)
{
    stats->done += cause == COIL__LEDGER_DONE;
    stats->retried += cause == COIL__LEDGER_RETRIED;
    stats->expired += cause == COIL__LEDGER_EXPIRED;
}

static void leave_the_dead(struct coil__ledger *ledger,
                           struct coil__ledger_job *job)
{
    if (job->place != COIL__LEDGER_DEAD)
        return;
    coil__list_remove(&ledger->dead, &job->link);
    ledger->stats.dead--;
    coil__free(job->reason);
    job->reason = NULL;
}

/* 0 or -ENOMEM. */
static int join_the_dead(struct coil__ledger *ledger,
                         struct coil__ledger_job *job,
                         struct coil__ledger_text reason)
{
    if (reason.size > 0) {
        job->reason = coil__strndup(reason.at, reason.size);
        if (!job->reason)
            return -ENOMEM;
    }
    job->place = COIL__LEDGER_DEAD;
    coil__list_append(&ledger->dead, &job->link);
    ledger->stats.dead++;
    return 0;
}

int coil__ledger_restore_end(struct coil__ledger *ledger,
                             const struct coil__ledger_end_note *note)
{
    struct coil__ledger_job *job = find(ledger, note->key);

    if (!job)
        return -EBADMSG;
    count(&ledger->stats, note->cause);
    leave_the_dead(ledger, job);
    hold_back(job->group, note->until);
    if (note->cause == COIL__LEDGER_DONE) {
        job->id->is_over = true;
        coil__table_remove(&ledger->jobs, &job->entry);
        coil__free(job);
        return 0;
    }
    job->tries = note->tries;
    job->when = note->when;
    job->place = COIL__LEDGER_GROUP;
    return note->is_dead ? join_the_dead(ledger, job, note->reason) : 0;
}

/* ---- the rest ------------------------------------------------------------- */

int coil__ledger_restore_pause(struct coil__ledger *ledger,
                               struct coil__ledger_text name, coil_time until)
{
    struct coil__ledger_group *group;
    int rc = find_group(ledger, name, &group);

    if (rc == 0)
        hold_back(group, until);
    return rc;
}

void coil__ledger_restore_fence(struct coil__ledger *ledger, uint64_t fence)
{
    if (ledger->last_token < fence)
        ledger->last_token = fence;
}

static void place(struct coil__ledger *ledger,
                  const struct coil__work_rules *rules, coil_time now,
                  struct coil__ledger_job *job)
{
    switch (job->place) {
    case COIL__LEDGER_DEAD:
        break;
    case COIL__LEDGER_LEASED:
        job->when = now;
        job->group->running++;
        coil__heap_add(&ledger->leases, &job->node, coil__ledger_time_before);
        ledger->stats.leased++;
        break;
    default:
        coil__ledger_queue(ledger, rules, now, job, job->when);
        break;
    }
}

void coil__ledger_restored(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now)
{
    for (size_t i = 0; i < ledger->jobs.capacity; i++) {
        struct coil__table_entry *entry = ledger->jobs.slots[i];

        for (; entry; entry = entry->next)
            place(ledger, rules, now,
                  coil__container_of(entry, struct coil__ledger_job, entry));
    }
    coil__ledger_catch_up(ledger, rules, now);
}
