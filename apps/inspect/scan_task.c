/* SPDX-License-Identifier: MIT */
/*
 * scan_task.c - what the bytes of a task and of its waiter say
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "must.h"
#include "scan_inside.h"

enum { AWAITED_MAX = 4096, OBJECTS_FEW = 1024 };

uint64_t scan_word(const unsigned char *bytes, size_t size, uint32_t offset)
{
    uintptr_t word = 0;

    if (offset <= size && sizeof word <= size - offset)
        memcpy(&word, bytes + offset, sizeof word);
    return word;
}

uint32_t scan_number(const unsigned char *bytes, size_t size, uint32_t offset)
{
    uint32_t number = 0;

    if (offset <= size && sizeof number <= size - offset)
        memcpy(&number, bytes + offset, sizeof number);
    return number;
}

/* ---- kinds of waits ------------------------------------------------------- */

static const struct scan_kind *find_kind(struct scan *scan, uintptr_t address)
{
    const struct scan_fields *at = &scan->at;
    struct scan_kind *kind;
    unsigned char bytes[512];
    size_t size = at->reason_size;
    char name[40];
    uint32_t need;
    uint32_t shape;

    for (kind = scan->kinds; kind; kind = kind->next) {
        if (kind->address == address)
            return kind;
    }
    if (size > sizeof bytes || !target_read(scan->target, address, bytes, size))
        return NULL;
    target_read_text(scan->target,
                     (uintptr_t)scan_word(bytes, size, at->reason_name), name,
                     sizeof name);
    kind = must_calloc(1, sizeof *kind);
    need = scan_number(bytes, size, at->needs_need);
    shape = scan_number(bytes, size, at->needs_shape);
    *kind = (struct scan_kind){
        .next = scan->kinds,
        .address = address,
        .name = must_intern(name),
        .has_holder = need == at->need_holder,
        .awaits_one = need == at->need_task && shape == at->shape_one,
        .awaits_many = need != at->need_none && shape == at->shape_array,
        .of_waiter = scan_number(bytes, size, at->needs_of_waiter) != 0,
        .items = scan_number(bytes, size, at->needs_items),
        .count = scan_number(bytes, size, at->needs_count),
        .stride = scan_number(bytes, size, at->needs_stride),
        .pointer = scan_number(bytes, size, at->needs_pointer),
        .future = scan_number(bytes, size, at->needs_future),
    };
    scan->kinds = kind;
    return kind;
}

/* ---- objects -------------------------------------------------------------- */

static void grow_objects(struct scan *scan)
{
    size_t size = scan->object_buckets ? 2 * scan->object_buckets : OBJECTS_FEW;
    struct scan_object **buckets = must_calloc(size, sizeof buckets[0]);

    for (size_t i = 0; i < scan->object_buckets; i++) {
        while (scan->objects[i]) {
            struct scan_object *object = scan->objects[i];
            struct scan_object **to =
                &buckets[scan_hash(object->address, size)];

            scan->objects[i] = object->next;
            object->next = *to;
            *to = object;
        }
    }
    free(scan->objects);
    scan->objects = buckets;
    scan->object_buckets = size;
}

static struct scan_object *find_object(struct scan *scan, uintptr_t address,
                                       const struct scan_kind *kind)
{
    struct scan_object **to;
    struct scan_object *object;

    if (scan->object_count >= scan->object_buckets)
        grow_objects(scan);
    to = &scan->objects[scan_hash(address, scan->object_buckets)];
    for (object = *to; object; object = object->next) {
        if (object->address == address && object->kind == kind)
            return object;
    }
    object = must_calloc(1, sizeof *object);
    *object = (struct scan_object){
        .next = *to,
        .address = address,
        .kind = kind,
    };
    *to = object;
    scan->object_count++;
    return object;
}

size_t scan_objects(const struct scan *scan, struct scan_object ***buckets)
{
    *buckets = scan->objects;
    return scan->object_buckets;
}

/* One more task waits for it, in this pass. */
static void count_waiter(struct scan *scan, struct scan_task *task)
{
    struct scan_object *object = task->object;
    int64_t waited = task->since > 0 && task->since < scan->now
                         ? scan->now - task->since
                         : 0;

    if (object->pass != scan->pass) {
        object->pass = scan->pass;
        object->waiters = 0;
        object->waited = 0;
        object->longest = 0;
    }
    object->waiters++;
    object->waited += waited;
    object->waiter = task;
    if (waited > object->longest)
        object->longest = waited;
}

/* ---- who awaits whom ------------------------------------------------------ */

static void set_awaiter(struct scan *scan, uintptr_t future, uintptr_t awaiter)
{
    struct scan_task *awaited = scan_find(scan, future - scan->at.task_future);

    if (awaited && awaited->awaiter != awaiter) {
        awaited->awaiter = awaiter;
        awaited->version++;
    }
}

static void read_awaited(struct scan *scan, const struct scan_task *task,
                         uintptr_t base)
{
    const struct scan_kind *kind = task->kind;
    uintptr_t items = word_at(scan->target, base + kind->items);
    size_t count = word_at(scan->target, base + kind->count);

    if (count > AWAITED_MAX)
        count = AWAITED_MAX;
    for (size_t i = 0; items && i < count; i++) {
        uintptr_t at =
            word_at(scan->target, items + i * kind->stride + kind->pointer);

        if (at)
            set_awaiter(scan, at + kind->future, task->address);
    }
}

