/* SPDX-License-Identifier: MIT */
/*
 * reach_task.c - a task, its wait, and the addresses on its stack
 */
#include <string.h>

#include "bytes.h"
#include "must.h"
#include "reach_inside.h"

enum { RECORD_MAX = 1 << 12, REASON_MAX = 512 };

static uintptr_t word_in(const unsigned char *bytes, size_t at)
{
    uintptr_t word;

    memcpy(&word, bytes + at, sizeof word);
    return word;
}

/* ---- kinds of waits ------------------------------------------------------- */

static uint32_t number_in(const unsigned char *bytes, uint32_t at)
{
    uint32_t number;

    memcpy(&number, bytes + at, sizeof number);
    return number;
}

const struct reach_kind *reach_find_kind(struct reach *r, uintptr_t address)
{
    const struct reach_fields *at = &r->at;
    unsigned char bytes[REASON_MAX];
    struct reach_kind *kind;

    for (kind = r->kinds; kind; kind = kind->next) {
        if (kind->address == address)
            return kind;
    }
    if (!target_read(r->target, address, bytes, at->reason_size))
        return NULL;
    kind = must_calloc(1, sizeof *kind);
    *kind = (struct reach_kind){
        .next = r->kinds,
        .address = address,
        .reach = number_in(bytes, at->reason_reach),
        .of_waiter = number_in(bytes, at->needs_of_waiter) != 0,
        .items = number_in(bytes, at->needs_items),
        .count = number_in(bytes, at->needs_count),
        .stride = number_in(bytes, at->needs_stride),
        .pointer = number_in(bytes, at->needs_pointer),
        .future = number_in(bytes, at->needs_future),
    };
    if (number_in(bytes, at->needs_need) != at->need_none) {
        uint32_t shape = number_in(bytes, at->needs_shape);

        kind->is_array = shape == at->shape_array;
        kind->is_list = shape == at->shape_list;
    }
    r->kinds = kind;
    return kind;
}

/* ---- addresses ------------------------------------------------------------ */

/* The task whose stack is scanned. */
struct scanned {
    struct reach *r;
    const struct reach_task *task;
    uintptr_t low;
};

static void keep_word(struct reach *r, uintptr_t word)
{
    r->words = must_grow(r->words, r->word_count, &r->word_capacity,
                         sizeof r->words[0]);
    r->words[r->word_count++] = word;
}

/*
 * Keep what leads on.  What is alive in any case is scanned as a whole, so a word
 * that was kept for one of those need not be kept for another.
 */
static void keep_words(const struct scanned *s, uintptr_t address,
                       const void *bytes, size_t size)
{
    struct reach *r = s->r;
    const struct reach_task *task = s->task;
    uintptr_t own_size = task->top - s->low;

    for (size_t i = 0; i + sizeof(uintptr_t) <= size; i += sizeof(uintptr_t)) {
        uintptr_t word = word_in(bytes, i);
        uintptr_t *seen;

        if (word - s->low < own_size || word < r->lowest ||
            word >= r->highest || address + i < task->sp)
            continue;
        seen = &r->seen[(word >> 3 ^ word >> 19) & (REACH_SEEN - 1)];
        if ((*seen == word && task->is_alive) || !reach_leads_on(r, word))
            continue;
        if (task->is_alive)
            *seen = word;
        keep_word(r, word);
    }
}

static void keep_page(void *arg, uintptr_t address, const void *bytes,
                      size_t size)
{
    const struct scanned *s = arg;
    size_t skipped = address < s->task->sp ? s->task->sp - address : 0;

    if (skipped < size)
        keep_words(s, address + skipped, (const char *)bytes + skipped,
                   size - skipped);
}

/* What lies further down than the bytes that were read together. */
static void keep_rest(struct scanned *s, uintptr_t to)
{
    uintptr_t sp = s->task->sp;
    unsigned char bytes[4096];

    if (to - sp > sizeof bytes)
        areas_each_page(s->r->target, sp, to, keep_page, s);
    else if (target_read(s->r->target, sp, bytes, to - sp))
        keep_words(s, sp, bytes, to - sp);
}

/* ---- a wait --------------------------------------------------------------- */

/*
 * What is waited for.  A wait whose outcome is decided is none, nor one that ends
 * by itself.
 */
