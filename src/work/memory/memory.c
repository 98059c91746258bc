/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the engine in this process, and with a keeper also beyond that
 *
 * Each operation is one step of the ledger, between the beginning and the end of step.h.
 */
#include "work/memory/memory.h"

#include <errno.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "work/memory/ledger_lease.h"
#include "work/memory/ledger_put.h"
#include "work/memory/memory_right.h"

/* ---- put ------------------------------------------------------------------ */

static size_t texts_of(const struct coil_work_item *items, size_t n)
{
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += strlen(items[i].id) + strlen(items[i].group) + items[i].size;
    return bytes;
}

static int memory_put(struct coil__work_engine *base,
                      const struct coil_work_item *items, size_t n,
                      size_t *added)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    size_t bytes = engine->keeper ? texts_of(items, n) : 0;
    int rc = coil__work_step_begin_with(engine, n, bytes);
    int kept;

    if (rc < 0)
        return rc;
    rc = coil__ledger_put(&engine->world->ledger, &base->rules, coil_now(),
                          items, n, added);
    kept = coil__work_step_keep_ringing(engine);
    return rc < 0 ? rc : kept;
}

/* ---- claim and finish ----------------------------------------------------- */

/* Room for the claims, and for the leases that may have ended. */
static int begin_claim(struct coil__work_memory *engine, size_t n)
{
    struct coil__work_keeper *keeper = engine->keeper;
    int rc = coil__work_step_begin_with(engine, n, 0);

    if (rc < 0 || !keeper)
        return rc;
    rc =
        keeper->ops->reserve(keeper, n + engine->world->ledger.stats.leased, 0);
    if (rc < 0)
        coil__work_step_end(engine);
    return rc;
}

static int memory_claim(struct coil__work_engine *base,
                        struct coil__work_claim *claims, size_t n,
                        size_t *count, coil_time *next)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = begin_claim(engine, n);
    int kept;

    if (rc < 0)
        return rc;
    rc = coil__ledger_claim(&engine->world->ledger, &base->rules, coil_now(),
                            claims, n, count, next);
    /* Whoever is cancelled gives them back, which must not be lost either. */
    kept = coil__work_step_keep(engine, true);
    while (kept < 0 && *count > 0)
        coil__free(claims[--*count].memory);
    return kept < 0 ? kept : rc;
}

static size_t reasons_of(const struct coil__work_outcome *outcomes, size_t n)
{
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        if (outcomes[i].end == COIL__WORK_BURY && outcomes[i].reason)
            bytes += strlen(outcomes[i].reason);
    return bytes;
}

static int memory_finish(struct coil__work_engine *base,
                         struct coil__work_outcome *outcomes, size_t n)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin_with(engine, n, reasons_of(outcomes, n));

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        coil__ledger_finish(&engine->world->ledger, &base->rules, coil_now(),
                            &outcomes[i]);
    return coil__work_step_keep_ringing(engine);
}

static int memory_renew(struct coil__work_engine *base,
                        struct coil__work_renewal *renewals, size_t n)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        coil__ledger_renew(&engine->world->ledger, &base->rules, coil_now(),
                           &renewals[i]);
    coil__work_step_end(engine);
    return 0;
}

/* ---- the bell ------------------------------------------------------------- */

/* Whether it has rung since this was asked last; if not, it can be waited for. */
static bool hear(struct coil__work_memory *engine)
{
    struct coil__work_world *world = engine->world;
    bool has_rung;

    coil__mutex_lock(&world->mutex);
    has_rung = engine->heard != world->rings;
    engine->heard = world->rings;
    if (!has_rung)
        coil_shared_event_clear(&world->bell);
    coil__mutex_unlock(&world->mutex);
    return has_rung;
}

