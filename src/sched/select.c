/* SPDX-License-Identifier: MIT */
/*
 * select.c - several waits, of which one has an outcome
 *
 * First each call is attempted without a wait.  If none of them succeeds, a waiter
 * for each stands in the queue of its object, as in the call itself, and the task
 * waits as a selection (sched/waiter.h).  Nothing else runs between the two, so
 * the invariants of the objects hold: those who wait cannot go on.
 */
#include "sched/select.h"

#include <limits.h>

#include "base/memory.h"
#include "base/platform.h"

enum { FEW = 6, NOBODY = -1 };

struct select {
    struct coil_selection selection; /* first */
    struct coil_select_case *cases;
    union coil__select_entry *entries;
};

static const struct coil_wait_reason reason_select = {
    .name = "select",
    .is_selection = true,
};

/* The index of the first that need not wait; NOBODY: all must. */
static int attempt_all(struct coil_select_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct coil_select_kind *kind = cases[i].kind;

        if (kind && kind->attempt && kind->attempt(&cases[i], &cases[i].result))
            return (int)i;
    }
    return NOBODY;
}

/* ---- standing ------------------------------------------------------------- */

/* False: it need not wait, and has its result. */
static bool stand(struct select *s, size_t i)
{
    struct coil_select_case *c = &s->cases[i];
    union coil__select_entry *entry = &s->entries[i];

    s->selection.members[i] = NULL;
    if (!c->kind)
        return true;
    entry->waiter = (struct coil_waiter){
        .reason = c->kind->reason,
        .object = c->object,
        .co = coil__thread()->current,
    };
    s->selection.members[i] = &entry->waiter;
    return c->kind->stand(c, entry, &c->result);
}

/* The index of one that need not wait; NOBODY: all stand. */
static int stand_all(struct select *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool stands = stand(s, i);

        s->selection.count = i + 1;
        if (!stands)
            return (int)i;
    }
    return NOBODY;
}

static void end_all(struct select *s)
{
    for (size_t i = 0; i < s->selection.count; i++) {
        struct coil_waiter *w = s->selection.members[i];
        const struct coil_select_case *c = &s->cases[i];

        if (!w)
            continue;
        if (w->queue)
            coil__list_remove(w->queue, &w->link);
        w->queue = NULL;
        if (c->kind->end)
            c->kind->end(c, &s->entries[i]);
    }
}

/* The result of the case that was chosen. */
static int take(struct select *s, int which)
{
    const struct coil_select_case *c = &s->cases[which];

    return c->kind->take ? c->kind->take(c) : s->entries[which].waiter.outcome;
}

static int wait_for_one(struct select *s, size_t count)
{
    struct coil_coroutine *co = coil__thread()->current;
    struct coil_list queue = COIL_LIST_INIT;
    int which = stand_all(s, count);

    if (which == NOBODY) {
        co->asks |= COIL__ASKS_SELECTION;
        which = coil__wait(&queue, &s->selection.waiter);
        if (which >= 0)
            s->cases[which].result = take(s, which);
    }
    end_all(s);
    return which;
}

/* ---- memory --------------------------------------------------------------- */

static COIL_NOINLINE int select_few(struct select *s, size_t count)
{
    union coil__select_entry entries[FEW];
    struct coil_waiter *members[FEW];

    s->entries = entries;
    s->selection.members = members;
    return wait_for_one(s, count);
}

static COIL_NOINLINE int select_many(struct select *s, size_t count)
{
    int rc = -ENOMEM;

    s->entries = coil__alloc(count * sizeof s->entries[0]);
    s->selection.members = coil__alloc(count * sizeof s->selection.members[0]);
    if (s->entries && s->selection.members)
        rc = wait_for_one(s, count);
    coil__free(s->selection.members);
    coil__free(s->entries);
    return rc;
}

int coil_select(struct coil_select_case *cases, size_t count)
{
    struct select s = {
        .selection.waiter = COIL_WAITER(&reason_select, NULL),
        .cases = cases,
    };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (count == 0 || count > INT_MAX)
        return -EINVAL;
    do {
        rc = attempt_all(cases, count);
        if (rc == NOBODY)
            rc = count <= FEW ? select_few(&s, count) : select_many(&s, count);
    } while (rc >= 0 && cases[rc].kind->take && cases[rc].result == -EAGAIN);
    return rc;
}
