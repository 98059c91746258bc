/* SPDX-License-Identifier: MIT */
/*
 * scan.c - one pass: the loops, new tasks, and some of those that are known
 *
 * A loop appends its tasks to its list as they are made, and their ids grow.  So
 * whoever walks the list back from its end, down to the newest id that is known,
 * has met all that are new.  A walk that runs into a task which has just ended
 * finds no way on; then the next pass walks as far again.
 */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "must.h"
#include "scan_inside.h"

enum {
    WALK_MAX = 1 << 22,
    BATCH = 256,
    TASK_BYTES = 4096, /* of a task's struct and what is below it */
    BELOW_MAX = 2048,  /* a waiter so far below is read together with it */
    WAITER_BYTES = 512,
};

/* ---- beginning and end ---------------------------------------------------- */

static void find_stats(const struct target *target, struct scan_stats *stats)
{
    stats->is_there =
        target_has_field(target, "stats.running", &stats->running) &&
        target_has_field(target, "stats.waiting", &stats->waiting) &&
        target_has_field(target, "stats.longest", &stats->longest) &&
        target_has_field(target, "stats.since", &stats->since);
}

/*
 * What is read of a task at each pass is as little as possible: its loop has to
 * fetch those cache lines back.
 */
static size_t find_hot(const struct scan_fields *at)
{
    const uint32_t fields[] = {
        at->task_id,     at->task_interrupt, at->task_state,
        at->task_parked, at->task_self,      at->task_scheduler,
        at->task_sp,     at->task_fp,        at->task_pc,
    };
    size_t hot = 0;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i] + sizeof(uint64_t) > hot)
            hot = fields[i] + sizeof(uint64_t);
    }
    return hot < at->task_size ? hot : at->task_size;
}

struct scan *scan_open(struct target *target, int *status)
{
    struct scan *scan = must_calloc(1, sizeof *scan);

    scan->target = target;
#define FIND_FIELD(name, text) scan->at.name = target_field(target, text);
    SCAN_FIELDS(FIND_FIELD)
#undef FIND_FIELD
    find_stats(target, &scan->stats);
    *status = 0;
    if (target->lacks_field || scan->at.task_size > TASK_BYTES - BELOW_MAX ||
        scan->at.loop_size > TASK_BYTES ||
        scan->at.waiter_size > WAITER_BYTES) {
        fprintf(stderr,
                "%s: process %d: its coil lacks a field that is "
                "needed\n",
                target->program, (int)target->pid);
        free(scan);
        *status = EXIT_OTHER_VERSION;
        return NULL;
    }
    scan->hot = find_hot(&scan->at);
    scan->buckets = 1024;
    scan->by_address = must_calloc(scan->buckets, sizeof scan->by_address[0]);
    scan->by_id = must_calloc(scan->buckets, sizeof scan->by_id[0]);
    scan->bytes = must_calloc(BATCH, TASK_BYTES + WAITER_BYTES);
    scan->pieces = must_calloc(BATCH, sizeof scan->pieces[0]);
    return scan;
}

void scan_close(struct scan *scan)
{
    for (size_t i = 0; i < scan->task_count; i++)
        scan->tasks[i]->is_gone = true;
    scan_remove_gone(scan);
    for (size_t i = 0; i < scan->object_buckets; i++) {
        while (scan->objects[i]) {
            struct scan_object *object = scan->objects[i];

            scan->objects[i] = object->next;
            free(object);
        }
    }
    while (scan->kinds) {
        struct scan_kind *kind = scan->kinds;

        scan->kinds = kind->next;
        free(kind);
    }
    free(scan->tasks);
    free(scan->seen);
    free(scan->by_address);
    free(scan->by_id);
    free(scan->objects);
    free(scan->loops);
    free(scan->bytes);
    free(scan->pieces);
    free(scan);
}

int64_t scan_now(const struct scan *scan)
{
    return scan->now;
}

uint64_t scan_pass(const struct scan *scan)
{
    return scan->pass;
}

/* ---- new tasks ------------------------------------------------------------ */

/* There is another task where one was. */
static void replace(struct scan *scan, uintptr_t address, uint64_t id)
{
    struct scan_task *old = scan_find(scan, address);

    while (old) {
        if (old->address == address && old->id != id)
            old->is_gone = true;
        old = old->next;
    }
}

static bool is_task_of(const struct scan *scan, const unsigned char *bytes,
                       uintptr_t address, const struct scan_loop *loop)
{
    const struct scan_fields *at = &scan->at;

    return scan_word(bytes, at->task_size, at->task_self) == address &&
           scan_word(bytes, at->task_size, at->task_scheduler) == loop->address;
}

