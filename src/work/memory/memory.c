/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the engine in this process
 *
 * A world is a ledger behind a mutex.  Handles of several loops may share one, by its
 * name.  Whoever brings something that may be claimed rings the bell: it counts one
 * on, so that a listener knows whether it has missed a ring.
 */
#include "work/memory/memory.h"

#include <errno.h>
#include <string.h>

#include <coil/shared_event.h>
#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "work/memory/ledger_lease.h"
#include "work/memory/ledger_put.h"
#include "work/memory/ledger_right.h"

struct world {
    struct world *next; /* in the list of those with a name */
    unsigned mutex;     /* guards the ledger and `rings` */
    unsigned references;
    uint64_t handles; /* so many were ever opened */
    uint64_t rings;
    struct coil_shared_event bell;
    struct coil__ledger ledger;
    char name[];
};

struct memory_engine {
    struct coil__work_engine base;
    struct world *world;
    uint64_t handle; /* its number */
    uint64_t heard;  /* so many rings */
};

/* ---- worlds --------------------------------------------------------------- */

static unsigned worlds_mutex;
static struct world *worlds;

static struct world *make_world(const char *name)
{
    struct world *world = coil__alloc(sizeof *world + strlen(name) + 1);

    if (!world)
        return NULL;
    if (coil__ledger_init(&world->ledger) < 0) {
        coil__free(world);
        return NULL;
    }
    coil_shared_event_init(&world->bell);
    world->references = 1;
    strcpy(world->name, name);
    return world;
}

/* NULL: there is no memory. */
static struct world *enter_world(const char *name)
{
    struct world *world;

    if (!*name)
        return make_world(name);
    coil__mutex_lock(&worlds_mutex);
    for (world = worlds; world; world = world->next)
        if (strcmp(world->name, name) == 0)
            break;
    if (world) {
        world->references++;
    } else {
        world = make_world(name);
        if (world) {
            world->next = worlds;
            worlds = world;
        }
    }
    coil__mutex_unlock(&worlds_mutex);
    return world;
}

static void leave_world(struct world *world)
{
    struct world **at = &worlds;
    bool is_last;

    coil__mutex_lock(&worlds_mutex);
    is_last = --world->references == 0;
    while (is_last && *at && *at != world)
        at = &(*at)->next;
    if (is_last && *at)
        *at = world->next;
    coil__mutex_unlock(&worlds_mutex);
    if (!is_last)
        return;
    coil__ledger_fini(&world->ledger);
    coil__free(world);
}

/* ---- operations ----------------------------------------------------------- */

static struct memory_engine *lock(struct coil__work_engine *base)
{
    struct memory_engine *engine =
        coil__container_of(base, struct memory_engine, base);

    coil__mutex_lock(&engine->world->mutex);
    return engine;
}

/* Each operation begins with it.  0, or -ECANCELED, and nothing is locked. */
static int enter(struct coil__work_engine *base, struct memory_engine **out)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    *out = lock(base);
    return 0;
}

static void leave(struct memory_engine *engine)
{
    coil__mutex_unlock(&engine->world->mutex);
}

/* The same, and something may be claimed now. */
static void leave_and_ring(struct memory_engine *engine)
{
    engine->world->rings++;
    coil_shared_event_set(&engine->world->bell);
    leave(engine);
}

static int memory_close(struct coil__work_engine *base)
{
    struct memory_engine *engine =
        coil__container_of(base, struct memory_engine, base);

    leave_world(engine->world);
    coil__free(engine);
    return coil_checkpoint();
}

static int memory_put(struct coil__work_engine *base,
                      const struct coil_work_item *items, size_t n,
                      size_t *added)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_put(&engine->world->ledger, &base->rules, coil_now(),
                          items, n, added);
    leave_and_ring(engine);
    return rc;
}

static int memory_claim(struct coil__work_engine *base,
                        struct coil__work_claim *claims, size_t n,
                        size_t *count, coil_time *next)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_claim(&engine->world->ledger, &base->rules, coil_now(),
                            claims, n, count, next);
    leave(engine);
    return rc;
}

static int memory_finish(struct coil__work_engine *base,
                         struct coil__work_outcome *outcomes, size_t n)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        coil__ledger_finish(&engine->world->ledger, &base->rules, coil_now(),
                            &outcomes[i]);
    leave_and_ring(engine);
    return 0;
}

static int memory_renew(struct coil__work_engine *base,
                        struct coil__work_renewal *renewals, size_t n)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        coil__ledger_renew(&engine->world->ledger, &base->rules, coil_now(),
                           &renewals[i]);
    leave(engine);
    return 0;
}