static void take_wait(struct reach *r, struct reach_task *task,
                      const unsigned char *waiter)
{
    const struct reach_fields *at = &r->at;
    const struct reach_kind *kind;

    if (!word_in(waiter, at->waiter_queue) ||
        word_in(waiter, at->waiter_co) != task->address)
        return;
    kind = reach_find_kind(r, word_in(waiter, at->waiter_reason));
    if (!kind || kind->reach < at->waiter_size || kind->reach > RECORD_MAX)
        return;
    task->kind = kind;
    task->record_end = task->parked + kind->reach;
    task->object = word_in(waiter, at->waiter_object);
    task->since = (int64_t)word_in(waiter, at->waiter_since);
}

static void read_wait(struct reach *r, struct reach_task *task,
                      const unsigned char *bytes, uintptr_t from)
{
    unsigned char waiter[REASON_MAX];

    if (!task->parked)
        return;
    if (task->parked >= from && task->parked < task->top &&
        task->top - task->parked >= r->at.waiter_size)
        take_wait(r, task, bytes + (task->parked - from));
    else if (target_read(r->target, task->parked, waiter, r->at.waiter_size))
        take_wait(r, task, waiter);
}

/* ---- a task --------------------------------------------------------------- */

/* Where the struct lies: at the top, or below a copy of an argument. */
static bool find_task(const struct reach *r, const struct slot *slot,
                      const unsigned char *bytes, uintptr_t from,
                      uintptr_t *address)
{
    uintptr_t at = (slot->top - r->at.task_size) & ~(uintptr_t)63;

    for (; at >= from && at < slot->top; at -= 64) {
        if (word_in(bytes, at - from + r->at.task_self) == at) {
            *address = at;
            return true;
        }
    }
    return false;
}

static struct reach_loop *find_loop(struct reach *r, uintptr_t address)
{
    for (size_t i = 0; i < r->loop_count; i++) {
        if (r->loops[i].address == address)
            return &r->loops[i];
    }
    return NULL;
}

static struct reach_task *add_task(struct reach *r)
{
    r->tasks = must_grow(r->tasks, r->task_count, &r->task_capacity,
                         sizeof r->tasks[0]);
    return &r->tasks[r->task_count++];
}

/* Where its stack ends; the whole of a stack that something runs on. */
static uintptr_t find_sp(const struct reach *r, const struct slot *slot,
                         const unsigned char *bytes, uintptr_t address)
{
    uintptr_t sp = word_in(bytes, r->at.task_sp);

    if (!r->at.task_has_registers ||
        bytes[r->at.task_state] != r->at.state_suspended || sp < slot->low ||
        sp > address)
        return slot->low;
    return sp;
}

bool reach_take_task(struct reach *r, struct slot *slot,
                     const unsigned char *bytes, uintptr_t from)
{
    const struct reach_fields *at = &r->at;
    struct scanned scanned = { .r = r, .low = slot->low };
    const unsigned char *b;
    struct reach_loop *loop;
    struct reach_task *task;
    uintptr_t address;

    if (!find_task(r, slot, bytes, from, &address))
        return false;
    b = bytes + (address - from);
    loop = find_loop(r, word_in(b, at->task_scheduler));
    if (!loop || b[at->task_state] == at->state_done)
        return false;
    loop->found++;
    task = add_task(r);
    *task = (struct reach_task){
        .address = address,
        .top = slot->top,
        .sp = find_sp(r, slot, b, address),
        .owner = word_in(b, at->task_owner),
        .previous = word_in(b, at->task_link + at->link_prev),
        .id = word_in(b, at->task_id),
        .loop = (size_t)(loop - r->loops),
        .words = r->word_count,
    };
    slot->task = (long)r->task_count - 1;
    if (b[at->task_state] == at->state_suspended)
        task->parked = word_in(b, at->task_parked);
    read_wait(r, task, bytes, from);
    task->is_alive = !task->kind;
    /* A new one has nothing on its stack yet. */
    if (b[at->task_state] != at->state_suspended &&
        b[at->task_state] != at->state_running)
        task->sp = address;
    scanned.task = task;
    if (task->sp < from)
        keep_rest(&scanned, from);
    keep_words(&scanned, from, bytes, slot->top - from);
    task->word_count = r->word_count - task->words;
    return true;
}
