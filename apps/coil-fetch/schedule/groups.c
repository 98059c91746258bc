/* SPDX-License-Identifier: MIT */
#include "schedule/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct group *group_of(struct table_entry *entry)
{
    return (struct group *)entry;
}

static void free_group(struct groups *groups, struct group *group)
{
    table_remove(&groups->table, &group->entry);
    job_heap_fini(&group->jobs);
    free(group);
}

void groups_fini(struct groups *groups)
{
    while (groups->table.newest)
        free_group(groups, group_of(groups->table.newest));
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

void groups_set_used(struct groups *groups, struct group *group)
{
    groups->unused -= group->is_unused;
    group->is_unused = false;
}

void groups_set_unused(struct groups *groups, struct group *group)
{
    if (group->is_unused)
        return;
    table_use(&groups->table, &group->entry);
    group->is_unused = true;
    groups->unused++;
}

/*
 * The one that has been idle for longest goes, unless it is to be left alone.  What is
 * not idle, and older, is looked at again after all the others.
 */
static void forget_one(struct groups *groups, coil_time now)
{
    size_t left = groups->table.count;

    if (groups->unused <= groups->max_unused)
        return;
    while (left-- > 0 && !group_of(groups->table.oldest)->is_unused)
        table_use(&groups->table, groups->table.oldest);
    if (group_not_before(group_of(groups->table.oldest)) > now) {
        table_use(&groups->table, groups->table.oldest);
        return;
    }
    groups->unused--;
    free_group(groups, group_of(groups->table.oldest));
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
    *out = calloc(1, sizeof **out + size + 1);
    if (!*out)
        return -ENOMEM;
    memcpy((*out)->name, name, size + 1);
    rc = table_add(&groups->table, &(*out)->entry, (*out)->name, size);
    if (rc < 0) {
        free(*out);
        return rc;
    }
    groups_set_unused(groups, *out);
    return 0;
}
