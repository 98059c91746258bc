/* SPDX-License-Identifier: MIT */
#include "inspect/snapshot.h"

#include <errno.h>
#include <sys/mman.h>

#include "sched/coroutine.h"
#include "loop/loop.h"
#include "loop/operation.h"
#include "loop/wait_until.h"
#include "task/needs.h"
#include "task/task_life.h"

const struct coil_waiter *coil__dump_wait(const struct coil_task *task)
{
    const struct coil_waiter *w = task->co.parked;

    if (task->co.state != COIL_COROUTINE_SUSPENDED || !w || !w->queue)
        return NULL;
    return w;
}

/* ---- stacks --------------------------------------------------------------- */

struct coil_stack_range coil__dump_range_of(const struct coil_stack *stack)
{
    return (struct coil_stack_range){ (uintptr_t)stack->low,
                                      (uintptr_t)stack->top };
}

/* If `sp` is unknown, `current` is right, except during a switch. */
static bool is_on(const struct coil_stack *stack, uintptr_t sp)
{
    return sp == 0 ||
           (sp >= (uintptr_t)stack->low && sp < (uintptr_t)stack->top);
}

struct coil_task *coil__dump_task_on(const struct coil_scheduler *scheduler,
                                     uintptr_t sp)
{
    struct coil_coroutine *co = coil__thread()->current;
    struct coil_task *task;

    if (co && is_on(co->stack, sp))
        return co->task;
    if (sp == 0)
        return NULL;
    for (task = coil__task_first(scheduler); task;
         task = coil__task_next(task)) {
        if (is_on(task->co.stack, sp))
            return task;
    }
    return NULL;
}

/* The innermost frames are the same in every wait; they are among this many. */
enum { INNERMOST = 5 };

static bool is_internal(uintptr_t function)
{
    return function == (uintptr_t)coil__wait ||
           function == (uintptr_t)coil__wait_until ||
           function == (uintptr_t)coil__operate;
}

/* Remove the library's own frames at both ends. */
size_t coil__dump_trim(struct coil_frame *frames, size_t count)
{
    size_t skip = 0;

    for (size_t i = 0; i < count && i < INNERMOST; i++) {
        if (is_internal(frames[i].function))
            skip = i + 1;
    }
    for (size_t i = skip; i < count; i++)
        frames[i - skip] = frames[i];
    count -= skip;
    if (count > 0 && frames[count - 1].function == coil__task_entry())
        count--;
    return count;
}

size_t coil__dump_frames(const struct coil_task *task,
                         struct coil_frame *frames, size_t max)
{
    const struct coil_coroutine *co = &task->co;

    if (co->state == COIL_COROUTINE_NEW)
        return 0;
    return coil__dump_trim(frames,
                           coil__backtrace_left(&co->context.at,
                                                coil__dump_range_of(co->stack),
                                                frames, max));
}

/* ---- collecting ----------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

/*
 * Tasks look the same if they wait for the same kind of thing, at the same
 * place of the program, and need the same task.  If the thing has a holder, it
 * must also be the same thing.
 */
static uint64_t look_of(struct coil_dump *dump, const struct coil_dump_task *t)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    const struct coil_waiter *w = coil__dump_wait(t->task);
    const void *cursor = NULL;
    uint64_t hash = mix(t->parent, (uintptr_t)t->task->co.site);
    uint64_t id;
    size_t count = 0;

    if (t->task == dump->running)
        return mix(hash, (uintptr_t)t->task);
    hash = mix(hash, t->task->co.state);
    if (w) {
        hash = mix(hash, (uintptr_t)w->reason);
        if (coil__need_next(w, &cursor, &id) == COIL_NEED_HOLDER)
            hash = mix(hash, (uintptr_t)w->object);
    }
    count = coil__dump_frames(t->task, frames, COIL__BACKTRACE_MAX);
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, frames[i].pc);
    return hash;
}

/* A task that awaits others is never like another one. */
void coil__dump_find_likes(struct coil_dump *dump)
{
    for (uint32_t i = 0; i < dump->count; i++) {
        struct coil_dump_task *t = &dump->tasks[i];
        uint32_t at;

        t->first = i;
        t->like = 1;
        if (t->child != COIL_DUMP_NONE)
            continue;
        t->hash = look_of(dump, t);
        at = (uint32_t)t->hash & (dump->seen_size - 1);
        while (dump->seen[at] &&
               dump->tasks[dump->seen[at] - 1].hash != t->hash)
            at = (at + 1) & (dump->seen_size - 1);
        if (!dump->seen[at]) {
            dump->seen[at] = i + 1;
        } else {
            t->first = dump->seen[at] - 1;
            dump->tasks[t->first].like++;
        }
    }
}

/* All memory of the dump is one zeroed mapping. */
static int map(struct coil_dump *dump, size_t count)
{
    size_t size = 4;
    char *memory;

    if (count >= COIL_DUMP_NONE / 4)
        return -ENOMEM;
    while (size < count * 2)
        size *= 2;
    dump->mapped = count * sizeof dump->tasks[0] + size * sizeof dump->seen[0];
    memory = mmap(NULL, dump->mapped, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    dump->tasks = (struct coil_dump_task *)(void *)memory;
    dump->seen = (uint32_t *)(void *)(dump->tasks + count);
    dump->seen_size = (uint32_t)size;
    return 0;
}

/* At this moment the count may differ from the length of the list. */
static int list_tasks(struct coil_dump *dump)
{
    size_t count = 0;
    int rc;

    for (struct coil_task *t = coil__task_first(dump->scheduler); t;
         t = coil__task_next(t))
        count++;
    rc = map(dump, count > 0 ? count : 1);
    if (rc < 0)
        return rc;
    dump->count = (uint32_t)count;
    count = 0;
    for (struct coil_task *t = coil__task_first(dump->scheduler); t;
         t = coil__task_next(t))
        dump->tasks[count++] = (struct coil_dump_task){
            .task = t,
            .parent = COIL_DUMP_NONE,
            .child = COIL_DUMP_NONE,
            .last_child = COIL_DUMP_NONE,
            .sibling = COIL_DUMP_NONE,
            .came_from = COIL_DUMP_NONE,
        };
    return 0;
}

void coil__dump_begin(struct coil_dump *dump, int fd)
{
    struct coil_scheduler *s = dump->scheduler;

    dump->now = s->loop ? coil__loop_now(s->loop) : 0;
    coil__write_begin(&dump->out, fd);
    if (list_tasks(dump) < 0)
        coil__write(&dump->out, "coil: no memory to look at the tasks\n");
}

void coil__dump_end(struct coil_dump *dump)
{
    coil__write_end(&dump->out);
    coil__symbols_fini(&dump->symbols);
    if (dump->tasks)
        munmap(dump->tasks, dump->mapped);
}
