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

bool job_is_due_earlier(const struct job *a, const struct job *b)
{
    if (a->not_before != b->not_before)
        return a->not_before < b->not_before;
    return job_is_better(a, b);
}

void job_heap_fini(struct job_heap *heap)
{
    free(heap->jobs);
    *heap = (struct job_heap){ 0 };
}

static int make_room(struct job_heap *heap)
{
    size_t room = heap->room > 0 ? 2 * heap->room : 4;
    struct job **jobs;

    if (heap->count < heap->room)
        return 0;
    jobs = realloc(heap->jobs, room * sizeof *jobs);
    if (!jobs)
        return -ENOMEM;
    heap->jobs = jobs;
    heap->room = room;
    return 0;
}

int job_heap_put(struct job_heap *heap, struct job *job, job_order_fn order)
{
    size_t at = heap->count;
    int rc = make_room(heap);

    if (rc < 0)
        return rc;
    while (at > 0 && order(job, heap->jobs[(at - 1) / 2])) {
        heap->jobs[at] = heap->jobs[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->jobs[at] = job;
    heap->count++;
    return 0;
}

struct job *job_heap_first(const struct job_heap *heap)
{
    return heap->count > 0 ? heap->jobs[0] : NULL;
}

/* A heap that was large once gives its memory back. */
static void give_room_back(struct job_heap *heap)
{
    size_t room = heap->room / 2;
    struct job **jobs;

    if (room < 64 || heap->count > room / 2)
        return;
    jobs = realloc(heap->jobs, room * sizeof *jobs);
    if (!jobs)
        return;
    heap->jobs = jobs;
    heap->room = room;
}

struct job *job_heap_take(struct job_heap *heap, job_order_fn order)
{
    struct job *first = job_heap_first(heap);
    struct job *last;
    size_t at = 0;

    if (!first)
        return NULL;
    last = heap->jobs[--heap->count];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            order(heap->jobs[child + 1], heap->jobs[child]))
            child++;
        if (!order(heap->jobs[child], last))
            break;
        heap->jobs[at] = heap->jobs[child];
        at = child;
    }
    if (heap->count > 0)
        heap->jobs[at] = last;
    give_room_back(heap);
    return first;
}
