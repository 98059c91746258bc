/* SPDX-License-Identifier: MIT */
#include "tasks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

bool tasks_init(struct tasks *tasks)
{
    *tasks = (struct tasks){
        .slots = calloc(FIRST_CAPACITY, sizeof(struct task *)),
        .capacity = FIRST_CAPACITY,
    };
    return tasks->slots;
}

void tasks_fini(struct tasks *tasks)
{
    for (size_t i = 0; tasks->slots && i < tasks->capacity; i++)
        free(tasks->slots[i]);
    free(tasks->slots);
    tasks->slots = NULL;
}

static struct task **place_of(struct task **slots, size_t capacity, uint64_t id)
{
    size_t i = (size_t)((id * 0x9e3779b97f4a7c15u) >> 32);

    for (;; i++) {
        struct task **slot = &slots[i & (capacity - 1)];

        if (!*slot || (*slot)->id == id)
            return slot;
    }
}

static bool grow(struct tasks *tasks)
{
    size_t capacity = 2 * tasks->capacity;
    struct task **slots = calloc(capacity, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < tasks->capacity; i++)
        if (tasks->slots[i])
            *place_of(slots, capacity, tasks->slots[i]->id) = tasks->slots[i];
    free(tasks->slots);
    tasks->slots = slots;
    tasks->capacity = capacity;
    return true;
}

struct task *tasks_get(struct tasks *tasks, uint64_t id)
{
    struct task **slot = place_of(tasks->slots, tasks->capacity, id);

    if (*slot)
        return *slot;
    if (2 * tasks->count >= tasks->capacity) {
        if (!grow(tasks))
            return NULL;
        slot = place_of(tasks->slots, tasks->capacity, id);
    }
    *slot = calloc(1, sizeof **slot);
    if (!*slot)
        return NULL;
    tasks->count++;
    (*slot)->id = id;
    (*slot)->site = "?";
    (*slot)->row = -1;
    (*slot)->seen = -1;
    if (id > 0)
        snprintf((*slot)->name, TASK_NAME, "Task-%" PRIu64, id);
    else
        strcpy((*slot)->name, "callbacks");
    return *slot;
}

static void note_park(struct task *task, const struct file *file,
                      const struct event *event)
{
    if (task->reason)
        return;
    task->reason = file_name(file, event->detail);
    task->since = event_began(event);
    task->object = event_object(event);
    task->needs = event->needs;
    task->descriptor = event->descriptor;
}

static void note_span(struct task *task, const struct file *file,
                      const struct event *event)
{
    if (task->span_count == SPANS_MAX)
        return;
    task->spans[task->span_count] = file_name(file, event->detail);
    task->span_since[task->span_count++] = event->time;
}

static void note_woken(struct task *task, const struct event *event)
{
    if (task->reason) {
        task->waits++;
        task->waited += event->time - task->since;
    }
    task->reason = NULL;
}

void task_note(struct task *task, const struct file *file,
               const struct event *event)
{
    task->events++;
    switch (event->type) {
    case COIL_RECORD_MADE:
    case COIL_RECORD_ALIVE:
        task->site = file_name(file, event->detail);
        break;
    case COIL_RECORD_NAME:
        snprintf(task->name, sizeof task->name, "%.60s", event->text);
        task->has_name = true;
        break;
    case COIL_RECORD_PARKED:
        note_park(task, file, event);
        break;
    case COIL_RECORD_WOKEN:
        note_woken(task, event);
        break;
    case COIL_RECORD_ENDED:
        note_woken(task, event);
        task->has_ended = true;
        task->span_count = 0;
        break;
    case COIL_RECORD_SPAN_BEGIN:
        note_span(task, file, event);
        break;
    case COIL_RECORD_SPAN_END:
        task->span_count -= task->span_count > 0;
        break;
    default:
        break;
    }
}

int task_by_id(const void *a, const void *b)
{
    uint64_t first = (*(struct task *const *)a)->id;
    uint64_t second = (*(struct task *const *)b)->id;

    return first < second ? -1 : first > second;
}

struct task **tasks_sorted(const struct tasks *tasks,
                           int (*compare)(const void *a, const void *b))
{
    struct task **all = calloc(tasks->count + 1, sizeof *all);
    size_t n = 0;

    for (size_t i = 0; all && i < tasks->capacity; i++)
        if (tasks->slots[i])
            all[n++] = tasks->slots[i];
    if (all && n > 1)
        qsort(all, n, sizeof *all, compare);
    return all;
}
