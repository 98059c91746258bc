/* SPDX-License-Identifier: MIT */
#include "work/file/file_world.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <coil/sleep.h>

#include "base/memory.h"
#include "base/mutex.h"
#include "work/file/in_thread.h"
#include "work/file/load.h"
#include "work/memory/ledger_put.h"

/* ---- the worlds of this process ------------------------------------------- */

static unsigned worlds_mutex;
static struct coil__file_world *worlds;

static struct coil__file_world *find(const struct coil__file_world *like)
{
    struct coil__file_world *world = worlds;

    while (world &&
           (world->device != like->device || world->inode != like->inode ||
            strcmp(world->journal.disk.name, like->journal.disk.name) != 0))
        world = world->next;
    return world;
}

static void free_world(struct coil__file_world *world)
{
    coil__journal_fini(&world->journal);
    coil__work_world_fini(&world->base);
    coil__free(world);
}

/* `made` becomes one of them, or is freed, and there is another handle of the same. */
static struct coil__file_world *join(struct coil__file_world *made)
{
    struct coil__file_world *world;

    coil__mutex_lock(&worlds_mutex);
    world = find(made);
    if (world) {
        world->references++;
    } else {
        made->references = 1;
        made->next = worlds;
        worlds = made;
    }
    coil__mutex_unlock(&worlds_mutex);
    if (!world)
        return made;
    free_world(made);
    return world;
}

void coil__file_world_leave(struct coil__file_world *world)
{
    struct coil__file_world **at = &worlds;
    bool is_last;

    coil__mutex_lock(&worlds_mutex);
    is_last = --world->references == 0;
    while (is_last && *at != world)
        at = &(*at)->next;
    if (is_last)
        *at = world->next;
    coil__mutex_unlock(&worlds_mutex);
    if (is_last)
        free_world(world);
}

/* ---- its folder ----------------------------------------------------------- */

struct opening {
    struct coil__file_world *world;
    const char *path;
};

static int open_folder(void *arg)
{
    struct opening *opening = arg;
    struct coil__file_world *world = opening->world;
    struct stat status;
    int rc = coil__disk_open_folder(&world->journal.disk, opening->path);

    if (rc < 0)
        return rc;
    if (fstat(world->journal.disk.folder, &status) < 0)
        return -errno;
    world->device = status.st_dev;
    world->inode = status.st_ino;
    return 0;
}

static int make(struct coil__file_world **out, const char *path,
                const char *name, bool syncs)
{
    struct coil__file_world *world = coil__alloc(sizeof *world);
    struct opening opening = { .world = world, .path = path };
    int rc;

    if (!world)
        return -ENOMEM;
    strcpy(world->name, name);
    coil__journal_init(&world->journal, name, syncs);
    coil_shared_event_init(&world->flushed);
    coil_shared_event_init(&world->loaded);
    rc = coil__work_world_init(&world->base);
    if (rc == 0)
        rc = coil__in_thread(open_folder, &opening);
    if (rc == 0)
        *out = world;
    else
        free_world(world);
    return rc;
}

/* ---- its journal ---------------------------------------------------------- */

struct loading {
    struct coil__file_world *world;
    const struct coil__work_rules *rules;
    bool syncs;
};

static int load(void *arg)
{
    struct loading *loading = arg;

    return coil__journal_load(&loading->world->journal,
                              &loading->world->base.ledger, loading->rules);
}

/* A handle that loads begins with nothing but the folder. */
static int begin_anew(struct coil__file_world *world, bool syncs)
{
    struct coil__journal fresh;

    coil__journal_init(&fresh, world->name, syncs);
    fresh.disk.folder = world->journal.disk.folder;
    world->journal.disk.folder = -1;
    coil__journal_fini(&world->journal);
    world->journal = fresh;
    coil__ledger_fini(&world->base.ledger);
    return coil__ledger_init(&world->base.ledger);
}

/* The task that has set `is_loading`. */
static int load_first(struct loading *loading)
{
    struct coil__file_world *world = loading->world;
    int rc = begin_anew(world, loading->syncs);

    if (rc == 0)
        rc = coil__in_thread(load, loading);
    coil__mutex_lock(&world->base.mutex);
    world->is_loading = false;
    world->is_loaded = rc == 0;
    coil_shared_event_set(&world->loaded);
    coil__mutex_unlock(&world->base.mutex);
    return rc;
}

/* Returns 1: this task loads it; 0: it is loaded; -EAGAIN: another task loads it. */
static int take_turn(struct coil__file_world *world, bool syncs)
{
    int rc;

    coil__mutex_lock(&world->base.mutex);
    if (!world->is_loaded)
        rc = world->is_loading ? -EAGAIN : 1;
    else if (syncs && !world->journal.syncs)
        rc = -EPERM;
    else
        rc = world->journal.error;
    if (rc == 1) {
        world->is_loading = true;
        coil_shared_event_clear(&world->loaded);
    }
    coil__mutex_unlock(&world->base.mutex);
    return rc;
}

static int ensure_loaded(struct loading *loading)
{
    for (;;) {
        int rc = take_turn(loading->world, loading->syncs);

        if (rc == 1)
            return load_first(loading);
        if (rc != -EAGAIN)
            return rc;
        rc = coil_shared_event_wait(&loading->world->loaded);
        if (rc < 0)
            return rc;
    }
}

int coil__file_world_enter(struct coil__file_world **out, const char *path,
                           const char *name,
                           const struct coil__work_rules *rules, bool syncs)
{
    struct loading loading = { .rules = rules, .syncs = syncs };
    struct coil__file_world *world = NULL;
    int rc = make(&world, path, name, syncs);

    if (rc < 0)
        return rc;
    world = join(world);
    loading.world = world;
    rc = ensure_loaded(&loading);
    if (rc == 0)
        rc = coil_checkpoint();
    if (rc < 0) {
        coil__file_world_leave(world);
        return rc;
    }
    *out = world;
    return 0;
}
