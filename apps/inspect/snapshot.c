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

#include "bytes.h"
#include "tree.h"
#include "wait.h"

enum {
    TRIES = 20,
    LOOPS_MAX = 4096,
    TASKS_MAX = 1 << 22,
};

/* ---- a task --------------------------------------------------------------- */

static void read_stack(struct bytes *b, struct task *task)
{
    uintptr_t stack = bytes_word(b, "task.stack");

    if (target_field(b->target, "task.has_registers")) {
        task->sp = bytes_word(b, "task.sp");
        task->fp = bytes_word(b, "task.fp");
        task->pc = bytes_word(b, "task.pc");
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

    bytes_take(b, "task.state", &state, sizeof state);
    bytes_take(b, "task.interrupt", &interrupt, sizeof interrupt);
    task->is_cancelled = interrupt != 0;
    task->state = STATE_READY;
    if (state == target_field(target, "state.new"))
        task->state = STATE_NEW;
    else if (state == target_field(target, "state.running"))
        task->state = STATE_RUNNING;
    else if (bytes_word(b, "task.parked"))
        return wait_read(target, task, bytes_word(b, "task.parked"));
    return true;
}

/* False: there is no memory. */
static bool read_task(struct bytes *b, struct task *task, uintptr_t address)
{
    struct target *target = b->target;
    size_t name = target_field(target, "task.name_size");
    uintptr_t owner = bytes_word(b, "task.owner");

    *task = (struct task){
        .address = address,
        .parent = NONE,
        .child = NONE,
        .last_child = NONE,
        .sibling = NONE,
    };
    bytes_take(b, "task.id", &task->id, sizeof task->id);
    bytes_take(b, "task.name", task->name,
               name < sizeof task->name ? name : sizeof task->name - 1);
    if (!task->name[0])
        snprintf(task->name, sizeof task->name, "Task-%llu",
                 (unsigned long long)task->id);
    target_read_text(target, bytes_word(b, "task.site"), task->site,
                     sizeof task->site);
    task->entry = bytes_word(b, "task.fn");
    task->owner = owner;
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
        free(loop->tasks[i].needs);
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

    if (!bytes_read(b, target, loop, "loop.size"))
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        steps->words[i] = bytes_word(b, fields[i]);
    bytes_take(b, "loop.looks", &looks, sizeof looks);
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

        if (!bytes_read(&b, target, address, "task.size"))
            break;
        if (!read_task(&b, &loop->tasks[loop->task_count++], address))
            return false;
        at = bytes_word(&b, "task.link");
    }
    loop->is_consistent = !at && loop->task_count == count;
    return true;
}

/* What the bytes of a loop say of it. */
static void take_head(struct loop *loop, struct bytes *b)
{
    unsigned char running;
    unsigned looks;

    bytes_take(b, "loop.tid", &loop->tid, sizeof loop->tid);
    bytes_take(b, "loop.running", &running, sizeof running);
    loop->is_running = running != 0;
    bytes_take(b, "loop.looked", &loop->looked, sizeof loop->looked);
    bytes_take(b, "loop.looks", &looks, sizeof looks);
    loop->is_waiting = looks % 2 != 0;
}

static bool read_head(struct loop *loop, struct target *target, struct bytes *b)
{
    if (!bytes_read(b, target, loop->address, "loop.size"))
        return false;
    take_head(loop, b);
    return true;
}

/* False: there is no memory. */
static bool try_loop(struct loop *loop, struct target *target,
                     uintptr_t address, uintptr_t *next)
{
    struct bytes b;
    struct steps before;
    struct steps after;

    *loop = (struct loop){ .address = address };
    *next = 0;
    if (!read_steps(&before, &b, address, target))
        return true;
    *next = bytes_word(&b, "loop.next");
    take_head(loop, &b);
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

const struct task *loop_find(const struct loop *loop, uintptr_t address)
{
    for (size_t i = 0; i < loop->task_count; i++) {
        if (loop->tasks[i].address == address)
            return &loop->tasks[i];
    }
    return NULL;
}

/* ---- all ------------------------------------------------------------------ */

const struct task *snapshot_find_id(const struct snapshot *s, uint64_t id,
                                    const struct loop **loop)
{
    for (size_t l = 0; l < s->loop_count; l++) {
        *loop = &s->loops[l];
        for (size_t i = 0; i < (*loop)->task_count; i++) {
            if ((*loop)->tasks[i].id == id)
                return &(*loop)->tasks[i];
        }
    }
    return NULL;
}

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
            !tree_arrange(&loops[s->loop_count - 1]))
            return false;
    }
    return true;
}

static void begin(struct snapshot *s, struct target *target)
{
    struct timespec now;

    *s = (struct snapshot){ .target = target };
    clock_gettime(CLOCK_MONOTONIC, &now);
    s->now = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* 0, or an exit status, and nothing is left. */
static int finish(struct snapshot *s, bool has_memory)
{
    struct target *target = s->target;

    if (has_memory && !target->lacks_field)
        return 0;
    fprintf(stderr, "%s: process %d: %s\n", target->program, (int)target->pid,
            target->lacks_field ? "its coil lacks a field that is needed"
                                : strerror(ENOMEM));
    snapshot_free(s);
    return target->lacks_field ? EXIT_OTHER_VERSION : EXIT_OTHER;
}

int snapshot_take(struct snapshot *s, struct target *target)
{
    begin(s, target);
    return finish(s, take_loops(s));
}

/* ---- some ----------------------------------------------------------------- */

/* False: there is no memory. */
static bool take_of_loop(struct loop *loop, struct target *target,
                         const uintptr_t *tasks, size_t count)
{
    struct bytes b;

    loop->tasks = calloc(count + 1, sizeof loop->tasks[0]);
    if (!loop->tasks)
        return false;
    loop->is_consistent = true;
    for (size_t i = 0; i < count; i++) {
        if (!bytes_read(&b, target, tasks[i], "task.size") ||
            bytes_word(&b, "task.scheduler") != loop->address)
            continue;
        if (!read_task(&b, &loop->tasks[loop->task_count++], tasks[i]))
            return false;
    }
    return tree_arrange(loop);
}

static bool take_some(struct snapshot *s, const uintptr_t *tasks, size_t count)
{
    uintptr_t at = word_at(s->target, (uintptr_t)s->target->table.loops);

    while (at && s->loop_count < LOOPS_MAX) {
        struct loop *loops =
            realloc(s->loops, (s->loop_count + 1) * sizeof loops[0]);
        struct bytes b;
        uintptr_t next = 0;

        if (!loops)
            return false;
        s->loops = loops;
        loops[s->loop_count] = (struct loop){ .address = at };
        if (read_head(&loops[s->loop_count], s->target, &b))
            next = bytes_word(&b, "loop.next");
        if (!take_of_loop(&loops[s->loop_count++], s->target, tasks, count))
            return false;
        at = next;
    }
    return true;
}

int snapshot_take_some(struct snapshot *s, struct target *target,
                       const uintptr_t *tasks, size_t count)
{
    begin(s, target);
    return finish(s, take_some(s, tasks, count));
}

void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; i < s->loop_count; i++)
        free_tasks(&s->loops[i]);
    free(s->loops);
    s->loops = NULL;
    s->loop_count = 0;
}
