/* SPDX-License-Identifier: MIT */
#include "work/memory/ledger_put.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "work/memory/ledger_log.h"
#include "work/memory/ledger_right.h"

/* ---- the ledger ----------------------------------------------------------- */

int coil__ledger_init(struct coil__ledger *ledger)
{
    *ledger = (struct coil__ledger){ .last_key = 0 };
    if (coil__table_init(&ledger->ids) == 0 &&
        coil__table_init(&ledger->groups) == 0 &&
        coil__table_init(&ledger->jobs) == 0 &&
        coil__table_init(&ledger->rights) == 0)
        return 0;
    coil__ledger_fini(ledger);
    return -ENOMEM;
}

static void release_known(struct coil__table_entry *entry)
{
    coil__free(coil__container_of(entry, struct coil__ledger_id, entry));
}

static void release_group(struct coil__table_entry *entry)
{
    coil__free(coil__container_of(entry, struct coil__ledger_group, entry));
}

static void release_job(struct coil__table_entry *entry)
{
    struct coil__ledger_job *job =
        coil__container_of(entry, struct coil__ledger_job, entry);

    coil__free(job->reason);
    coil__free(job);
}

void coil__ledger_fini(struct coil__ledger *ledger)
{
    coil__table_fini(&ledger->ids, release_known);
    coil__table_fini(&ledger->groups, release_group);
    coil__table_fini(&ledger->jobs, release_job);
    coil__table_fini(&ledger->rights, coil__ledger_release_named);
}

/* ---- put ------------------------------------------------------------------ */

bool coil__ledger_knows(const struct coil__ledger *ledger, const char *id)
{
    struct coil__table_entry *entry =
        coil__table_first(&ledger->ids, coil__hash_text(id));

    for (; entry; entry = coil__table_next(entry))
        if (strcmp(
                coil__container_of(entry, struct coil__ledger_id, entry)->text,
                id) == 0)
            return true;
    return false;
}

/* What one item takes: made before anything is put, so that all or none is. */
struct made {
    struct coil__ledger_id *id;
    struct coil__ledger_group *group;
    struct coil__ledger_job *job;
};

static int make(struct coil__ledger *ledger, const struct coil_work_item *item,
                struct made *made)
{
    size_t id_size = strlen(item->id);
    struct coil__ledger_job *job;

    made->id = coil__alloc(sizeof *made->id + id_size + 1);
    made->group = coil__ledger_group(ledger, item->group);
    made->job = coil__alloc(sizeof *job + id_size + item->size + 2);
    if (!made->id || !made->group || !made->job)
        return -ENOMEM;
    strcpy(made->id->text, item->id);
    job = made->job;
    job->id = made->id;
    job->group = made->group;
    job->priority = item->priority;
    job->id_size = id_size;
    job->size = item->size;
    memcpy(job->text, item->id, id_size);
    if (item->size > 0)
        memcpy(job->text + id_size + 1, item->body, item->size);
    return 0;
}

static void drop(struct made *made)
{
    coil__free(made->id);
    coil__free(made->job);
}

static void add(struct coil__ledger *ledger,
                const struct coil__work_rules *rules, coil_time now,
                struct made *made, coil_time delay)
{
    struct coil__ledger_job *job = made->job;

    coil__table_add(&ledger->ids, &made->id->entry,
                    coil__hash_text(made->id->text));
    job->key = ++ledger->last_key;
    coil__table_add(&ledger->jobs, &job->entry,
                    coil__ledger_hash_key(job->key));
    coil__ledger_queue(ledger, rules, now, job, now + delay);
    ledger->stats.put++;
    if (ledger->log)
        ledger->log->put(ledger->log, job);
}

int coil__ledger_put(struct coil__ledger *ledger,
                     const struct coil__work_rules *rules, coil_time now,
                     const struct coil_work_item *items, size_t n,
                     size_t *added)
{
    struct made *made = coil__alloc((n + 1) * sizeof *made);
    int rc = made ? 0 : -ENOMEM;
    size_t i;

    *added = 0;
    for (i = 0; rc == 0 && i < n; i++)
        rc = make(ledger, &items[i], &made[i]);
    for (size_t k = 0; k < i; k++) {
        if (rc < 0 || coil__ledger_knows(ledger, items[k].id)) {
            drop(&made[k]);
            continue;
        }
        add(ledger, rules, now, &made[k], items[k].delay);
        ++*added;
    }
    coil__free(made);
    return rc;
}

/* ---- groups --------------------------------------------------------------- */

int coil__ledger_pause(struct coil__ledger *ledger,
                       const struct coil__work_rules *rules, coil_time now,
                       const char *name, coil_time duration)
{
    struct coil__ledger_group *group = coil__ledger_group(ledger, name);
    coil_time until = duration < COIL_NEVER - now ? now + duration : COIL_NEVER;

    if (!group)
        return -ENOMEM;
    if (group->until >= until)
        return 0;
    coil__ledger_disarm(ledger, group);
    group->until = until;
    coil__ledger_arm(ledger, rules, now, group);
    if (ledger->log)
        ledger->log->pause(ledger->log, group);
    return 0;
}

/* ---- looking -------------------------------------------------------------- */

void coil__ledger_stats(const struct coil__ledger *ledger,
                        struct coil_work_stats *stats)
{
    *stats = ledger->stats;
    stats->queued =
        ledger->jobs.count - stats->delayed - stats->leased - stats->dead;
}

static struct coil__ledger_job *dead_of(struct coil_link *link)
{
    return coil__container_of(link, struct coil__ledger_job, link);
}

static int describe(struct coil_work_dead *dead,
                    const struct coil__ledger_job *job)
{
    const char *reason = job->reason ? job->reason : "";

    *dead = (struct coil_work_dead){
        .id = coil__strndup(job->text, job->id_size),
        .group = coil__strndup(job->group->name, strlen(job->group->name)),
        .reason = coil__strndup(reason, strlen(reason)),
        .body = coil__alloc(job->size + 1),
        .size = job->size,
        .deliveries = job->tries,
    };
    if (!dead->id || !dead->group || !dead->reason || !dead->body)
        return -ENOMEM;
    memcpy(dead->body, job->text + job->id_size + 1, job->size);
    return 0;
}

int coil__ledger_list_dead(const struct coil__ledger *ledger, uint64_t first,
                           struct coil_work_dead *dead, size_t n, size_t *count)
{
    struct coil_link *link = ledger->dead.head;
    int rc = 0;

    for (; link && first > 0; first--)
        link = link->next;
    for (*count = 0; rc == 0 && link && *count < n; link = link->next)
        rc = describe(&dead[(*count)++], dead_of(link));
    while (rc < 0 && *count > 0)
        coil_work_dead_free(&dead[--*count]);
    return rc;
}

size_t coil__ledger_revive(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now,
                           const char *id)
{
    struct coil_link *link = ledger->dead.head;
    size_t n = 0;

    while (link) {
        struct coil__ledger_job *job = dead_of(link);

        link = link->next;
        if (id && strcmp(job->text, id) != 0)
            continue;
        coil__list_remove(&ledger->dead, &job->link);
        ledger->stats.dead--;
        coil__free(job->reason);
        job->reason = NULL;
        job->tries = 0;
        coil__ledger_queue(ledger, rules, now, job, now);
        if (ledger->log)
            ledger->log->end(ledger->log, job, COIL__LEDGER_REVIVED);
        n++;
    }
    return n;
}
