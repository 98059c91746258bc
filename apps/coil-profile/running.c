/* SPDX-License-Identifier: MIT */
/*
 * running.c - which task runs, and its stack
 *
 * A sample of perf has a copy of the top of the stack.  A task lies at the top of
 * the stack that it runs on, and points to itself: so the copy says which task ran,
 * though it is looked at later.
 */
#include "sampler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/bytes.h"
#include "inspect/must.h"
#include "inspect/scan_inside.h"
#include "perf.h"

enum { DEEP_STACK = 1 << 20, BLOCKED_STACK = 16384 };

struct thread {
    struct thread *next;
    int tid;
    size_t loop;
    struct perf *perf; /* NULL: refused */
};

/* ---- threads -------------------------------------------------------------- */

static struct thread *find_thread(struct sampler *s, size_t index,
                                  const struct scan_loop *loop)
{
    struct thread *t;
    bool sees_kernel;

    for (t = s->threads; t; t = t->next) {
        if (t->tid == loop->tid) {
            t->loop = index;
            return t;
        }
    }
    t = must_calloc(1, sizeof *t);
    t->tid = loop->tid;
    t->loop = index;
    t->next = s->threads;
    s->threads = t;
    t->perf = perf_open(t->tid, (uint64_t)(1e9 / s->options.hz), &sees_kernel);
    if (!t->perf) {
        s->lacks_perf = true;
        return t;
    }
    s->sees_kernel = sees_kernel && (s->sees_kernel || !s->has_perf);
    s->has_perf = true;
    return t;
}

void sampler_close_running(struct sampler *s)
{
    while (s->threads) {
        struct thread *t = s->threads;

        s->threads = t->next;
        perf_close(t->perf);
        free(t);
    }
}

/* ---- samples of the processor --------------------------------------------- */

/* The task whose struct lies in the bytes of a stack, or NULL. */
static const unsigned char *find_task(const struct sampler *s,
                                      const struct perf_sample *sample,
                                      uintptr_t *address)
{
    const struct scan_fields *at = &s->scan->at;
    uintptr_t sp = (uintptr_t)sample->registers[7];

    for (size_t i = 0; i + sizeof(uintptr_t) <= sample->stack_size;
         i += sizeof(uintptr_t)) {
        uintptr_t word;

        memcpy(&word, sample->stack + i, sizeof word);
        if (word + at->task_self != sp + i || i < at->task_self ||
            sample->stack_size - (i - at->task_self) < at->task_size)
            continue;
        *address = word;
        return sample->stack + i - at->task_self;
    }
    return NULL;
}

/* On a stack that is deeper than what was copied: the task at its top. */
static struct scan_task *find_deep(const struct sampler *s, uintptr_t sp)
{
    struct scan_task **tasks;
    size_t count = scan_tasks(s->scan, &tasks);
    struct scan_task *best = NULL;

    for (size_t i = 0; i < count; i++) {
        if (tasks[i]->address > sp && tasks[i]->address - sp < DEEP_STACK &&
            (!best || tasks[i]->address < best->address))
            best = tasks[i];
    }
    return best;
}

/* A task that has ended since, or that no pass has met. */
static struct graph_node *path_of_stranger(struct sampler *s, size_t loop,
                                           const unsigned char *bytes,
                                           uintptr_t address)
{
    struct scan_task *task = scan_new_task(s->scan, loop, address, bytes);
    struct graph_node *node = sampler_path(s, &s->run, task);

    free(task);
    return node;
}

static struct graph_node *path_of_sample(struct sampler *s,
                                         const struct thread *thread,
                                         const struct perf_sample *sample)
{
    const struct scan_fields *at = &s->scan->at;
    struct scan_loop *loops;
    struct scan_task *task = NULL;
    uintptr_t sp = (uintptr_t)sample->registers[7];
    uintptr_t address = 0;
    const unsigned char *bytes = find_task(s, sample, &address);

    scan_loops(s->scan, &loops);
    if (bytes) {
        task =
            scan_find_id(s->scan, scan_word(bytes, at->task_size, at->task_id));
        if (!task || task->address != address)
            return path_of_stranger(s, thread->loop, bytes, address);
    } else if (sample->stack_size == PERF_STACK) {
        task = find_deep(s, sp);
    }
    if (task)
        return sampler_path(s, &s->run, task);
    return graph_child(&s->run, sampler_loop_path(s, &s->run, thread->loop),
                       must_intern("(the loop and its callbacks)"), GRAPH_TASK);
}

