/* SPDX-License-Identifier: MIT */
/*
 * scan_tasks.c - the tables of tasks that a scan keeps
 */
#include "scan_inside.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"

struct scan_task *scan_find(const struct scan *scan, uintptr_t address)
{
    struct scan_task *task =
        scan->by_address[scan_hash(address, scan->buckets)];

    while (task && task->address != address)
        task = task->next;
    return task;
}

struct scan_task *scan_find_id(const struct scan *scan, uint64_t id)
{
    struct scan_task *task = scan->by_id[scan_hash(id, scan->buckets)];

    while (task && task->id != id)
        task = task->next_id;
    return task;
}

static void link_task(struct scan *scan, struct scan_task *task)
{
    struct scan_task **a =
        &scan->by_address[scan_hash(task->address, scan->buckets)];
    struct scan_task **b = &scan->by_id[scan_hash(task->id, scan->buckets)];

    task->next = *a;
    *a = task;
    task->next_id = *b;
    *b = task;
}

static void unlink_task(struct scan *scan, struct scan_task *task)
{
    struct scan_task **a =
        &scan->by_address[scan_hash(task->address, scan->buckets)];
    struct scan_task **b = &scan->by_id[scan_hash(task->id, scan->buckets)];

    while (*a != task)
        a = &(*a)->next;
    *a = task->next;
    while (*b != task)
        b = &(*b)->next_id;
    *b = task->next_id;
}

static void grow_tables(struct scan *scan)
{
    free(scan->by_address);
    free(scan->by_id);
    scan->buckets = scan->buckets ? 2 * scan->buckets : 1024;
    scan->by_address = must_calloc(scan->buckets, sizeof scan->by_address[0]);
    scan->by_id = must_calloc(scan->buckets, sizeof scan->by_id[0]);
    for (size_t i = 0; i < scan->task_count; i++)
        link_task(scan, scan->tasks[i]);
}

void scan_add(struct scan *scan, struct scan_task *task)
{
    scan->tasks = must_grow(scan->tasks, scan->task_count, &scan->task_capacity,
                            sizeof scan->tasks[0]);
    scan->tasks[scan->task_count++] = task;
    if (scan->task_count >= scan->buckets)
        grow_tables(scan);
    else
        link_task(scan, task);
}

/* The others keep their order, and the cursor its place among them. */
void scan_remove_gone(struct scan *scan)
{
    size_t kept = 0;
    size_t cursor = 0;

    for (size_t i = 0; i < scan->task_count; i++) {
        struct scan_task *task = scan->tasks[i];

        if (i == scan->cursor)
            cursor = kept;
        if (task->is_gone) {
            unlink_task(scan, task);
            if (scan->forget)
                scan->forget(task);
            free(task);
        } else {
            scan->tasks[kept++] = task;
        }
    }
    scan->cursor = scan->cursor >= scan->task_count ? 0 : cursor;
    scan->task_count = kept;
}

size_t scan_tasks(const struct scan *scan, struct scan_task ***tasks)
{
    *tasks = scan->tasks;
    return scan->task_count;
}

size_t scan_seen(const struct scan *scan, struct scan_task ***tasks)
{
    *tasks = scan->seen;
    return scan->seen_count;
}

static struct scan_task *find_living(const struct scan *scan, uintptr_t address)
{
    struct scan_task *task = address ? scan_find(scan, address) : NULL;

    return task && !task->is_gone ? task : NULL;
}

struct scan_task *scan_parent(const struct scan *scan,
                              const struct scan_task *task)
{
    struct scan_task *parent = find_living(scan, task->owner_parent);

    if (!parent) {
        parent = find_living(scan, task->awaiter);
        /* It may wait for something else now. */
        if (parent && !(parent->kind && (parent->kind->awaits_one ||
                                         parent->kind->awaits_many)))
            parent = NULL;
    }
    return parent != task ? parent : NULL;
}
