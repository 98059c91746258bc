/* SPDX-License-Identifier: MIT */
#include "schedule/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void groups_fini(struct groups *groups)
{
    for (size_t i = 0; i < groups->bucket_count; i++) {
        struct group *group = groups->buckets[i];

        while (group) {
            struct group *next = group->next;

            job_heap_fini(&group->jobs);
            free(group);
            group = next;
        }
    }
    free(groups->buckets);
}

static struct group **bucket_of(const struct groups *groups, uint64_t hash)
{
    return &groups->buckets[hash & (groups->bucket_count - 1)];
}

/* Returns 0; -ENOMEM, if there is not a single bucket. */
static int grow(struct groups *groups)
{
    struct groups larger = *groups;

    if (groups->count < groups->bucket_count)
        return 0;
    larger.bucket_count =
        groups->bucket_count > 0 ? 2 * groups->bucket_count : 64;
    larger.buckets = calloc(larger.bucket_count, sizeof *larger.buckets);
    if (!larger.buckets)
        return groups->bucket_count > 0 ? 0 : -ENOMEM;
    for (size_t i = 0; i < groups->bucket_count; i++) {
        struct group *group = groups->buckets[i];

        while (group) {
            struct group *next = group->next;
            struct group **bucket = bucket_of(&larger, group->hash);

            group->next = *bucket;
            *bucket = group;
            group = next;
        }
    }
    free(groups->buckets);
    *groups = larger;
    return 0;
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
    struct group **at = bucket_of(groups, group->hash);

    groups_set_used(groups, group);
    while (*at != group)
        at = &(*at)->next;
    *at = group->next;
    groups->count--;
    job_heap_fini(&group->jobs);
    free(group);
}

/* The one that has been idle for longest goes, unless it is to be left alone. */
static void forget_some(struct groups *groups, coil_time now)
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

static struct group *find(const struct groups *groups, uint64_t hash,
                          const char *name)
{
    struct group *group =
        groups->bucket_count > 0 ? *bucket_of(groups, hash) : NULL;

    while (group && (group->hash != hash || strcmp(group->name, name) != 0))
        group = group->next;
    return group;
}

int groups_get(struct groups *groups, struct group **out, const char *name,
               coil_time now)
{
    size_t size = strlen(name);
    uint64_t hash = hash_bytes(&groups->key, name, size);
    struct group **bucket;
    int rc;

    *out = find(groups, hash, name);
    if (*out)
        return 0;
    forget_some(groups, now);
    rc = grow(groups);
    if (rc < 0)
        return rc;
    *out = calloc(1, sizeof **out + size + 1);
    if (!*out)
        return -ENOMEM;
    (*out)->hash = hash;
    memcpy((*out)->name, name, size + 1);
    bucket = bucket_of(groups, hash);
    (*out)->next = *bucket;
    *bucket = *out;
    groups->count++;
    groups_set_unused(groups, *out);
    return 0;
}
