/* SPDX-License-Identifier: MIT */
#include "schedule/lineup.h"

#include <errno.h>
#include <stdlib.h>

enum { MAX_GROUPS = 10000 };

int lineup_init(struct lineup *lineup, const struct schedule_options *options,
                struct spread *spread)
{
    *lineup = (struct lineup){
        .startable.order = group_has_better_job,
        .timed.order = group_is_due_earlier,
        .per_group = options->per_group,
        .interval = options->rate_per_group.interval,
        .groups.spread = spread,
        .groups.max_unused =
            options->max_groups > 0 ? options->max_groups : MAX_GROUPS,
    };
    return table_init(&lineup->groups.table);
}

void lineup_fini(struct lineup *lineup)
{
    groups_fini(&lineup->groups);
    free(lineup->startable.groups);
    free(lineup->timed.groups);
}

int lineup_get(struct lineup *lineup, struct group **out, const char *name,
               coil_time now)
{
    size_t count;
    int rc = groups_get(&lineup->groups, out, name, now);

    if (rc < 0)
        return rc;
    count = lineup->groups.table.count;
    rc = group_heap_reserve(&lineup->startable, count);
    if (rc == 0)
        rc = group_heap_reserve(&lineup->timed, count);
    if (rc == 0 && (*out)->is_unused && (*out)->rate.interval == 0)
        (*out)->rate.interval = lineup->interval;
    return rc;
}

void lineup_take_out(struct lineup *lineup, struct group *group)
{
    if (group->state == GROUP_STARTABLE)
        group_heap_remove(&lineup->startable, group);
    else if (group->state == GROUP_TIMED)
        group_heap_remove(&lineup->timed, group);
    else if (group->state == GROUP_FULL)
        lineup->full--;
    group->state = GROUP_IDLE;
}

/* The group is in no heap. */
void lineup_place(struct lineup *lineup, struct group *group, coil_time now)
{
    if (group->jobs.count == 0 && group->active == 0 && group->retrying == 0)
        groups_set_unused(&lineup->groups, group);
    else
        groups_set_used(&lineup->groups, group);
    if (group->jobs.count == 0)
        return;
    group->due = group_not_before(group);
    if (group->active >= lineup->per_group) {
        group->state = group->due <= now ? GROUP_FULL : GROUP_IDLE;
        lineup->full += group->state == GROUP_FULL;
        return;
    }
    group->state = group->due <= now ? GROUP_STARTABLE : GROUP_TIMED;
    group_heap_add(group->state == GROUP_STARTABLE ? &lineup->startable
                                                   : &lineup->timed,
                   group);
}

void lineup_place_again(struct lineup *lineup, struct group *group,
                        coil_time now)
{
    lineup_take_out(lineup, group);
    lineup_place(lineup, group, now);
}

int lineup_add_job(struct lineup *lineup, struct job *job, coil_time now)
{
    struct group *group = job->group;
    int rc;

    /* The order of the heap depends on the best job, which may be this one. */
    lineup_take_out(lineup, group);
    rc = job_heap_put(&group->jobs, job, 0);
    lineup_place(lineup, group, now);
    return rc;
}

struct job *lineup_take_job(struct lineup *lineup, struct group *group,
                            coil_time now)
{
    struct job *job;

    lineup_take_out(lineup, group);
    job = job_heap_take(&group->jobs);
    lineup_place(lineup, group, now);
    return job;
}

void lineup_pass_time(struct lineup *lineup, coil_time now)
{
    struct group *group;

    while ((group = group_heap_first(&lineup->timed)) && group->due <= now)
        lineup_place_again(lineup, group, now);
}

/* A group whose limit is reached is in no heap. */
struct group *lineup_any(const struct lineup *lineup)
{
    if (lineup->startable.count > 0)
        return group_heap_first(&lineup->startable);
    if (lineup->timed.count > 0)
        return group_heap_first(&lineup->timed);
    for (struct group *group = groups_first(&lineup->groups); group;
         group = groups_next(group))
        if (group->jobs.count > 0)
            return group;
    return NULL;
}
