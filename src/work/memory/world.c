/* SPDX-License-Identifier: MIT */
#include "work/memory/world.h"

#include <string.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "work/memory/ledger_put.h"

int coil__work_world_init(struct coil__work_world *world)
{
    *world = (struct coil__work_world){ .mutex = 0 };
    coil_shared_event_init(&world->bell);
    return coil__ledger_init(&world->ledger);
}

void coil__work_world_fini(struct coil__work_world *world)
{
    coil__ledger_fini(&world->ledger);
}

/* ---- worlds with a name --------------------------------------------------- */

struct named_world {
    struct coil__work_world world;
    struct named_world *next; /* in the list of those with a name */
    unsigned references;
    char name[];
};

static unsigned worlds_mutex;
static struct named_world *worlds;

static struct named_world *make_world(const char *name)
{
    struct named_world *named = coil__alloc(sizeof *named + strlen(name) + 1);

    if (!named)
        return NULL;
    if (coil__work_world_init(&named->world) < 0) {
        coil__free(named);
        return NULL;
    }
    named->references = 1;
    strcpy(named->name, name);
    return named;
}

static struct named_world *find_world(const char *name)
{
    struct named_world *named = worlds;

    while (named && strcmp(named->name, name) != 0)
        named = named->next;
    return named;
}

static struct named_world *find_or_make_world(const char *name)
{
    struct named_world *named = find_world(name);

    if (named) {
        named->references++;
        return named;
    }
    named = make_world(name);
    if (named) {
        named->next = worlds;
        worlds = named;
    }
    return named;
}

struct coil__work_world *coil__work_world_enter(const char *name)
{
    struct named_world *named;

    if (!*name) {
        named = make_world(name);
    } else {
        coil__mutex_lock(&worlds_mutex);
        named = find_or_make_world(name);
        coil__mutex_unlock(&worlds_mutex);
    }
    return named ? &named->world : NULL;
}

void coil__work_world_leave(struct coil__work_world *world)
{
    struct named_world *named =
        coil__container_of(world, struct named_world, world);
    struct named_world **at = &worlds;
    bool is_last;

    coil__mutex_lock(&worlds_mutex);
    is_last = --named->references == 0;
    while (is_last && *at && *at != named)
        at = &(*at)->next;
    if (is_last && *at)
        *at = named->next;
    coil__mutex_unlock(&worlds_mutex);
    if (!is_last)
        return;
    coil__work_world_fini(world);
    coil__free(named);
}