/* Tasks that were made in this pass come in the order in which they were made. */
static void reverse(struct scan *scan, size_t from)
{
    for (size_t to = scan->task_count; from + 1 < to; from++) {
        struct scan_task *task = scan->tasks[from];

        scan->tasks[from] = scan->tasks[--to];
        scan->tasks[to] = task;
    }
}

static void find_new(struct scan *scan, size_t index)
{
    struct scan_loop *loop = &scan->loops[index];
    uintptr_t link = loop->tail;
    unsigned char *bytes = scan->bytes;
    size_t before = scan->task_count;
    uint64_t newest = loop->newest;
    size_t walked = 0;

    while (link && walked++ < WALK_MAX) {
        uintptr_t address = link - scan->at.task_link;
        uint64_t id;

        if (!target_read(scan->target, address, bytes, scan->at.task_size) ||
            !is_task_of(scan, bytes, address, loop))
            break;
        id = scan_word(bytes, scan->at.task_size, scan->at.task_id);
        if (id <= loop->newest)
            link = 0;
        else
            link =
                (uintptr_t)scan_word(bytes, scan->at.task_size,
                                     scan->at.task_link + scan->at.link_prev);
        if (id > newest)
            newest = id;
        replace(scan, address, id);
        if (!scan_find_id(scan, id))
            scan_add(scan, scan_new_task(scan, index, address, bytes));
    }
    if (!link)
        loop->newest = newest;
    reverse(scan, before);
}

/* ---- a pass --------------------------------------------------------------- */

bool scan_begin(struct scan *scan)
{
    struct timespec now;

    for (size_t i = 0; i < scan->loop_count; i++)
        scan->loops[i].is_new = false;
    scan->pass++;
    scan->seen_count = 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    scan->now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (!scan_read_loops(scan))
        return false;
    for (size_t i = 0; i < scan->loop_count; i++) {
        if (scan->loops[i].is_open)
            find_new(scan, i);
    }
    scan_remove_gone(scan);
    return true;
}

/* How far below its task the waiter of the last time lies, if that is near. */
static size_t below(const struct scan_task *task)
{
    return task->parked && task->parked < task->address &&
                   task->address - task->parked <= BELOW_MAX
               ? task->address - task->parked
               : 0;
}

static unsigned char *bytes_of(struct scan *scan, size_t i)
{
    return scan->bytes + i * (TASK_BYTES + WAITER_BYTES);
}

/* Take what was read; how many waiters must be read by themselves. */
static size_t take_batch(struct scan *scan, struct scan_task **tasks,
                         size_t count)
{
    struct bulk_piece *pieces = scan->pieces;
    size_t more = 0;

    for (size_t i = 0; i < count; i++) {
        struct scan_task *task = tasks[i];
        size_t distance = task->address - pieces[i].address;
        unsigned char *bytes = bytes_of(scan, i);

        if (!pieces[i].is_read || task->is_gone ||
            !scan_take_task(scan, task, bytes + distance)) {
            task->is_gone = true;
            continue;
        }
        scan->seen = must_grow(scan->seen, scan->seen_count,
                               &scan->seen_capacity, sizeof scan->seen[0]);
        scan->seen[scan->seen_count++] = task;
        if (!task->parked)
            continue;
        if (distance > 0 && below(task) == distance) {
            scan_take_wait(scan, task, bytes);
            continue;
        }
        /* Pieces up to i are used up, and tasks[more] has been looked at. */
        tasks[more] = task;
        pieces[more] = (struct bulk_piece){ task->parked,
                                            bytes_of(scan, more) + TASK_BYTES,
                                            scan->at.waiter_size, false };
        more++;
    }
    return more;
}

static void read_batch(struct scan *scan, struct scan_task **tasks,
                       size_t count)
{
    size_t more;

    for (size_t i = 0; i < count; i++) {
        size_t distance = below(tasks[i]);

        scan->pieces[i] = (struct bulk_piece){ tasks[i]->address - distance,
                                               bytes_of(scan, i),
                                               distance + scan->hot, false };
    }
    bulk_read(scan->target, scan->pieces, count);
    more = take_batch(scan, tasks, count);
    bulk_read(scan->target, scan->pieces, more);
    for (size_t i = 0; i < more; i++) {
        if (scan->pieces[i].is_read)
            scan_take_wait(scan, tasks[i], scan->pieces[i].to);
    }
}

size_t scan_read(struct scan *scan, size_t max)
{
    struct scan_task *batch[BATCH];
    size_t count = max < scan->task_count ? max : scan->task_count;

    for (size_t left = count; left > 0;) {
        size_t n = left < BATCH ? left : BATCH;

        for (size_t i = 0; i < n; i++) {
            if (scan->cursor >= scan->task_count)
                scan->cursor = 0;
            batch[i] = scan->tasks[scan->cursor++];
        }
        read_batch(scan, batch, n);
        left -= n;
    }
    scan_read_holders(scan);
    return count;
}
