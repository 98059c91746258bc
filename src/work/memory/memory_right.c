/* SPDX-License-Identifier: MIT */
#include "work/memory/memory_right.h"

#include <coil/sleep.h>

#include "work/memory/ledger_right.h"
#include "work/memory/step.h"

static struct coil__ledger_owner
owner_of(const struct coil__work_memory *engine, uint64_t ticket)
{
    return (struct coil__ledger_owner){ .handle = engine->handle,
                                        .ticket = ticket };
}

int coil__work_memory_acquire(struct coil__work_engine *base,
                              const struct coil__work_wish *wish,
                              uint64_t *fence, coil_time *next)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin_with(engine, 1, 0);

    if (rc < 0)
        return rc;
    rc = coil__ledger_acquire(&engine->world->ledger, base->rules.lease,
                              coil_now(), wish, owner_of(engine, wish->ticket),
                              fence, next);
    if (rc < 0 || *fence == 0) {
        coil__work_step_end(engine);
        return rc;
    }
    return coil__work_step_keep(engine, true);
}

int coil__work_memory_release(struct coil__work_engine *base,
                              const struct coil__work_wish *wish,
                              bool *was_held)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    *was_held =
        coil__ledger_release(&engine->world->ledger, coil_now(), wish->name,
                             owner_of(engine, wish->ticket));
    coil__work_step_end_ringing(engine);
    return 0;
}

int coil__work_memory_renew_rights(struct coil__work_engine *base,
                                   struct coil__work_wish *wishes, size_t n)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        wishes[i].result = coil__ledger_renew_right(
            &engine->world->ledger, base->rules.lease, coil_now(),
            wishes[i].name, owner_of(engine, wishes[i].ticket));
    coil__work_step_end(engine);
    return 0;
}

int coil__work_memory_rate(struct coil__work_engine *base, const char *name,
                           coil_time interval, unsigned burst, coil_time *wait)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_rate(&engine->world->ledger, coil_now(), name, interval,
                           burst, wait);
    coil__work_step_end(engine);
    return rc;
}
