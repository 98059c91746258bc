/* SPDX-License-Identifier: MIT */
#include "schedule/group.h"

#include <errno.h>
#include <stdlib.h>

coil_time group_not_before(const struct group *group)
{
    return group->blocked_until > group->rate.next ? group->blocked_until
                                                   : group->rate.next;
}

bool group_has_better_job(const struct group *a, const struct group *b)
{
    return job_is_better(job_heap_first(&a->jobs), job_heap_first(&b->jobs));
}

bool group_is_due_earlier(const struct group *a, const struct group *b)
{
    return a->due < b->due;
}

int group_heap_reserve(struct group_heap *heap, size_t count)
{
    size_t room = heap->room > 0 ? heap->room : 16;
    struct group **groups;

    if (count <= heap->room)
        return 0;
    while (room < count)
        room *= 2;
    groups = realloc(heap->groups, room * sizeof *groups);
    if (!groups)
        return -ENOMEM;
    heap->groups = groups;
    heap->room = room;
    return 0;
}

static void put_at(struct group_heap *heap, size_t at, struct group *group)
{
    heap->groups[at] = group;
    group->at = at;
}

/* Returns where a group belongs that comes from `at`, and makes room there. */
static size_t rise(struct group_heap *heap, size_t at,
                   const struct group *group)
{
    while (at > 0 && heap->order(group, heap->groups[(at - 1) / 2])) {
        put_at(heap, at, heap->groups[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return at;
}

static size_t sink(struct group_heap *heap, size_t at,
                   const struct group *group)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->count)
            return at;
        if (child + 1 < heap->count &&
            heap->order(heap->groups[child + 1], heap->groups[child]))
            child++;
        if (!heap->order(heap->groups[child], group))
            return at;
        put_at(heap, at, heap->groups[child]);
        at = child;
    }
}

void group_heap_add(struct group_heap *heap, struct group *group)
{
    put_at(heap, rise(heap, heap->count++, group), group);
}

void group_heap_move(struct group_heap *heap, struct group *group)
{
    size_t at = rise(heap, group->at, group);

    if (at == group->at)
        at = sink(heap, at, group);
    put_at(heap, at, group);
}

void group_heap_remove(struct group_heap *heap, struct group *group)
{
    struct group *last = heap->groups[--heap->count];

    if (last == group)
        return;
    put_at(heap, group->at, last);
    group_heap_move(heap, last);
}

struct group *group_heap_first(const struct group_heap *heap)
{
    return heap->count > 0 ? heap->groups[0] : NULL;
}
