/* SPDX-License-Identifier: MIT */
#include "inspect/dump.h"

#include <errno.h>
#include <sys/mman.h>

#include <coil/error.h>

#include "base/lines.h"
#include "core/coroutine.h"
#include "core/loop.h"
#include "core/operation.h"

/* ---- stacks --------------------------------------------------------------- */

static struct coil_stack_range range_of(const struct coil_stack *stack)
{
    return (struct coil_stack_range){ (uintptr_t)stack->low,
                                      (uintptr_t)stack->top };
}

/* Where it is not known, `current` is right but for the moment of a switch. */
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
    for (task = scheduler->tasks; task; task = task->next) {
        if (is_on(task->co.stack, sp))
            return task;
    }
    return NULL;
}

/* What every wait has innermost says nothing: within so many frames. */
enum { INNERMOST = 5 };

static bool is_internal(uintptr_t function)
{
    return function == (uintptr_t)coil__wait ||
           function == (uintptr_t)coil__operate;
}

/* Without the library's own frames at both ends. */
static size_t trim(struct coil_frame *frames, size_t count)
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
    return trim(frames, coil__backtrace_left(&co->context.at,
                                             range_of(co->stack), frames, max));
}

/* ---- collecting ----------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

/*
 * Tasks look the same if they wait for the same kind of thing, at the same place
 * of the program, on behalf of the same other; if somebody holds it, for the
 * same thing.
 */
static uint64_t look_of(struct coil_dump *dump, const struct coil_dump_task *t)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    const struct coil_waiter *w = coil__dump_wait(t->task);
    const void *cursor = NULL;
    uint64_t hash = mix(t->parent, (uintptr_t)t->task->site);
    uint64_t id;
    size_t count = 0;

    if (t->task == dump->running)
        return mix(hash, (uintptr_t)t->task);
    hash = mix(hash, t->task->co.state);
    if (w) {
        hash = mix(hash, (uintptr_t)w->reason);
        if (w->reason->need &&
            w->reason->need(w, &cursor, &id) == COIL_NEED_HOLDER)
            hash = mix(hash, (uintptr_t)w->object);
    }
    count = coil__dump_frames(t->task, frames, COIL__BACKTRACE_MAX);
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, frames[i].pc);
    return hash;
}

/* Whoever awaits others is not like anybody. */
static void find_likes(struct coil_dump *dump)
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

/* All of it is one mapping, zeroed. */
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

/* The count may not yet agree with the list. */
static int list_tasks(struct coil_dump *dump)
{
    size_t count = 0;
    int rc;

    for (struct coil_task *t = dump->scheduler->tasks; t; t = t->next)
        count++;
    rc = map(dump, count > 0 ? count : 1);
    if (rc < 0)
        return rc;
    dump->count = (uint32_t)count;
    count = 0;
    for (struct coil_task *t = dump->scheduler->tasks; t; t = t->next)
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

static void begin(struct coil_dump *dump, int fd)
{
    struct coil_scheduler *s = dump->scheduler;

    dump->now = s->loop ? coil__loop_now(s->loop) : 0;
    coil__write_begin(&dump->out, fd);
    if (list_tasks(dump) < 0)
        coil__write(&dump->out, "coil: no memory to look at the tasks\n");
}

static void end(struct coil_dump *dump)
{
    coil__write_end(&dump->out);
    coil__symbols_fini(&dump->symbols);
    if (dump->tasks)
        munmap(dump->tasks, dump->mapped);
}

static void run(struct coil_dump *dump, int fd)
{
    begin(dump, fd);
    if (dump->tasks) {
        coil__dump_arrange(dump);
        find_likes(dump);
        coil__dump_write(dump);
    }
    end(dump);
}

void coil__dump(struct coil_scheduler *scheduler, int fd,
                struct coil_task *running, const struct coil_frame *frames,
                size_t frame_count)
{
    struct coil_dump dump = {
        .scheduler = scheduler,
        .running = running,
        .frames = frames,
        .frame_count = frame_count,
    };

    run(&dump, fd);
}

void coil__dump_with_lines(struct coil_scheduler *scheduler, int fd)
{
    struct coil_dump dump = { .scheduler = scheduler };

    dump.lines = coil__lines_open();
    run(&dump, fd);
    coil__lines_close(dump.lines);
}

void coil__dump_from_signal(int fd, const void *ucontext)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_scheduler *s = coil__thread()->scheduler;
    struct coil_task *running;
    size_t count = 0;

    running = coil__dump_task_on(s, coil__signal_sp(ucontext));
    if (running)
        count =
            trim(frames,
                 coil__backtrace_signal(ucontext, range_of(running->co.stack),
                                        frames, COIL__BACKTRACE_MAX));
    coil__dump(s, fd, running, frames, count);
}

