/* SPDX-License-Identifier: MIT */
#include "work/memory/step.h"

#include <coil/sleep.h>

#include "base/mutex.h"

struct coil__work_memory *coil__work_memory_of(struct coil__work_engine *base)
{
    return coil__container_of(base, struct coil__work_memory, base);
}

int coil__work_step_begin(struct coil__work_memory *engine)
{
    return coil__work_step_begin_with(engine, 0, 0);
}

int coil__work_step_begin_with(struct coil__work_memory *engine, size_t changes,
                               size_t bytes)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    coil__mutex_lock(&engine->world->mutex);
    if (engine->keeper)
        rc = engine->keeper->ops->reserve(engine->keeper, changes, bytes);
    if (rc < 0)
        coil__mutex_unlock(&engine->world->mutex);
    return rc;
}

void coil__work_step_end(struct coil__work_memory *engine)
{
    coil__mutex_unlock(&engine->world->mutex);
}

static void ring(struct coil__work_world *world)
{
    world->rings++;
    coil_shared_event_set(&world->bell);
}

void coil__work_step_end_ringing(struct coil__work_memory *engine)
{
    ring(engine->world);
    coil__work_step_end(engine);
}

int coil__work_step_keep(struct coil__work_memory *engine, bool is_patient)
{
    struct coil__work_keeper *keeper = engine->keeper;
    uint64_t position = keeper ? keeper->ops->position(keeper) : 0;

    coil__work_step_end(engine);
    return keeper ? keeper->ops->commit(keeper, position, is_patient) : 0;
}

int coil__work_step_keep_ringing(struct coil__work_memory *engine)
{
    ring(engine->world);
    return coil__work_step_keep(engine, false);
}
