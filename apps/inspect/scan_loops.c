/* SPDX-License-Identifier: MIT */
/*
 * scan_loops.c - the loops of a process, as a scan reads them
 */
#include "bytes.h"
#include "must.h"
#include "scan_inside.h"

enum { LOOPS_MAX = 4096 };

size_t scan_loops(const struct scan *scan, struct scan_loop **loops)
{
    *loops = scan->loops;
    return scan->loop_count;
}

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
    loop->tail = (uintptr_t)scan_word(bytes, size, at->loop_tail);
    loop->thread = (uintptr_t)scan_word(bytes, size, at->loop_thread);
    loop->current = 0;
    take_stats(scan, loop, bytes);
    if (loop->is_running && !loop->is_waiting && loop->thread)
        loop->current =
            word_at(scan->target, loop->thread + at->thread_current);
    if (tid != loop->tid || loop->is_new) {
        loop->tid = tid;
        target_thread_name(scan->target, tid, loop->thread_name,
                           sizeof loop->thread_name);
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

bool scan_read_loops(struct scan *scan)
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