COIL_NOINLINE void coil_dump_tasks(int fd)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_scheduler *s = coil__thread()->scheduler;
    struct coil_task *running;
    size_t count = 0;
    int saved = errno;

    if (!s)
        return;
    running = coil__dump_task_on(s, (uintptr_t)__builtin_frame_address(0));
    if (running)
        count = trim(frames, coil__backtrace_here(range_of(running->co.stack),
                                                  frames, COIL__BACKTRACE_MAX));
    coil__dump(s, fd, running, frames, count);
    errno = saved;
}

/* ---- one task ------------------------------------------------------------- */

/* Of the library, when the running task asks for its own. */
enum { OWN_FRAMES = 2 };

static COIL_NOINLINE size_t frames_of(const struct coil_task *task,
                                      struct coil_frame *frames,
                                      bool *is_running)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    size_t count;

    *is_running = coil__thread()->scheduler == task->co.scheduler &&
                  coil__dump_task_on(task->co.scheduler, here) == task;
    if (!*is_running)
        return coil__dump_frames(task, frames, COIL__BACKTRACE_MAX);
    count = coil__backtrace_here(range_of(task->co.stack), frames,
                                 COIL__BACKTRACE_MAX);
    /* This function, and who called it. */
    for (size_t i = OWN_FRAMES; i < count; i++)
        frames[i - OWN_FRAMES] = frames[i];
    return trim(frames, count > OWN_FRAMES ? count - OWN_FRAMES : 0);
}

static void write_end_of(struct coil_dump *dump, const struct coil_task *task)
{
    coil__dump_write_name(&dump->out, task);
    coil__write(&dump->out, ", made at ");
    coil__write(&dump->out, task->site ? task->site : "?");
    coil__write(&dump->out, ": has ended");
    if (task->future.status < 0) {
        coil__write(&dump->out, ": ");
        coil__write(&dump->out, coil_strerror(task->future.status));
    }
    coil__write(&dump->out, "\n");
}

COIL_NOINLINE void coil_task_print_stack(struct coil_task *task, int fd)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_dump dump = { .scheduler = task->co.scheduler };
    bool is_running;
    int saved = errno;

    if (!dump.scheduler) {
        coil__write_begin(&dump.out, fd);
        write_end_of(&dump, task);
        coil__write_end(&dump.out);
        errno = saved;
        return;
    }
    dump.frames = frames;
    dump.frame_count = frames_of(task, frames, &is_running);
    dump.running = is_running ? task : NULL;
    dump.lines = coil__lines_open();
    begin(&dump, fd);
    if (dump.tasks)
        coil__dump_write_task(&dump, coil__dump_find(&dump, task->co.id), 0);
    end(&dump);
    coil__lines_close(dump.lines);
    errno = saved;
}

COIL_NOINLINE size_t coil_task_stack(const struct coil_task *task,
                                     void **addresses, size_t capacity)
{
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    bool is_running;
    size_t count;

    if (!task->co.scheduler)
        return 0;
    count = frames_of(task, frames, &is_running);
    for (size_t i = 0; i < count && i < capacity; i++)
        addresses[i] = (void *)frames[i].pc;
    return count;
}
