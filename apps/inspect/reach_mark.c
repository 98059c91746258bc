/* SPDX-License-Identifier: MIT */
/*
 * reach_mark.c - from what is alive to all that it can reach
 */
#include <string.h>

#include "bytes.h"
#include "heap.h"
#include "must.h"
#include "reach_inside.h"

enum { NOBODY = -1, ITEMS_MAX = 1 << 16, TOP_BYTES = 2048 };

const struct reach_page *reach_find_page(struct reach *r, uintptr_t address)
{
    struct reach_page *page = &r->pages[address >> 12 & (REACH_PAGES - 1)];

    page->number = address >> 12;
    page->of = PAGE_OF_SLOT;
    /* Slots may begin anywhere in a page, and share one. */
    if (slots_find(&r->slots, address) ||
        slots_find(&r->slots, address | 4095) ||
        slots_find(&r->slots, address & ~(uintptr_t)4095))
        return page;
    page->area = areas_find(&r->areas, address);
    page->of = page->area ? PAGE_OF_AREA : PAGE_OF_NOTHING;
    return page;
}

/* ---- who joins whom ------------------------------------------------------- */

/* Keys: the first byte of a block, … */
static uintptr_t key_of_task(const struct reach_task *task)
{
    return task->address;
}

static uintptr_t key_of_variables(const struct reach_task *task)
{
    return task->address + 1;
}

static uintptr_t key_of_owner(uintptr_t owner)
{
    return owner + 2;
}

static long *bucket_of(struct reach *r, uintptr_t key)
{
    uint64_t hash = (uint64_t)key * 0x9e3779b97f4a7c15u;

    return &r->buckets[(hash >> 32) & (r->bucket_count - 1)];
}

static void need(struct reach *r, uintptr_t key, size_t task)
{
    long *bucket = bucket_of(r, key);

    r->needs = must_grow(r->needs, r->need_count, &r->need_capacity,
                         sizeof r->needs[0]);
    r->needs[r->need_count] = (struct reach_need){ key, task, *bucket };
    *bucket = (long)r->need_count++;
}

static void push(struct reach *r, struct reach_work work)
{
    r->work =
        must_grow(r->work, r->work_count, &r->work_capacity, sizeof r->work[0]);
    r->work[r->work_count++] = work;
}

/* What has that key is met, or alive. */
static void meet(struct reach *r, uintptr_t key)
{
    for (long i = *bucket_of(r, key); i != NOBODY; i = r->needs[i].next) {
        if (r->needs[i].key == key)
            reach_join(r, r->needs[i].task);
    }
}

static void meet_variables(struct reach *r, size_t index)
{
    struct reach_task *task = &r->tasks[index];

    if (task->is_met)
        return;
    task->is_met = true;
    push(r, (struct reach_work){ .index = index });
}

void reach_start(struct reach *r, size_t index)
{
    r->tasks[index].is_alive = true;
    /* Its variables may have been met before. */
    push(r, (struct reach_work){ .index = index });
}

void reach_join(struct reach *r, size_t index)
{
    if (!r->tasks[index].is_alive)
        reach_start(r, index);
}

/* ---- an address ----------------------------------------------------------- */

/*
 * A stack that no task of a loop has.  If a coroutine that somebody drives by hand
 * has it, that is followed as a whole; what has ended, and a stack that is not in
 * use, lead nowhere.
 */
static void visit_other_stack(struct reach *r, struct slot *slot)
{
    unsigned char bytes[TOP_BYTES];
    size_t size = slot->top - slot->low < sizeof bytes ? slot->top - slot->low
                                                       : sizeof bytes;
    uintptr_t from = slot->top - size;

    if (slot->is_met)
        return;
    slot->is_met = true;
    if (!target_read(r->target, from, bytes, size))
        return;
    for (uintptr_t at = (slot->top - r->at.task_scheduler) & ~(uintptr_t)63;
         at >= from; at -= 64) {
        const unsigned char *b = bytes + (at - from);
        uintptr_t stack = 0;

        if (at + r->at.task_stack + sizeof stack <= slot->top)
            memcpy(&stack, b + r->at.task_stack, sizeof stack);
        if (stack != slot->stack || b[r->at.task_state] == r->at.state_done)
            continue;
        push(r, (struct reach_work){ .slot = slot });
        return;
    }
}

static void visit_stack(struct reach *r, uintptr_t word)
{
    struct slot *slot = slots_find(&r->slots, word);
    struct reach_task *task;

    if (!slot || word < slot->low || word >= slot->top)
        return;
    if (slot->task == SLOT_NO_TASK) {
        visit_other_stack(r, slot);
        return;
    }
    task = &r->tasks[slot->task];
    if (word == task->address)
        task->is_held = true;
    if (word < task->sp ||
        (word >= task->address && word < task->address + r->at.task_size) ||
        (word >= task->parked && word < task->record_end))
        return;
    meet_variables(r, (size_t)slot->task);
}

static void visit_area(struct reach *r, struct area *area, uintptr_t word)
{
    struct heap *heap = area->heap;
    long block;

    if (area->kind == AREA_OTHER && !area->is_marked) {
        area->is_marked = true;
        push(r, (struct reach_work){ .area = area });
    }
    if (area->kind != AREA_HEAP)
        return;
    if (r->in_static && heap_is_free_at(heap, word))
        return;
    block = heap_find(heap, word);
    if (block == HEAP_NO_BLOCK || heap->is_marked[block])
        return;
    heap->is_marked[block] = true;
    push(r, (struct reach_work){ .area = area, .index = (size_t)block });
}

