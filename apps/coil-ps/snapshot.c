/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - reading lists that change meanwhile
 *
 * A loop counts its steps (loop.looks and what is left of its turn).  If the
 * counts are the same before and after, nothing of it has changed in between;
 * else it is read again, a few times.  A loop that never rests is shown as it
 * could be read, and every list is followed for a limited way only.
 */
#include "snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TRIES = 20,
    LOOPS_MAX = 4096,
    TASKS_MAX = 1 << 22,
    AWAITS_MAX = 1 << 16,
    STRUCT_MAX = 4096,
};

/* A struct of the process, to take fields out of. */
struct bytes {
    struct target *target;
    size_t size;
    unsigned char at[STRUCT_MAX];
};

static bool fetch(struct bytes *b, struct target *target, uintptr_t address,
                  const char *size)
{
    b->target = target;
    b->size = target_field(target, size);
    return b->size > 0 && b->size <= sizeof b->at &&
           target_read(target, address, b->at, b->size);
}

static void take(struct bytes *b, const char *field, void *to, size_t size)
{
    size_t offset = target_field(b->target, field);

    memset(to, 0, size);
    if (offset <= b->size && size <= b->size - offset)
        memcpy(to, b->at + offset, size);
}

static uintptr_t take_word(struct bytes *b, const char *field)
{
    uintptr_t word;

    take(b, field, &word, sizeof word);
    return word;
}

/* What lies `offset` bytes behind an address; 0 if it cannot be read. */
static uintptr_t word_at(const struct target *target, uintptr_t address)
{
    uintptr_t word;

    return address && target_read(target, address, &word, sizeof word) ? word
                                                                       : 0;
}

/* ---- what a task waits for ------------------------------------------------ */

/* The task whose future that is, or 0. */
static uintptr_t task_of_future(struct target *target, uintptr_t future)
{
    if (!future ||
        !word_at(target, future + target_field(target, "future.ops")))
        return 0;
    return future - target_field(target, "task.future");
}

static bool await_one(struct task *task, uintptr_t other)
{
    if (!other)
        return true;
    task->awaits = calloc(1, sizeof task->awaits[0]);
    if (!task->awaits)
        return false;
    task->awaits[0] = other;
    task->awaits_count = 1;
    return true;
}

/* Those of an array of pointers to futures that are tasks. */
static bool await_many(struct target *target, struct task *task,
                       uintptr_t waiter)
{
    int32_t far;
    size_t count;

    if (!target_read(target, (uintptr_t)target->table.futures_count, &far,
                     sizeof far))
        return true;
    count = word_at(target, waiter + (uintptr_t)(intptr_t)far);
    if (count == 0 || count > AWAITS_MAX)
        return true;
    task->awaits = calloc(count, sizeof task->awaits[0]);
    if (!task->awaits)
        return false;
    if (!target_read(target, task->object, task->awaits,
                     count * sizeof task->awaits[0]))
        return true;
    for (size_t i = 0; i < count; i++) {
        uintptr_t other = task_of_future(target, task->awaits[i]);

        if (other)
            task->awaits[task->awaits_count++] = other;
    }
    return true;
}

/* An array of `count` structs, and room for as many tasks. */
static bool expect_many(struct task *task, uintptr_t array, size_t count)
{
    if (!array || count == 0 || count > AWAITS_MAX)
        return true;
    task->awaits = calloc(count, sizeof task->awaits[0]);
    return task->awaits;
}

static bool is_set(const struct target *target, uintptr_t address)
{
    unsigned char byte = 0;

    return target_read(target, address, &byte, 1) && byte != 0;
}

/* Those that coil_as_completed_next() still watches. */
static bool await_next(struct target *target, struct task *task)
{
    uintptr_t record = word_at(
        target, task->object + target_field(target, "completed.records"));
    size_t count =
        word_at(target, task->object + target_field(target, "completed.count"));

    if (!expect_many(task, record, count))
        return false;
    for (; task->awaits && count > 0; count--) {
        uintptr_t other = 0;

        if (is_set(target, record + target_field(target, "record.state")))
            other = task_of_future(
                target, word_at(target, record + target_field(
                                                     target, "record.future")));
        if (other)
            task->awaits[task->awaits_count++] = other;
        record += target_field(target, "record.size");
    }
    return true;
}

/* Those of coil_staggered_race() that run. */
static bool await_racers(struct target *target, struct task *task,
                         uintptr_t waiter)
{
    uintptr_t race = waiter - target_field(target, "race.waiter");
    uintptr_t racer =
        word_at(target, race + target_field(target, "race.racers"));
    size_t count = word_at(target, race + target_field(target, "race.next"));
    uint32_t done = target_field(target, "task.future") +
                    target_field(target, "future.done");

    if (!expect_many(task, racer, count))
        return false;
    for (; task->awaits && count > 0; count--) {
        uintptr_t other =
            word_at(target, racer + target_field(target, "racer.task"));

        if (other && !is_set(target, other + done))
            task->awaits[task->awaits_count++] = other;
        racer += target_field(target, "racer.size");
    }
    return true;
}

