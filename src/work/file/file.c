/* SPDX-License-Identifier: MIT */
#include "work/file/file.h"

#include <errno.h>
#include <string.h>

#include <coil/sleep.h>

#include "work/file/file_keeper.h"
#include "work/memory/memory.h"

/* The path of a URL, or NULL. */
static const char *path_of(const char *url)
{
    const char *path = url + strlen("file:");

    if (strncmp(path, "//", 2) == 0)
        path += 2;
    else
        return *path ? path : NULL;
    return *path == '/' ? path : NULL;
}

/* A world that is entered becomes a handle. */
static int attach(struct coil__work_engine **out,
                  struct coil__file_world *world)
{
    struct coil__work_keeper *keeper = coil__file_keeper_new(world);
    int rc;

    if (!keeper) {
        coil__file_world_leave(world);
        return -ENOMEM;
    }
    rc = coil__work_memory_attach(out, &world->base, keeper);
    if (rc < 0)
        keeper->ops->close(keeper);
    return rc;
}

int coil__work_file_open(struct coil__work_engine **out, const char *url,
                         const struct coil_work_options *options)
{
    const struct coil__work_rules rules = {
        .lease = options->lease,
        .group_delay = options->group_delay,
        .group_limit = options->group_limit,
        .max_deliveries = options->max_deliveries,
    };
    const char *path = path_of(url);
    bool syncs = !options->allow_volatile;
    struct coil__file_world *world;
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (!path || strchr(options->name, '/') ||
        strlen(options->name) > COIL__DISK_NAME_MAX)
        return -EINVAL;
    rc = coil__file_world_enter(&world, path, options->name, &rules, syncs);
    return rc < 0 ? rc : attach(out, world);
}