static void take_sample(struct sampler *s, const struct thread *thread,
                        const struct perf_sample *sample)
{
    const struct frames_start start = {
        .pc = sample->pc,
        .sp = (uintptr_t)sample->registers[7],
        .fp = (uintptr_t)sample->registers[6],
        .registers = sample->registers,
        .stack = sample->stack,
        .stack_at = (uintptr_t)sample->registers[7],
        .stack_size = sample->stack_size,
    };
    struct graph_node *node = path_of_sample(s, thread, sample);

    node = sampler_push(&s->run, node, stacks_of_running(s->stacks, &start));
    if (sample->is_in_kernel)
        node =
            graph_child(&s->run, node, must_intern("[kernel]"), GRAPH_KERNEL);
    node->self += 1e6 / s->options.hz;
}

/* ---- a step that is off the processor ------------------------------------- */

/*
 * Where the thread is in the kernel: "number ... sp pc", or "running".  False: it is
 * not in the kernel, or that is not to be read.
 */
static bool read_syscall(const struct sampler *s, int tid, long *number,
                         uintptr_t *sp, uintptr_t *pc)
{
    char path[64];
    char line[256];
    unsigned long long words[2];
    char *end;
    FILE *file;
    bool is_read;

    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)s->target->pid,
             tid);
    file = fopen(path, "re");
    if (!file)
        return false;
    is_read = fgets(line, sizeof line, file);
    fclose(file);
    if (!is_read)
        return false;
    *number = strtol(line, &end, 10);
    if (end == line)
        return false;
    end = strrchr(line, ' ');
    if (!end)
        return false;
    *end = '\0';
    words[1] = strtoull(end + 1, NULL, 16);
    end = strrchr(line, ' ');
    words[0] = end ? strtoull(end + 1, NULL, 16) : 0;
    *sp = (uintptr_t)words[0];
    *pc = (uintptr_t)words[1];
    return *sp != 0;
}

static bool is_stopped(const struct sampler *s)
{
    char path[64];
    char line[512];
    const char *end = NULL;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)s->target->pid);
    file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file))
        end = strrchr(line, ')');
    if (file)
        fclose(file);
    return end && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

static struct graph_node *path_of_current(struct sampler *s, size_t index,
                                          const struct scan_loop *loop)
{
    struct scan_task *task =
        loop->current ? scan_find(s->scan, loop->current) : NULL;

    if (task)
        return sampler_path(s, &s->run, task);
    return graph_child(&s->run, sampler_loop_path(s, &s->run, index),
                       must_intern(loop->current
                                       ? "(a coroutine or a new task)"
                                       : "(the loop and its callbacks)"),
                       GRAPH_TASK);
}

static void tick_loop(struct sampler *s, size_t index,
                      const struct scan_loop *loop, bool has_perf, double us)
{
    unsigned char bytes[BLOCKED_STACK];
    struct frames_start start = { .stack = bytes, .stack_size = sizeof bytes };
    struct graph_node *node;
    char label[48];
    long number;

    if (!read_syscall(s, loop->tid, &number, &start.sp, &start.pc)) {
        if (has_perf)
            return;
        node = path_of_current(s, index, loop);
        node = graph_child(&s->run, node, must_intern("[stack not read]"),
                           GRAPH_CODE);
        node->self += us;
        return;
    }
    /* The system call may be the loop's wait, which has just begun. */
    if (!scan_is_same_step(s->scan, loop))
        return;
    /* A page at the end may be missing; the rest is read word by word. */
    start.stack_at = start.sp;
    if (!target_read(s->target, start.sp, bytes, sizeof bytes))
        start.stack_size = 0;
    node = path_of_current(s, index, loop);
    node = sampler_push(&s->run, node, stacks_of_running(s->stacks, &start));
    snprintf(label, sizeof label, "[off the processor in system call %ld]",
             number);
    node = graph_child(&s->run, node, must_intern(label), GRAPH_KERNEL);
    node->self += us;
}

void sampler_forget_running(struct sampler *s)
{
    struct perf_sample sample;

    for (struct thread *t = s->threads; t; t = t->next) {
        while (t->perf && perf_take(t->perf, &sample))
            continue;
    }
}

void sampler_tick_running(struct sampler *s, double us)
{
    struct scan_loop *loops;
    size_t count = scan_loops(s->scan, &loops);
    struct perf_sample sample;
    uint64_t lost = 0;

    for (size_t i = 0; i < count; i++) {
        struct thread *thread;

        if (!loops[i].is_open || !loops[i].is_running || !loops[i].tid)
            continue;
        thread = find_thread(s, i, &loops[i]);
        if (loops[i].is_waiting)
            continue;
        if (!loops[i].has_moved && is_stopped(s)) {
            s->stopped++;
            continue;
        }
        tick_loop(s, i, &loops[i], thread->perf, us);
    }
    for (struct thread *t = s->threads; t; t = t->next) {
        while (t->perf && perf_take(t->perf, &sample))
            take_sample(s, t, &sample);
        if (t->perf)
            lost += perf_lost(t->perf);
    }
    s->lost = lost;
}