static bool read_wait(struct target *target, struct task *task,
                      uintptr_t waiter)
{
    struct bytes b;
    uintptr_t reason;

    if (!fetch(&b, target, waiter, "waiter.size"))
        return true;
    /* Its outcome is decided. */
    if (!take_word(&b, "waiter.queue"))
        return true;
    task->state = STATE_WAITS;
    task->object = take_word(&b, "waiter.object");
    take(&b, "waiter.since", &task->since, sizeof task->since);
    reason = take_word(&b, "waiter.reason");
    target_read_text(
        target, word_at(target, reason + target_field(target, "reason.name")),
        task->reason, sizeof task->reason);

    if (strcmp(task->reason, "lock") == 0)
        target_read(target, task->object + target_field(target, "lock.holder"),
                    &task->holder, sizeof task->holder);
    if (strcmp(task->reason, "futures") == 0)
        return await_many(target, task, waiter);
    if (strcmp(task->reason, "next future") == 0)
        return await_next(target, task);
    if (strcmp(task->reason, "race") == 0)
        return await_racers(target, task, waiter);
    if (strcmp(task->reason, "task") == 0 ||
        strcmp(task->reason, "shielded future") == 0)
        return await_one(task, task_of_future(target, task->object));
    return true;
}

/* ---- a task --------------------------------------------------------------- */

static void read_stack(struct bytes *b, struct task *task)
{
    uintptr_t stack = take_word(b, "task.stack");

    if (target_field(b->target, "task.has_registers")) {
        task->sp = take_word(b, "task.sp");
        task->fp = take_word(b, "task.fp");
        task->pc = take_word(b, "task.pc");
    }
    task->low =
        word_at(b->target, stack + target_field(b->target, "stack.low"));
    task->top =
        word_at(b->target, stack + target_field(b->target, "stack.top"));
}

static bool read_state(struct bytes *b, struct task *task)
{
    struct target *target = b->target;
    unsigned char state;
    int interrupt;

    take(b, "task.state", &state, sizeof state);
    take(b, "task.interrupt", &interrupt, sizeof interrupt);
    task->is_cancelled = interrupt != 0;
    task->state = STATE_READY;
    if (state == target_field(target, "state.new"))
        task->state = STATE_NEW;
    else if (state == target_field(target, "state.running"))
        task->state = STATE_RUNNING;
    else if (take_word(b, "task.parked"))
        return read_wait(target, task, take_word(b, "task.parked"));
    return true;
}

/* False: there is no memory. */
static bool read_task(struct bytes *b, struct task *task, uintptr_t address)
{
    struct target *target = b->target;
    size_t name = target_field(target, "task.name_size");
    uintptr_t owner = take_word(b, "task.owner");

    *task = (struct task){
        .address = address,
        .parent = NONE,
        .child = NONE,
        .last_child = NONE,
        .sibling = NONE,
    };
    take(b, "task.id", &task->id, sizeof task->id);
    take(b, "task.name", task->name,
         name < sizeof task->name ? name : sizeof task->name - 1);
    if (!task->name[0])
        snprintf(task->name, sizeof task->name, "Task-%llu",
                 (unsigned long long)task->id);
    target_read_text(target, take_word(b, "task.site"), task->site,
                     sizeof task->site);
    task->entry = take_word(b, "task.fn");
    if (owner)
        task->owner_parent =
            word_at(target, owner + target_field(target, "owner.parent"));
    read_stack(b, task);
    return read_state(b, task);
}

/* ---- a loop --------------------------------------------------------------- */

static void free_tasks(struct loop *loop)
{
    for (size_t i = 0; i < loop->task_count; i++)
        free(loop->tasks[i].awaits);
    free(loop->tasks);
    loop->tasks = NULL;
    loop->task_count = 0;
}

/* What a step of the loop changes. */
struct steps {
    uintptr_t words[8];
};

static bool read_steps(struct steps *steps, struct bytes *b, uintptr_t loop,
                       struct target *target)
{
    static const char *const fields[] = {
        "loop.turn_left",  "loop.grants",     "loop.fuel", "loop.tasks",
        "loop.tasks_tail", "loop.task_count", "loop.head",
    };
    unsigned looks;

    if (!fetch(b, target, loop, "loop.size"))
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        steps->words[i] = take_word(b, fields[i]);
    take(b, "loop.looks", &looks, sizeof looks);
    steps->words[7] = looks;
    return true;
}

/* False: there is no memory.  Stops where the list cannot be followed. */
static bool read_tasks(struct loop *loop, struct target *target,
                       uintptr_t first, size_t count)
{
    struct bytes b;
    uintptr_t at = first;

    if (count > TASKS_MAX)
        count = TASKS_MAX;
    loop->tasks = calloc(count + 1, sizeof loop->tasks[0]);
    if (!loop->tasks)
        return false;
    while (at && loop->task_count < count) {
        uintptr_t address = at - target_field(target, "task.link");

        if (!fetch(&b, target, address, "task.size"))
            break;
        if (!read_task(&b, &loop->tasks[loop->task_count++], address))
            return false;
        at = take_word(&b, "task.link");
    }
    loop->is_consistent = !at && loop->task_count == count;
    return true;
}

