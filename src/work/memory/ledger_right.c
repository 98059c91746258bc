/* SPDX-License-Identifier: MIT */
/*
 * ledger_right.c - permits and rates in memory
 *
 * A name has a list of those who hold a permit and a list of those who wait for one.
 * Each of them has a time.  A member that does not renew its time before that is
 * removed.
 */
#include "work/memory/ledger_right.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/platform.h"
#include "work/memory/ledger_log.h"

struct named {
    struct coil__table_entry entry;
    struct coil_list holders; /* struct member */
    size_t holder_count;
    struct coil_list waiters; /* … in the order of their coming */
    coil_time next_turn;      /* of a rate */
    char name[];
};

struct member {
    struct coil_link link;
    struct coil__ledger_owner owner;
    coil_time until;
    uint64_t fence; /* of a holder */
};

static struct member *member_of(struct coil_link *link)
{
    return coil__container_of(link, struct member, link);
}

/* ---- names ---------------------------------------------------------------- */

static struct named *find(const struct coil__ledger *ledger, const char *name)
{
    struct coil__table_entry *entry =
        coil__table_first(&ledger->rights, coil__hash_text(name));

    for (; entry; entry = coil__table_next(entry)) {
        struct named *named = coil__container_of(entry, struct named, entry);

        if (strcmp(named->name, name) == 0)
            return named;
    }
    return NULL;
}

/* NULL: there is no memory. */
static struct named *find_or_make(struct coil__ledger *ledger, const char *name)
{
    struct named *named = find(ledger, name);

    if (named)
        return named;
    named = coil__alloc(sizeof *named + strlen(name) + 1);
    if (!named)
        return NULL;
    strcpy(named->name, name);
    coil__table_add(&ledger->rights, &named->entry, coil__hash_text(name));
    return named;
}

/* ---- members -------------------------------------------------------------- */

static struct member *find_member(const struct coil_list *list,
                                  struct coil__ledger_owner owner)
{
    for (struct coil_link *link = list->head; link; link = link->next) {
        struct member *member = member_of(link);

        if (member->owner.handle == owner.handle &&
            member->owner.ticket == owner.ticket)
            return member;
    }
    return NULL;
}

static void remove_member(struct named *named, struct coil_list *list,
                          struct member *member)
{
    coil__list_remove(list, &member->link);
    named->holder_count -= list == &named->holders;
    coil__free(member);
}

static void remove_late(struct named *named, struct coil_list *list,
                        coil_time now)
{
    struct coil_link *link = list->head;

    while (link) {
        struct member *member = member_of(link);

        link = link->next;
        if (member->until <= now)
            remove_member(named, list, member);
    }
}

static void free_list(struct coil_list *list)
{
    while (list->head) {
        struct member *member = member_of(list->head);

        coil__list_remove(list, &member->link);
        coil__free(member);
    }
}

void coil__ledger_release_named(struct coil__table_entry *entry)
{
    struct named *named = coil__container_of(entry, struct named, entry);

    free_list(&named->holders);
    free_list(&named->waiters);
    coil__free(named);
}

/* ---- permits -------------------------------------------------------------- */

/* The place of a waiter in the line; it gets one if it has none.  0, or -ENOMEM. */
static int stand_in_line(struct named *named, struct coil__ledger_owner owner,
                         coil_time until, struct member **out, size_t *place)
{
    struct member *member = find_member(&named->waiters, owner);

    if (!member) {
        member = coil__alloc(sizeof *member);
        if (!member)
            return -ENOMEM;
        member->owner = owner;
        coil__list_append(&named->waiters, &member->link);
    }
    member->until = until;
    *out = member;
    *place = 0;
    for (struct coil_link *l = named->waiters.head; l != &member->link;
         l = l->next)
        ++*place;
    return 0;
}

/* How long until a lease ends, of a holder or of one who waits. */
static coil_time next_end(const struct named *named, coil_time now)
{
    coil_time next = COIL_NEVER;

    for (struct coil_link *l = named->holders.head; l; l = l->next)
        if (member_of(l)->until - now < next)
            next = member_of(l)->until - now;
    for (struct coil_link *l = named->waiters.head; l; l = l->next)
        if (member_of(l)->until - now < next)
            next = member_of(l)->until - now;
    return next;
}

int coil__ledger_acquire(struct coil__ledger *ledger, coil_time lease,
                         coil_time now, const struct coil__work_wish *wish,
                         struct coil__ledger_owner owner, uint64_t *fence,
                         coil_time *next)
{
    struct named *named = find_or_make(ledger, wish->name);
    struct member *member;
    size_t place;
    int rc;

    *fence = 0;
    if (!named)
        return -ENOMEM;
    remove_late(named, &named->holders, now);
    remove_late(named, &named->waiters, now);
    rc = stand_in_line(named, owner, now + lease, &member, &place);
    if (rc < 0)
        return rc;
    if (named->holder_count + place < wish->permits) {
        coil__list_remove(&named->waiters, &member->link);
        coil__list_append(&named->holders, &member->link);
        named->holder_count++;
        member->fence = ++ledger->last_token;
        *fence = member->fence;
        if (ledger->log)
            ledger->log->fence(ledger->log, member->fence);
    }
    *next = next_end(named, now);
    return 0;
}

bool coil__ledger_release(struct coil__ledger *ledger, coil_time now,
                          const char *name, struct coil__ledger_owner owner)
{
    struct named *named = find(ledger, name);
    struct member *member;

    if (!named)
        return false;
    remove_late(named, &named->holders, now);
    member = find_member(&named->waiters, owner);
    if (member)
        remove_member(named, &named->waiters, member);
    member = find_member(&named->holders, owner);
    if (member)
        remove_member(named, &named->holders, member);
    return member;
}

int coil__ledger_renew_right(struct coil__ledger *ledger, coil_time lease,
                             coil_time now, const char *name,
                             struct coil__ledger_owner owner)
{
    struct named *named = find(ledger, name);
    struct member *member;

    if (!named)
        return -ESTALE;
    remove_late(named, &named->holders, now);
    member = find_member(&named->holders, owner);
    if (!member)
        return -ESTALE;
    member->until = now + lease;
    return 0;
}

/* ---- rates ---------------------------------------------------------------- */

int coil__ledger_rate(struct coil__ledger *ledger, coil_time now,
                      const char *name, coil_time interval, unsigned burst,
                      coil_time *wait)
{
    struct named *named = find_or_make(ledger, name);
    coil_time early;

    if (!named)
        return -ENOMEM;
    if (named->next_turn < now)
        named->next_turn = now;
    /* So much of the line may be gone through at once. */
    early = named->next_turn - now - interval * (burst - 1);
    *wait = early > 0 ? early : 0;
    named->next_turn += interval;
    return 0;
}
