/* SPDX-License-Identifier: MIT */
#include "reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "must.h"
#include "reach_inside.h"

/* What is read in one piece of a task, a loop, a wait. */
enum { SIZE_MAX_KNOWN = 1024, LOOP_MAX = 1 << 16, REASON_MAX = 512 };

static bool find_fields(struct reach *r)
{
#define FIND_FIELD(name, text) r->at.name = target_field(r->target, text);
    REACH_FIELDS(FIND_FIELD)
#undef FIND_FIELD
    return !r->target->lacks_field && r->at.task_size <= SIZE_MAX_KNOWN &&
           r->at.loop_size <= LOOP_MAX && r->at.waiter_size <= REASON_MAX &&
           r->at.reason_size <= REASON_MAX;
}

/* Pools of the threads that run loops; others are found by their tasks. */
static void find_slots(struct reach *r)
{
    for (size_t i = 0; i < r->loop_count; i++) {
        uintptr_t thread = 0;
        uintptr_t pool = 0;

        memcpy(&thread, r->loops[i].bytes + r->at.loop_thread, sizeof thread);
        if (thread && target_read(r->target, thread + r->at.thread_stacks,
                                  &pool, sizeof pool))
            slots_add_pool(&r->slots, r->target, pool);
    }
    slots_sort(&r->slots);
}

static void read_heaps(struct reach *r)
{
    r->lowest = UINTPTR_MAX;
    for (size_t i = 0; i < r->areas.count; i++) {
        struct area *area = &r->areas.all[i];

        if (area->kind == AREA_OTHER)
            area->heap = heap_read(r->target, area);
        if (area->heap)
            area->kind = AREA_HEAP;
        if (area->from < r->lowest)
            r->lowest = area->from;
        if (area->to > r->highest)
            r->highest = area->to;
    }
}

static void take_result(const struct reach *r, struct reach_result *result)
{
    result->tasks = r->task_count;
    result->lost = must_calloc(r->task_count, sizeof result->lost[0]);
    for (size_t i = 0; i < r->task_count; i++) {
        const struct reach_task *task = &r->tasks[i];

        if (!task->is_alive)
            result->lost[result->count++] = (struct reach_lost){
                .address = task->address,
                .object = task->object,
                .id = task->id,
                .since = task->since,
                .is_held = task->is_held,
            };
    }
}

static void free_all(struct reach *r)
{
    for (size_t i = 0; i < r->areas.count; i++) {
        if (r->areas.all[i].heap)
            heap_free(r->areas.all[i].heap);
    }
    for (size_t i = 0; i < r->loop_count; i++)
        free(r->loops[i].bytes);
    while (r->kinds) {
        struct reach_kind *kind = r->kinds;

        r->kinds = kind->next;
        free(kind);
    }
    areas_free(&r->areas);
    slots_free(&r->slots);
    free(r->loops);
    free(r->tasks);
    free(r->words);
    free(r->work);
    free(r->needs);
    free(r->buckets);
    free(r->threads);
    free(r);
}

static void look(struct reach *r, struct reach_result *result)
{
    find_slots(r);
    reach_find_threads(r);
    read_heaps(r);
    reach_read_tasks(r);
    reach_need_all(r);
    reach_scan_timers(r);
    reach_scan_roots(r);
    reach_mark(r);
    take_result(r, result);
    result->is_stable =
        !r->is_unstable && reach_is_same_step(r) && reach_threads_are_same(r);
}

int reach_look(struct reach_result *result, struct target *target)
{
    struct reach *r = must_calloc(1, sizeof *r);
    int status = 0;

    *result = (struct reach_result){ .count = 0 };
    r->target = target;
    if (!find_fields(r)) {
        fprintf(stderr,
                "%s: process %d: its coil lacks a field that is needed\n",
                target->program, (int)target->pid);
        status = EXIT_OTHER_VERSION;
    } else if (!areas_read(&r->areas, target) || !reach_read_loops(r)) {
        fprintf(stderr, "%s: process %d: it has ended\n", target->program,
                (int)target->pid);
        status = EXIT_NO_PROCESS;
    } else {
        look(r, result);
    }
    free_all(r);
    return status;
}