/* False: there is no memory. */
static bool try_loop(struct loop *loop, struct target *target,
                     uintptr_t address, uintptr_t *next)
{
    struct bytes b;
    struct steps before;
    struct steps after;
    unsigned char running;

    *loop = (struct loop){ .address = address };
    *next = 0;
    if (!read_steps(&before, &b, address, target))
        return true;
    *next = take_word(&b, "loop.next");
    take(&b, "loop.tid", &loop->tid, sizeof loop->tid);
    take(&b, "loop.running", &running, sizeof running);
    loop->is_running = running != 0;
    take(&b, "loop.looked", &loop->looked, sizeof loop->looked);
    loop->is_waiting = before.words[7] % 2 != 0;
    if (!read_tasks(loop, target, before.words[3], before.words[5]))
        return false;
    if (!read_steps(&after, &b, address, target) ||
        memcmp(&before, &after, sizeof before) != 0)
        loop->is_consistent = false;
    return true;
}

static bool read_loop(struct loop *loop, struct target *target,
                      uintptr_t address, uintptr_t *next)
{
    for (int i = 0;; i++) {
        const struct timespec pause = { .tv_nsec = 1000000 };

        if (!try_loop(loop, target, address, next))
            return false;
        if (loop->is_consistent || i == TRIES)
            return true;
        free_tasks(loop);
        nanosleep(&pause, NULL);
    }
}

/* ---- the tree ------------------------------------------------------------- */

struct key {
    uintptr_t address;
    size_t index;
};

static int compare_keys(const void *a, const void *b)
{
    uintptr_t x = ((const struct key *)a)->address;
    uintptr_t y = ((const struct key *)b)->address;

    return (x > y) - (x < y);
}

static size_t find_key(const struct key *keys, size_t count, uintptr_t address)
{
    const struct key wanted = { .address = address };
    const struct key *found =
        bsearch(&wanted, keys, count, sizeof keys[0], compare_keys);

    return found ? found->index : NONE;
}

/* Whether `at` stands below `top`, or is it. */
static bool is_below(const struct loop *loop, size_t at, size_t top)
{
    while (at != NONE && at != top)
        at = loop->tasks[at].parent;
    return at == top;
}

static void adopt(struct loop *loop, size_t parent, size_t child)
{
    struct task *p;

    if (parent == NONE || child == NONE || loop->tasks[child].parent != NONE ||
        is_below(loop, parent, child))
        return;
    p = &loop->tasks[parent];
    loop->tasks[child].parent = parent;
    if (p->last_child == NONE)
        p->child = child;
    else
        loop->tasks[p->last_child].sibling = child;
    p->last_child = child;
}

static bool arrange(struct loop *loop)
{
    size_t count = loop->task_count;
    struct key *keys = calloc(count + 1, sizeof keys[0]);

    if (!keys)
        return false;
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct key){ loop->tasks[i].address, i };
    qsort(keys, count, sizeof keys[0], compare_keys);
    for (size_t i = 0; i < count; i++)
        adopt(loop, find_key(keys, count, loop->tasks[i].owner_parent), i);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < loop->tasks[i].awaits_count; k++)
            adopt(loop, i, find_key(keys, count, loop->tasks[i].awaits[k]));
    }
    free(keys);
    return true;
}

size_t loop_find_id(const struct loop *loop, uint64_t id)
{
    for (size_t i = 0; i < loop->task_count; i++) {
        if (loop->tasks[i].id == id)
            return i;
    }
    return NONE;
}

/* ---- all ------------------------------------------------------------------ */

static bool take_loops(struct snapshot *s)
{
    struct target *target = s->target;
    uintptr_t at = word_at(target, (uintptr_t)target->table.loops);

    while (at && s->loop_count < LOOPS_MAX) {
        struct loop *loops =
            realloc(s->loops, (s->loop_count + 1) * sizeof loops[0]);

        if (!loops)
            return false;
        s->loops = loops;
        if (!read_loop(&loops[s->loop_count++], target, at, &at) ||
            !arrange(&loops[s->loop_count - 1]))
            return false;
    }
    return true;
}

int snapshot_take(struct snapshot *s, struct target *target)
{
    struct timespec now;
    bool has_memory;

    *s = (struct snapshot){ .target = target };
    clock_gettime(CLOCK_MONOTONIC, &now);
    s->now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    has_memory = take_loops(s);
    if (has_memory && !target->lacks_field)
        return 0;
    fprintf(stderr, "coil-ps: process %d: %s\n", (int)target->pid,
            target->lacks_field ? "its coil lacks a field that is needed"
                                : strerror(ENOMEM));
    snapshot_free(s);
    return target->lacks_field ? EXIT_OTHER_VERSION : EXIT_OTHER;
}

void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; i < s->loop_count; i++)
        free_tasks(&s->loops[i]);
    free(s->loops);
    s->loops = NULL;
    s->loop_count = 0;
}
