/* SPDX-License-Identifier: MIT */
/* job_heap.h - jobs, the first of an order at hand */
#ifndef COIL_FETCH_SCHEDULE_JOB_HEAP_H
#define COIL_FETCH_SCHEDULE_JOB_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "job/job.h"

/* Whether `a` comes before `b`. */
typedef bool (*job_order_fn)(const struct job *a, const struct job *b);

/* Zeroed, it is empty. */
struct job_heap {
    struct job **jobs;
    size_t count;
    size_t room;
};

/* By priority, and first come, first served among equals. */
bool job_is_better(const struct job *a, const struct job *b);

/* By `not_before`, and then as above. */
bool job_is_due_earlier(const struct job *a, const struct job *b);

/* Frees no job. */
void job_heap_fini(struct job_heap *heap);

/* Returns 0; -ENOMEM, and the heap is as it was. */
int job_heap_put(struct job_heap *heap, struct job *job, job_order_fn order);

/* NULL: it is empty. */
struct job *job_heap_first(const struct job_heap *heap);
struct job *job_heap_take(struct job_heap *heap, job_order_fn order);

#endif
