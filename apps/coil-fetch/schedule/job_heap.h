/* SPDX-License-Identifier: MIT */
/*
 * job_heap.h - jobs, the first of an order at hand
 *
 * Those that are due earlier come first; then by priority; then first come, first
 * served.  The heap keeps by what it compares: the jobs themselves are all over the
 * memory, and to look at a dozen of them takes longer than all the rest.
 */
#ifndef COIL_FETCH_SCHEDULE_JOB_HEAP_H
#define COIL_FETCH_SCHEDULE_JOB_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/time.h>

#include "job/job.h"

struct job_heap_entry {
    coil_time due;
    uint64_t place; /* of the job, and its priority */
    int64_t priority;
    struct job *job;
};

/* Zeroed, it is empty. */
struct job_heap {
    struct job_heap_entry *entries;
    size_t count;
    size_t room;
};

/* By priority, and first come, first served among equals. */
bool job_is_better(const struct job *a, const struct job *b);

/* Frees no job. */
void job_heap_fini(struct job_heap *heap);

/*
 * The priority and the place of a job must not change while it is in a heap.
 * Returns 0; -ENOMEM, and the heap is as it was.
 */
int job_heap_put(struct job_heap *heap, struct job *job, coil_time due);

/* NULL: it is empty. */
struct job *job_heap_first(const struct job_heap *heap);
struct job *job_heap_take(struct job_heap *heap);

#endif