/* ---- a task --------------------------------------------------------------- */

/* What it waits for has changed. */
static void take_new_wait(struct scan *scan, struct scan_task *task,
                          uintptr_t object, uintptr_t waiter)
{
    uintptr_t base = task->kind->of_waiter ? waiter : object;

    task->object = object && !task->kind->awaits_many
                       ? find_object(scan, object, task->kind)
                       : NULL;
    if (task->kind->awaits_one)
        set_awaiter(scan, base + task->kind->items + task->kind->future,
                    task->address);
    else if (task->kind->awaits_many)
        read_awaited(scan, task, base);
}

void scan_take_wait(struct scan *scan, struct scan_task *task,
                    const unsigned char *waiter)
{
    const struct scan_fields *at = &scan->at;
    size_t size = at->waiter_size;
    uintptr_t reason = (uintptr_t)scan_word(waiter, size, at->waiter_reason);
    uintptr_t object = (uintptr_t)scan_word(waiter, size, at->waiter_object);
    int64_t since = (int64_t)scan_word(waiter, size, at->waiter_since);
    const struct scan_kind *kind = NULL;

    /* Its outcome is decided, or another stack is here now. */
    if (scan_word(waiter, size, at->waiter_queue) &&
        scan_word(waiter, size, at->waiter_co) == task->address)
        kind = find_kind(scan, reason);
    if (!kind) {
        task->version += task->kind != NULL;
        task->kind = NULL;
        task->object = NULL;
        return;
    }
    task->state = STATE_WAITS;
    if (task->kind != kind || task->since != since ||
        (task->object ? task->object->address : 0) != object) {
        task->version++;
        task->kind = kind;
        task->since = since;
        take_new_wait(scan, task, object, task->parked);
    }
    if (task->object)
        count_waiter(scan, task);
}

/* A pointer that is another now. */
static void set_pointer(struct scan_task *task, uintptr_t *to, uint64_t value)
{
    if (*to != (uintptr_t)value) {
        *to = (uintptr_t)value;
        task->version++;
    }
}

bool scan_take_task(struct scan *scan, struct scan_task *task,
                    const unsigned char *bytes)
{
    const struct scan_fields *at = &scan->at;
    size_t size = scan->hot;
    enum task_state before = task->state;
    unsigned char state =
        at->task_state < size ? bytes[at->task_state] : (unsigned char)0;

    if (scan_word(bytes, size, at->task_self) != task->address ||
        scan_word(bytes, size, at->task_id) != task->id ||
        scan_word(bytes, size, at->task_scheduler) !=
            scan->loops[task->loop].address ||
        state == at->state_done)
        return false;
    task->is_cancelled = scan_number(bytes, size, at->task_interrupt) != 0;
    task->state = state == at->state_new       ? STATE_NEW
                  : state == at->state_running ? STATE_RUNNING
                                               : STATE_READY;
    if (at->task_has_registers) {
        set_pointer(task, &task->sp, scan_word(bytes, size, at->task_sp));
        set_pointer(task, &task->fp, scan_word(bytes, size, at->task_fp));
        set_pointer(task, &task->pc, scan_word(bytes, size, at->task_pc));
    }
    task->parked = task->state == STATE_READY
                       ? (uintptr_t)scan_word(bytes, size, at->task_parked)
                       : 0;
    if (!task->parked) {
        task->version += task->kind != NULL || before != task->state;
        task->kind = NULL;
        task->object = NULL;
    }
    return true;
}

struct scan_task *scan_new_task(struct scan *scan, size_t loop,
                                uintptr_t address, const unsigned char *bytes)
{
    const struct scan_fields *at = &scan->at;
    size_t size = at->task_size;
    struct scan_task *task = must_calloc(1, sizeof *task);
    char text[160];

    *task = (struct scan_task){
        .address = address,
        .id = scan_word(bytes, size, at->task_id),
        .loop = loop,
        .version = 1,
        .owner = (uintptr_t)scan_word(bytes, size, at->task_owner),
    };
    target_read_text(scan->target,
                     (uintptr_t)scan_word(bytes, size, at->task_site), text,
                     sizeof text);
    task->site = must_intern(text);
    if (at->task_name < size && at->task_name_size < sizeof text &&
        at->task_name_size <= size - at->task_name)
        snprintf(text, at->task_name_size + 1, "%s",
                 (const char *)bytes + at->task_name);
    else
        text[0] = '\0';
    if (!text[0])
        snprintf(text, sizeof text, "Task-%llu", (unsigned long long)task->id);
    task->name = must_intern(text);
    if (task->owner)
        task->owner_parent =
            word_at(scan->target, task->owner + at->owner_parent);
    return task;
}

void scan_read_holders(struct scan *scan)
{
    uint64_t pass = scan->pass;

    for (size_t i = 0; i < scan->seen_count; i++) {
        struct scan_object *object = scan->seen[i]->object;
        uint64_t holder = 0;

        if (!object || !object->kind->has_holder || object->pass != pass ||
            object->waiter != scan->seen[i])
            continue;
        target_read(scan->target, object->address + object->kind->items,
                    &holder, sizeof holder);
        object->holder = holder;
    }
}
