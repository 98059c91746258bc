/* SPDX-License-Identifier: MIT */
#include "schedule/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct group *group_of(struct table_entry *entry)
{
    return (struct group *)entry;
}

void groups_set_used(struct groups *groups, struct group *group)
{
    if (!group->is_unused)
        return;
    *(group->older ? &group->older->newer : &groups->oldest) = group->newer;
    *(group->newer ? &group->newer->older : &groups->newest) = group->older;
    group->is_unused = false;
    groups->unused--;
}

void groups_set_unused(struct groups *groups, struct group *group)
{
    if (group->is_unused)
        return;
    group->older = groups->newest;
    group->newer = NULL;
    *(groups->newest ? &groups->newest->newer : &groups->oldest) = group;
    groups->newest = group;
    group->is_unused = true;
    groups->unused++;
}

static void forget(struct groups *groups, struct group *group)
{
    groups_set_used(groups, group);
    table_remove(&groups->table, &group->entry);
    job_heap_fini(&group->jobs);
    free(group);
}

void groups_fini(struct groups *groups)
{
    while (groups->table.newest)
        forget(groups, group_of(groups->table.newest));
    table_fini(&groups->table);
}

struct group *groups_first(const struct groups *groups)
{
    return group_of(groups->table.newest);
}

struct group *groups_next(const struct group *group)
{
    return group_of(group->entry.older);
}

/* The one that has been idle for longest goes, unless it is to be left alone. */
static void forget_one(struct groups *groups, coil_time now)
{
    struct group *group = groups->oldest;

    if (groups->unused <= groups->max_unused)
        return;
    if (group_not_before(group) <= now) {
        forget(groups, group);
        return;
    }
    groups_set_used(groups, group);
    groups_set_unused(groups, group);
}

/* Its name is behind it, and behind that is a number for each loop. */
static struct group *make(struct groups *groups, const char *name, size_t size)
{
    unsigned loops = groups->spread->loops;
    size_t at = sizeof(struct group) + size + 1;
    struct group *group;

    at += -at % sizeof(size_t);
    group = calloc(1, at + loops * sizeof(size_t));
    if (!group)
        return NULL;
    memcpy(group->name, name, size + 1);
    spread_begin_share(groups->spread, &group->share,
                       (size_t *)(void *)((char *)group + at));
    return group;
}

int groups_get(struct groups *groups, struct group **out, const char *name,
               coil_time now)
{
    size_t size = strlen(name);
    int rc;

    *out = group_of(table_find(&groups->table, name, size));
    if (*out)
        return 0;
    forget_one(groups, now);
    *out = make(groups, name, size);
    if (!*out)
        return -ENOMEM;
    rc = table_add(&groups->table, &(*out)->entry, (*out)->name, size);
    if (rc < 0) {
        free(*out);
        return rc;
    }
    groups_set_unused(groups, *out);
    return 0;
}