void reach_visit(struct reach *r, uintptr_t word)
{
    const struct reach_page *page;

    if (word < r->lowest || word >= r->highest)
        return;
    page = reach_page(r, word);
    if (page->of == PAGE_OF_SLOT)
        visit_stack(r, word);
    else if (page->of == PAGE_OF_AREA)
        visit_area(r, page->area, word);
}

void reach_visit_bytes(struct reach *r, const void *bytes, size_t size)
{
    for (size_t i = 0; i + sizeof(uintptr_t) <= size; i += sizeof(uintptr_t)) {
        uintptr_t word;

        memcpy(&word, (const char *)bytes + i, sizeof word);
        reach_visit(r, word);
    }
}

/* ---- what each needs ------------------------------------------------------ */

/* `task` joins as soon as what lies at `address` is met. */
static void need_address(struct reach *r, uintptr_t address, size_t task)
{
    const struct reach_page *page = reach_page(r, address);
    const struct slot *slot;
    const struct reach_task *other;

    if (page->of == PAGE_OF_AREA && page->area->kind == AREA_HEAP) {
        long block = heap_find(page->area->heap, address);

        if (block != HEAP_NO_BLOCK) {
            need(r, heap_address(page->area->heap, (size_t)block), task);
            return;
        }
    } else if (page->of == PAGE_OF_AREA && page->area->kind == AREA_OTHER) {
        need(r, page->area->from, task);
        return;
    } else if (page->of == PAGE_OF_SLOT) {
        slot = slots_find(&r->slots, address);
        if (slot && slot->task != SLOT_NO_TASK) {
            other = &r->tasks[slot->task];
            need(r,
                 address >= other->address &&
                         address < other->address + r->at.task_size
                     ? key_of_task(other)
                     : key_of_variables(other),
                 task);
            return;
        }
    }
    /* It lies where everybody can find it, or has moved meanwhile. */
    reach_join(r, task);
}

static void need_items(struct reach *r, const struct reach_task *task,
                       uintptr_t base, size_t index)
{
    const struct reach_kind *kind = task->kind;
    uintptr_t item = word_at(r->target, base + kind->items);
    size_t count = word_at(r->target, base + kind->count);

    if (!item || count > ITEMS_MAX)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        uintptr_t at =
            word_at(r->target, item + i * kind->stride + kind->pointer);

        if (at)
            need_address(r, at + kind->future, index);
    }
}

void reach_need_all(struct reach *r)
{
    r->bucket_count = 1024;
    while (r->bucket_count < r->task_count)
        r->bucket_count *= 2;
    r->buckets = must_calloc(r->bucket_count, sizeof r->buckets[0]);
    for (size_t i = 0; i < r->bucket_count; i++)
        r->buckets[i] = NOBODY;
    r->needs = must_reserve(NULL, 0, &r->need_capacity, 2 * r->task_count,
                            sizeof r->needs[0]);
    for (size_t i = 0; i < r->task_count; i++) {
        const struct reach_task *task = &r->tasks[i];
        uintptr_t base;

        if (!task->kind)
            continue;
        base = task->kind->of_waiter ? task->parked : task->object;
        if (task->object)
            need_address(r, task->object, i);
        if (task->kind->is_array)
            need_items(r, task, base, i);
        if (task->kind->is_list)
            need(r, key_of_owner(base + task->kind->items - r->at.owner_tasks),
                 i);
    }
}

/* ---- the whole ------------------------------------------------------------ */

static void visit_pages(void *arg, uintptr_t address, const void *bytes,
                        size_t size)
{
    (void)address;
    reach_visit_bytes(arg, bytes, size);
}

/* Slabs of stacks are left out: a mapping may be one with theirs. */
void reach_scan_area(struct reach *r, const struct area *area, uintptr_t from)
{
    const struct slots *slots = &r->slots;

    for (size_t i = 0; i < slots->slab_count; i++) {
        const struct slab *slab = &slots->slabs[i];

        if (slab->to <= from || slab->from >= area->to)
            continue;
        if (slab->from > from)
            areas_each_page(r->target, from, slab->from, visit_pages, r);
        from = slab->to;
    }
    if (from < area->to)
        areas_each_page(r->target, from, area->to, visit_pages, r);
}

static void scan_task(struct reach *r, size_t index)
{
    struct reach_task *task = &r->tasks[index];

    task->is_met = true;
    if (task->is_alive) {
        meet(r, key_of_task(task));
        meet(r, key_of_owner(task->owner));
    }
    meet(r, key_of_variables(task));
    for (size_t i = 0; i < task->word_count; i++)
        reach_visit(r, r->words[task->words + i]);
}

static void scan_block(struct reach *r, struct area *area, size_t block)
{
    const unsigned char *bytes;
    size_t size;

    if (area->kind == AREA_OTHER) {
        meet(r, area->from);
        reach_scan_area(r, area, area->from);
        return;
    }
    meet(r, heap_address(area->heap, block));
    bytes = heap_bytes(area->heap, block, &size);
    reach_visit_bytes(r, bytes, size);
}

void reach_mark(struct reach *r)
{
    while (r->work_count > 0) {
        struct reach_work work = r->work[--r->work_count];

        if (work.slot)
            areas_each_page(r->target, work.slot->low, work.slot->top,
                            visit_pages, r);
        else if (work.area)
            scan_block(r, work.area, work.index);
        else
            scan_task(r, work.index);
    }
}
