/* SPDX-License-Identifier: MIT */
/*
 * reach_tasks.c - all loops, and all their tasks
 *
 * The tasks lie at the tops of the stacks, which are read many at a time.  If a
 * loop has more than were found there, its list is followed.
 */
#include <stdlib.h>
#include <string.h>

#include "bulk.h"
#include "bytes.h"
#include "must.h"
#include "reach_inside.h"

enum {
    LOOPS_MAX = 4096,
    WALK_MAX = 1 << 22,
    BATCH = 256,
    TOP_BYTES = 1536,  /* read of each stack, … */
    LEAST_BYTES = 512, /* … if those before it needed no less */
    WORDS = 16, /* addresses on a stack; what is not used takes no memory */
    MORE_BYTES = 2048, /* the same, with the copy of an argument */
};

static uint64_t word_in(const unsigned char *bytes, uint32_t at)
{
    uint64_t word;

    memcpy(&word, bytes + at, sizeof word);
    return word;
}

/* ---- loops ---------------------------------------------------------------- */

static bool read_loop(struct reach *r, struct reach_loop *loop)
{
    const struct reach_fields *at = &r->at;
    unsigned char *bytes = loop->bytes;
    uint32_t looks;

    if (!target_read(r->target, loop->address, bytes, at->loop_size))
        return false;
    memcpy(&looks, bytes + at->loop_looks, sizeof looks);
    loop->steps[0] = looks;
    loop->steps[1] = word_in(bytes, at->loop_grants);
    loop->steps[2] = word_in(bytes, at->loop_fuel);
    loop->steps[3] = loop->task_count = word_in(bytes, at->loop_task_count);
    loop->tail = (uintptr_t)word_in(bytes, at->loop_tail);
    return true;
}

bool reach_read_loops(struct reach *r)
{
    uintptr_t at;

    if (!target_read(r->target, (uintptr_t)r->target->table.loops, &at,
                     sizeof at))
        return false;
    while (at && r->loop_count < LOOPS_MAX) {
        struct reach_loop *loop;

        r->loops = must_grow(r->loops, r->loop_count, &r->loop_capacity,
                             sizeof r->loops[0]);
        loop = &r->loops[r->loop_count];
        *loop = (struct reach_loop){ .address = at };
        loop->bytes = must_calloc(1, r->at.loop_size);
        r->loop_count++;
        if (!read_loop(r, loop))
            break;
        at = (uintptr_t)word_in(loop->bytes, r->at.loop_next);
        /* Of even number: it is not waiting for the kernel. */
        if (loop->steps[0] % 2 == 0)
            r->is_unstable = true;
    }
    return true;
}

bool reach_is_same_step(struct reach *r)
{
    for (size_t i = 0; i < r->loop_count; i++) {
        struct reach_loop *loop = &r->loops[i];
        uint64_t steps[4];

        memcpy(steps, loop->steps, sizeof steps);
        if (!read_loop(r, loop) ||
            memcmp(steps, loop->steps, sizeof steps) != 0)
            return false;
    }
    return true;
}

/* ---- tasks ---------------------------------------------------------------- */

static size_t top_bytes(const struct slot *slot, size_t size)
{
    return slot->top - slot->low < size ? slot->top - slot->low : size;
}

/* The copy of an argument takes room between the task and the top. */
static void take_with_argument(struct reach *r, struct slot *slot)
{
    unsigned char bytes[MORE_BYTES];
    size_t size = top_bytes(slot, sizeof bytes);

    if (target_read(r->target, slot->top - size, bytes, size))
        reach_take_task(r, slot, bytes, slot->top - size);
}

/* Tasks that were made one after the other use about as much of their stacks. */
static void note_depth(struct reach *r, size_t first, size_t count)
{
    size_t depth = LEAST_BYTES;

    for (size_t i = first; i < first + count; i++) {
        long number = r->slots.all[i].task;
        const struct reach_task *task =
            number == SLOT_NO_TASK ? NULL : &r->tasks[number];

        if (task && task->top - task->sp > depth &&
            task->top - task->sp <= TOP_BYTES)
            depth = task->top - task->sp;
    }
    r->depth = depth;
}

static void read_batch(struct reach *r, unsigned char *bytes, size_t first,
                       size_t count)
{
    struct bulk_piece pieces[BATCH];
    size_t depth = r->depth;

    for (size_t i = 0; i < count; i++) {
        const struct slot *slot = &r->slots.all[first + i];
        size_t size = top_bytes(slot, depth);

        pieces[i] = (struct bulk_piece){ slot->top - size, bytes + i * depth,
                                         size, false };
    }
    bulk_read(r->target, pieces, count);
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &r->slots.all[first + i];

        if (pieces[i].is_read && slot->task == SLOT_NO_TASK &&
            !reach_take_task(r, slot, pieces[i].to, pieces[i].address) &&
            pieces[i].size == depth)
            take_with_argument(r, slot);
    }
    note_depth(r, first, count);
}

static void read_slots(struct reach *r, size_t first)
{
    unsigned char *bytes = must_calloc(BATCH, TOP_BYTES);

    r->depth = TOP_BYTES;
    r->tasks = must_reserve(r->tasks, r->task_count, &r->task_capacity,
                            r->slots.count, sizeof r->tasks[0]);
    r->words = must_reserve(r->words, r->word_count, &r->word_capacity,
                            WORDS * r->slots.count, sizeof r->words[0]);
    while (first < r->slots.count) {
        size_t count = r->slots.count - first;

        if (count > BATCH)
            count = BATCH;
        read_batch(r, bytes, first, count);
        first += count;
    }
    free(bytes);
}

/* Of a task on a stack of a pool that is not known: its slot.  NULL: no memory. */
static struct slot *add_slot(struct reach *r, uintptr_t task)
{
    uintptr_t stack = word_at(r->target, task + r->at.task_stack);
    uintptr_t low = word_at(r->target, stack + r->at.stack_low);
    uintptr_t top = word_at(r->target, stack + r->at.stack_top);
    size_t before = r->slots.count;

    if (!low || top <= low || task < low || task >= top)
        return NULL;
    slots_add_pool(&r->slots, r->target,
                   word_at(r->target, stack + r->at.stack_pool));
    slots_sort(&r->slots);
    if (!slots_find(&r->slots, task)) {
        slots_add(&r->slots, &(struct slot){ .low = low,
                                             .top = top,
                                             .stack = stack,
                                             .task = SLOT_NO_TASK });
        slots_sort(&r->slots);
    }
    read_slots(r, before);
    return slots_find(&r->slots, task);
}

/* Follow the list back from its end. */
static void follow(struct reach *r, const struct reach_loop *loop)
{
    uintptr_t link = loop->tail;

    for (size_t i = 0; link && i < WALK_MAX; i++) {
        uintptr_t address = link - r->at.task_link;
        struct slot *slot = slots_find(&r->slots, address);

        if (!slot)
            slot = add_slot(r, address);
        if (!slot)
            break;
        if (slot->task == SLOT_NO_TASK)
            take_with_argument(r, slot);
        if (slot->task == SLOT_NO_TASK)
            break;
        link = r->tasks[slot->task].previous;
    }
}

void reach_read_tasks(struct reach *r)
{
    read_slots(r, 0);
    for (size_t i = 0; i < r->loop_count; i++) {
        if (r->loops[i].found < r->loops[i].task_count) {
            follow(r, &r->loops[i]);
            if (r->loops[i].found < r->loops[i].task_count)
                r->is_unstable = true;
        }
    }
}
