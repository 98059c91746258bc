/* SPDX-License-Identifier: MIT */
#include "schedule/job_heap.h"

#include <errno.h>
#include <stdlib.h>

bool job_is_better(const struct job *a, const struct job *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->place < b->place;
}

static bool is_before(const struct job_heap_entry *a,
                      const struct job_heap_entry *b)
{
    if (a->due != b->due)
        return a->due < b->due;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->place < b->place;
}

void job_heap_fini(struct job_heap *heap)
{
    free(heap->entries);
    *heap = (struct job_heap){ 0 };
}

static int make_room(struct job_heap *heap)
{
    size_t room = heap->room > 0 ? 2 * heap->room : 4;
    struct job_heap_entry *entries;

    if (heap->count < heap->room)
        return 0;
    entries = realloc(heap->entries, room * sizeof *entries);
    if (!entries)
        return -ENOMEM;
    heap->entries = entries;
    heap->room = room;
    return 0;
}

int job_heap_put(struct job_heap *heap, struct job *job, coil_time due)
{
    const struct job_heap_entry entry = {
        .due = due,
        .place = job->place,
        .priority = job->priority,
        .job = job,
    };
    size_t at = heap->count;
    int rc = make_room(heap);

    if (rc < 0)
        return rc;
    while (at > 0 && is_before(&entry, &heap->entries[(at - 1) / 2])) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->entries[at] = entry;
    heap->count++;
    return 0;
}

struct job *job_heap_first(const struct job_heap *heap)
{
    return heap->count > 0 ? heap->entries[0].job : NULL;
}

/* A heap that was large once gives its memory back. */
static void give_room_back(struct job_heap *heap)
{
    size_t room = heap->room / 2;
    struct job_heap_entry *entries;

    if (room < 64 || heap->count > room / 2)
        return;
    entries = realloc(heap->entries, room * sizeof *entries);
    if (!entries)
        return;
    heap->entries = entries;
    heap->room = room;
}

struct job *job_heap_take(struct job_heap *heap)
{
    struct job *first = job_heap_first(heap);
    struct job_heap_entry last;
    size_t at = 0;

    if (!first)
        return NULL;
    last = heap->entries[--heap->count];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            is_before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!is_before(&heap->entries[child], &last))
            break;
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    if (heap->count > 0)
        heap->entries[at] = last;
    give_room_back(heap);
    return first;
}