static int memory_wait(struct coil__work_engine *base, coil_time limit)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    struct coil_timeout timeout;
    int rc = coil_checkpoint();

    if (rc < 0 || hear(engine))
        return rc;
    rc = coil_timeout_begin(&timeout, limit);
    if (rc < 0)
        return rc;
    rc = coil_shared_event_wait(&engine->world->bell);
    rc = coil_timeout_end(&timeout, rc);
    (void)hear(engine);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* ---- groups, and looking -------------------------------------------------- */

static int memory_pause(struct coil__work_engine *base, const char *group,
                        coil_time duration)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin_with(engine, 1, strlen(group));
    int kept;

    if (rc < 0)
        return rc;
    rc = coil__ledger_pause(&engine->world->ledger, &base->rules, coil_now(),
                            group, duration);
    kept = coil__work_step_keep(engine, false);
    return rc < 0 ? rc : kept;
}

static int memory_stats(struct coil__work_engine *base,
                        struct coil_work_stats *stats)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    coil__ledger_stats(&engine->world->ledger, stats);
    coil__work_step_end(engine);
    return 0;
}

static int memory_list_dead(struct coil__work_engine *base, uint64_t first,
                            struct coil_work_dead *dead, size_t n,
                            size_t *count)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = coil__work_step_begin(engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_list_dead(&engine->world->ledger, first, dead, n, count);
    coil__work_step_end(engine);
    return rc;
}

/* Room for all of the dead, or for one. */
static int begin_revival(struct coil__work_memory *engine, bool is_for_all)
{
    struct coil__work_keeper *keeper = engine->keeper;
    int rc = coil__work_step_begin_with(engine, 1, 0);

    if (rc < 0 || !keeper || !is_for_all)
        return rc;
    rc = keeper->ops->reserve(keeper, engine->world->ledger.stats.dead, 0);
    if (rc < 0)
        coil__work_step_end(engine);
    return rc;
}

static int memory_revive(struct coil__work_engine *base, const char *id,
                         size_t *count)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);
    int rc = begin_revival(engine, !id);

    if (rc < 0)
        return rc;
    *count = coil__ledger_revive(&engine->world->ledger, &base->rules,
                                 coil_now(), id);
    return coil__work_step_keep_ringing(engine);
}

/* ---- open and close ------------------------------------------------------- */

static int memory_close(struct coil__work_engine *base)
{
    struct coil__work_memory *engine = coil__work_memory_of(base);

    if (engine->keeper)
        engine->keeper->ops->close(engine->keeper);
    else
        coil__work_world_leave(engine->world);
    coil__free(engine);
    return coil_checkpoint();
}

static const struct coil__work_engine_ops memory_ops = {
    .close = memory_close,
    .put = memory_put,
    .claim = memory_claim,
    .finish = memory_finish,
    .renew = memory_renew,
    .wait = memory_wait,
    .acquire = coil__work_memory_acquire,
    .release = coil__work_memory_release,
    .renew_rights = coil__work_memory_renew_rights,
    .rate = coil__work_memory_rate,
    .pause = memory_pause,
    .stats = memory_stats,
    .list_dead = memory_list_dead,
    .revive = memory_revive,
};

int coil__work_memory_attach(struct coil__work_engine **out,
                             struct coil__work_world *world,
                             struct coil__work_keeper *keeper)
{
    struct coil__work_memory *engine = coil__alloc(sizeof *engine);

    if (!engine)
        return -ENOMEM;
    engine->base.ops = &memory_ops;
    engine->world = world;
    engine->keeper = keeper;
    coil__mutex_lock(&world->mutex);
    engine->handle = ++world->handles;
    coil__mutex_unlock(&world->mutex);
    *out = &engine->base;
    return 0;
}

int coil__work_memory_open(struct coil__work_engine **out, const char *url,
                           const struct coil_work_options *options)
{
    const char *name = url + strlen("memory:");
    struct coil__work_world *world;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    (void)options;
    world = coil__work_world_enter(name);
    if (!world)
        return -ENOMEM;
    rc = coil__work_memory_attach(out, world, NULL);
    if (rc < 0)
        coil__work_world_leave(world);
    return rc;
}
