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

#include "bytes.h"
#include "must.h"
#include "scan_inside.h"

enum {
    LOOPS_MAX = 4096,
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
        target_has_field(target, "stats.turns", &stats->turns) &&
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

size_t scan_loops(const struct scan *scan, struct scan_loop **loops)
{
    *loops = scan->loops;
    return scan->loop_count;
}

int64_t scan_now(const struct scan *scan)
{
    return scan->now;
}

uint64_t scan_pass(const struct scan *scan)
{
    return scan->pass;
}

size_t scan_task_size(const struct scan *scan)
{
    return scan->at.task_size;
}

/* ---- loops ---------------------------------------------------------------- */

/* The loop of this address; a new one if there is none. */
static struct scan_loop *find_loop(struct scan *scan, uintptr_t address)
{
    struct scan_loop *loop;

    for (size_t i = 0; i < scan->loop_count; i++) {
        if (scan->loops[i].address == address && scan->loops[i].is_open)
            return &scan->loops[i];
    }
    scan->loops = must_grow(scan->loops, scan->loop_count, &scan->loop_capacity,
                            sizeof scan->loops[0]);
    loop = &scan->loops[scan->loop_count++];
    *loop = (struct scan_loop){
        .address = address,
        .is_open = true,
        .is_new = true,
    };
    return loop;
}

static void name_thread(const struct scan *scan, struct scan_loop *loop)
{
    char path[64];
    FILE *comm;

    snprintf(loop->thread_name, sizeof loop->thread_name, "?");
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)scan->target->pid,
             loop->tid);
    comm = fopen(path, "re");
    if (comm && fgets(loop->thread_name, sizeof loop->thread_name, comm))
        loop->thread_name[strcspn(loop->thread_name, "\n")] = '\0';
    if (comm)
        fclose(comm);
}

/* A phase that goes on has not been added yet. */
static void take_stats(struct scan *scan, struct scan_loop *loop,
                       const unsigned char *bytes)
{
    const struct scan_stats *at = &scan->stats;
    size_t size = scan->at.loop_size;
    uint64_t since;

    loop->has_stats = at->is_there;
    if (!at->is_there)
        return;
    loop->turns = scan_word(bytes, size, at->turns);
    loop->running = scan_word(bytes, size, at->running);
    loop->waiting = scan_word(bytes, size, at->waiting);
    loop->longest = scan_word(bytes, size, at->longest);
    since = scan_word(bytes, size, at->since);
    if (!loop->is_running || since == 0 || since > (uint64_t)scan->now)
        return;
    if (loop->is_waiting)
        loop->waiting += (uint64_t)scan->now - since;
    else
        loop->running += (uint64_t)scan->now - since;
}

static void take_loop(struct scan *scan, struct scan_loop *loop,
                      const unsigned char *bytes)
{
    const struct scan_fields *at = &scan->at;
    size_t size = at->loop_size;
    unsigned looks = scan_number(bytes, size, at->loop_looks);
    size_t grants = scan_word(bytes, size, at->loop_grants);
    size_t fuel = scan_word(bytes, size, at->loop_fuel);
    int tid = (int)scan_number(bytes, size, at->loop_tid);

    loop->has_moved = loop->is_new || looks != loop->looks ||
                      grants != loop->grants || fuel != loop->fuel;
    loop->looks = looks;
    loop->grants = grants;
    loop->fuel = fuel;
    loop->is_waiting = looks % 2 != 0;
    loop->is_running = at->loop_running < size && bytes[at->loop_running] != 0;
    loop->tasks = scan_word(bytes, size, at->loop_task_count);
    loop->ready = scan_word(bytes, size, at->loop_ready);
    loop->turn = scan_number(bytes, size, at->loop_turn);
    loop->looked = (int64_t)scan_word(bytes, size, at->loop_looked);
    loop->tail = (uintptr_t)scan_word(bytes, size, at->loop_tail);
    loop->thread = (uintptr_t)scan_word(bytes, size, at->loop_thread);
    loop->current = 0;
    take_stats(scan, loop, bytes);
    if (loop->is_running && !loop->is_waiting && loop->thread)
        loop->current =
            word_at(scan->target, loop->thread + at->thread_current);
    if (tid != loop->tid || loop->is_new) {
        loop->tid = tid;
        name_thread(scan, loop);
    }
    loop->pass = scan->pass;
}

bool scan_is_same_step(const struct scan *scan, const struct scan_loop *loop)
{
    const struct scan_fields *at = &scan->at;
    unsigned char *bytes = scan->bytes;
    size_t size = at->loop_size;

    return target_read(scan->target, loop->address, bytes, size) &&
           scan_number(bytes, size, at->loop_looks) == loop->looks &&
           scan_word(bytes, size, at->loop_grants) == loop->grants &&
           scan_word(bytes, size, at->loop_fuel) == loop->fuel;
}

/* Its tasks have no loop any more. */
static void close_loop(struct scan *scan, size_t index)
{
    scan->loops[index].is_open = false;
    scan->loops[index].current = 0;
    for (size_t i = 0; i < scan->task_count; i++) {
        if (scan->tasks[i]->loop == index)
            scan->tasks[i]->is_gone = true;
    }
}

static bool read_loops(struct scan *scan)
{
    uintptr_t at;
    size_t count = 0;

    if (!target_read(scan->target, (uintptr_t)scan->target->table.loops, &at,
                     sizeof at))
        return false;
    while (at && count++ < LOOPS_MAX) {
        unsigned char *bytes = scan->bytes;
        struct scan_loop *loop;

        if (!target_read(scan->target, at, bytes, scan->at.loop_size))
            break;
        loop = find_loop(scan, at);
        if (loop->pass == scan->pass)
            break;
        take_loop(scan, loop, bytes);
        at =
            (uintptr_t)scan_word(bytes, scan->at.loop_size, scan->at.loop_next);
    }
    for (size_t i = 0; i < scan->loop_count; i++) {
        if (scan->loops[i].is_open && scan->loops[i].pass != scan->pass)
            close_loop(scan, i);
    }
    return true;
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
    if (!read_loops(scan))
        return false;
    for (size_t i = 0; i < scan->loop_count; i++) {
        if (scan->loops[i].is_open)
            find_new(scan, i);
    }
    scan_remove_gone(scan);
    return true;
}

bool scan_look(struct scan *scan)
{
    uintptr_t first;

    if (!target_read(scan->target, (uintptr_t)scan->target->table.loops, &first,
                     sizeof first))
        return false;
    for (size_t i = 0; i < scan->loop_count; i++) {
        struct scan_loop *loop = &scan->loops[i];

        loop->is_new = false;
        if (loop->is_open && target_read(scan->target, loop->address,
                                         scan->bytes, scan->at.loop_size))
            take_loop(scan, loop, scan->bytes);
    }
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