/* Whether it has rung since this was asked last; if not, it can be waited for. */
static bool hear(struct coil__work_engine *base)
{
    struct memory_engine *engine = lock(base);
    bool has_rung = engine->heard != engine->world->rings;

    engine->heard = engine->world->rings;
    if (!has_rung)
        coil_shared_event_clear(&engine->world->bell);
    leave(engine);
    return has_rung;
}

static int memory_wait(struct coil__work_engine *base, coil_time limit)
{
    struct coil_timeout timeout;
    struct memory_engine *engine;
    int rc = coil_checkpoint();

    if (rc < 0 || hear(base))
        return rc;
    rc = coil_timeout_begin(&timeout, limit);
    if (rc < 0)
        return rc;
    engine = coil__container_of(base, struct memory_engine, base);
    rc = coil_shared_event_wait(&engine->world->bell);
    rc = coil_timeout_end(&timeout, rc);
    (void)hear(base);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static struct coil__ledger_owner owner_of(const struct memory_engine *engine,
                                          uint64_t ticket)
{
    return (struct coil__ledger_owner){ .handle = engine->handle,
                                        .ticket = ticket };
}

static int memory_acquire(struct coil__work_engine *base,
                          const struct coil__work_wish *wish, uint64_t *fence,
                          coil_time *next)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_acquire(&engine->world->ledger, base->rules.lease,
                              coil_now(), wish, owner_of(engine, wish->ticket),
                              fence, next);
    leave(engine);
    return rc;
}

static int memory_release(struct coil__work_engine *base,
                          const struct coil__work_wish *wish, bool *was_held)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    *was_held =
        coil__ledger_release(&engine->world->ledger, coil_now(), wish->name,
                             owner_of(engine, wish->ticket));
    leave_and_ring(engine);
    return 0;
}

static int memory_renew_rights(struct coil__work_engine *base,
                               struct coil__work_wish *wishes, size_t n)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++)
        wishes[i].result = coil__ledger_renew_right(
            &engine->world->ledger, base->rules.lease, coil_now(),
            wishes[i].name, owner_of(engine, wishes[i].ticket));
    leave(engine);
    return 0;
}

static int memory_rate(struct coil__work_engine *base, const char *name,
                       coil_time interval, unsigned burst, coil_time *wait)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_rate(&engine->world->ledger, coil_now(), name, interval,
                           burst, wait);
    leave(engine);
    return rc;
}

static int memory_pause(struct coil__work_engine *base, const char *group,
                        coil_time duration)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_pause(&engine->world->ledger, &base->rules, coil_now(),
                            group, duration);
    leave(engine);
    return rc;
}

static int memory_stats(struct coil__work_engine *base,
                        struct coil_work_stats *stats)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    coil__ledger_stats(&engine->world->ledger, stats);
    leave(engine);
    return 0;
}

static int memory_list_dead(struct coil__work_engine *base, uint64_t first,
                            struct coil_work_dead *dead, size_t n,
                            size_t *count)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    rc = coil__ledger_list_dead(&engine->world->ledger, first, dead, n, count);
    leave(engine);
    return rc;
}

static int memory_revive(struct coil__work_engine *base, const char *id,
                         size_t *count)
{
    struct memory_engine *engine;
    int rc = enter(base, &engine);

    if (rc < 0)
        return rc;
    *count = coil__ledger_revive(&engine->world->ledger, &base->rules,
                                 coil_now(), id);
    leave_and_ring(engine);
    return 0;
}

/* ---- open ----------------------------------------------------------------- */

static const struct coil__work_engine_ops memory_ops = {
    .close = memory_close,
    .put = memory_put,
    .claim = memory_claim,
    .finish = memory_finish,
    .renew = memory_renew,
    .wait = memory_wait,
    .acquire = memory_acquire,
    .release = memory_release,
    .renew_rights = memory_renew_rights,
    .rate = memory_rate,
    .pause = memory_pause,
    .stats = memory_stats,
    .list_dead = memory_list_dead,
    .revive = memory_revive,
};

int coil__work_memory_open(struct coil__work_engine **out, const char *url,
                           const struct coil_work_options *options)
{
    const char *name = url + strlen("memory:");
    struct memory_engine *engine;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    (void)options;
    engine = coil__alloc(sizeof *engine);
    if (!engine)
        return -ENOMEM;
    engine->base.ops = &memory_ops;
    engine->world = enter_world(name);
    if (!engine->world) {
        coil__free(engine);
        return -ENOMEM;
    }
    coil__mutex_lock(&engine->world->mutex);
    engine->handle = ++engine->world->handles;
    coil__mutex_unlock(&engine->world->mutex);
    *out = &engine->base;
    return 0;
}
