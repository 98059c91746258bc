/* SPDX-License-Identifier: MIT */
/*
 * dump_write.c - the dump as a person reads it
 *
 *     Task-1, made at main.c:80: waits for task a, for 1.20 s
 *         #0 main_task at main.c:71
 *       a, made at main.c:70: waits for lock first (0x55d0c0), held by b, …
 *         #0 coil_lock_acquire at src/sync/lock.c:61
 *         #1 take_both at main.c:33
 */
#include "inspect/dump_write.h"

#include "trace/lines.h"
#include "loop/circle.h"
#include "loop/loop.h"
#include "inspect/dump_graph.h"
#include "task/needs.h"

enum {
    STEP = 2,
    DEPTH_SHOWN = 24, /* deeper, the tree is not indented */
    LIKE_MIN = 3,     /* so many alike are written as one */
    SELECTION_SHOWN = 8,
};

/* ---- pieces --------------------------------------------------------------- */

/* coil_task_name() is not used here, as it would store a name. */
void coil__dump_write_name(struct coil_writer *out,
                           const struct coil_task *task)
{
    if (task->name[0]) {
        coil__write(out, task->name);
    } else {
        coil__write(out, "Task-");
        coil__write_number(out, task->co.running.id);
    }
}

/* "name+0x12", or nothing. */
static void write_symbol(struct coil_writer *out,
                         const struct coil_symbol *symbol, bool with_inside)
{
    coil__write(out, symbol->name);
    if (with_inside && symbol->inside > 0) {
        coil__write(out, "+");
        coil__write_hex(out, symbol->inside);
    }
}

/* In the form of backtrace_symbols(), for: addr2line -e object offset. */
static void write_place(struct coil_writer *out,
                        const struct coil_symbol *symbol)
{
    coil__write(out, " (");
    coil__write(out, symbol->object);
    coil__write(out, "+");
    coil__write_hex(out, symbol->offset);
    coil__write(out, ")");
}

static void write_address(struct coil_dump *dump, uintptr_t pc)
{
    struct coil_symbol symbol;
    struct coil_line line;
    bool in_file = coil__symbols_find(&dump->symbols, pc, &symbol);
    bool has_line = coil__lines_find(dump->lines, pc, &line);

    if (in_file && symbol.name)
        write_symbol(&dump->out, &symbol, !has_line);
    else
        coil__write_hex(&dump->out, pc);
    if (has_line) {
        coil__write(&dump->out, " at ");
        coil__write(&dump->out, line.file);
        coil__write(&dump->out, ":");
        coil__write_number(&dump->out, (uint64_t)line.number);
    } else if (in_file) {
        write_place(&dump->out, &symbol);
    }
}

void coil__dump_write_frames(struct coil_dump *dump, size_t indent,
                             const struct coil_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        coil__write_spaces(&dump->out, indent);
        coil__write(&dump->out, "#");
        coil__write_number(&dump->out, i);
        coil__write(&dump->out, " ");
        write_address(dump, frames[i].pc);
        coil__write(&dump->out, "\n");
    }
}

/* Write the name of a variable; objects on a stack or in the heap have none. */
static void write_object(struct coil_dump *dump, const void *object)
{
    struct coil_symbol symbol;

    if (!object)
        return;
    coil__write(&dump->out, " ");
    if (coil__symbols_find(&dump->symbols, (uintptr_t)object, &symbol) &&
        symbol.name) {
        write_symbol(&dump->out, &symbol, true);
        coil__write(&dump->out, " (");
        coil__write_hex(&dump->out, (uintptr_t)object);
        coil__write(&dump->out, ")");
    } else {
        coil__write_hex(&dump->out, (uintptr_t)object);
    }
}

/* ---- a task --------------------------------------------------------------- */

static const struct coil_task *find_on(const struct coil_loop *loop,
                                       uint64_t id)
{
    const struct coil_task *t = coil__task_first(&loop->scheduler);

    while (t && t->co.running.id != id)
        t = coil__task_next(t);
    return t;
}

/* "b of loop 1".  Returns whether another loop of the circle has the task. */
static bool write_holder_elsewhere(struct coil_dump *dump, uint64_t id)
{
    const struct coil_loop *loop = dump->circle ? dump->circle->loops : NULL;

    for (; loop; loop = loop->next_in_circle) {
        const struct coil_task *task = find_on(loop, id);

        if (!task)
            continue;
        coil__dump_write_name(&dump->out, task);
        coil__write(&dump->out, " of loop ");
        coil__write_number(&dump->out, loop->place_in_circle);
        return true;
    }
    return false;
}

/* Without a circle, nobody knows whether another loop has the task. */
static void write_holder(struct coil_dump *dump, const struct coil_waiter *w,
                         uint64_t id)
{
    uint32_t holder = coil__dump_find(dump, id);

    coil__write(&dump->out, ", held by ");
    if (holder != COIL_DUMP_NONE) {
        coil__dump_write_name(&dump->out, dump->tasks[holder].task);
        return;
    }
    if (write_holder_elsewhere(dump, id))
        return;
    coil__write(&dump->out, "Task-");
    coil__write_number(&dump->out, id);
    coil__write(&dump->out, w->reason->is_shared && !dump->circle
                                ? ", which is not of this loop"
                                : ", which has ended");
}

/* "lock first (0x…), held by b", "task a". */
static void write_what(struct coil_dump *dump, const struct coil_waiter *w)
{
    const void *cursor = NULL;
    uint64_t id = 0;
    enum coil_need need;
    uint32_t awaited = COIL_DUMP_NONE;

    coil__write(&dump->out, w->reason->name);
    need = coil__need_next(w, &cursor, &id);
    if (need == COIL_NEED_TASK)
        awaited = coil__dump_find(dump, id);
    if (awaited != COIL_DUMP_NONE) {
        coil__write(&dump->out, " ");
        coil__dump_write_name(&dump->out, dump->tasks[awaited].task);
        return;
    }
    write_object(dump, w->object);
    if (need == COIL_NEED_HOLDER)
        write_holder(dump, w, id);
}

/* "event stop (0x…) or sleep". */
static void write_selection(struct coil_dump *dump,
                            const struct coil_selection *selection)
{
    size_t written = 0;
    size_t more = 0;

    for (size_t i = 0; i < selection->count; i++) {
        if (!selection->members[i])
            continue;
        if (written == SELECTION_SHOWN) {
            more++;
            continue;
        }
        if (written++ > 0)
            coil__write(&dump->out, " or ");
        write_what(dump, selection->members[i]);
    }
    if (more > 0) {
        coil__write(&dump->out, " or ");
        coil__write_number(&dump->out, more);
        coil__write(&dump->out, more == 1 ? " other" : " others");
    }
}

static void write_wait(struct coil_dump *dump, const struct coil_waiter *w)
{
    coil__write(&dump->out, "waits for ");
    if (w->reason->is_selection)
        write_selection(dump, (const struct coil_selection *)w);
    else
        write_what(dump, w);
}

static void write_state(struct coil_dump *dump, const struct coil_task *task)
{
    const struct coil_waiter *w = coil__dump_wait(task);
    struct coil_writer *out = &dump->out;

    if (task == dump->running) {
        coil__write(out, "running");
    } else if (task->co.state == COIL_COROUTINE_NEW) {
        coil__write(out, "ready to run ");
        write_address(dump, (uintptr_t)task->co.fn);
    } else if (!w) {
        coil__write(out, "ready to run");
    } else {
        write_wait(dump, w);
        if (dump->scheduler->loop) {
            coil__write(out, ", for ");
            coil__write_duration(out, dump->now - w->since);
        }
    }
    if (task->co.running.interrupt)
        coil__write(out, ", cancelled");
}

void coil__dump_write_task(struct coil_dump *dump, uint32_t index,
                           size_t indent)
{
    struct coil_dump_task *t = &dump->tasks[index];
    struct coil_frame frames[COIL__BACKTRACE_MAX];
    struct coil_writer *out = &dump->out;

    coil__write_spaces(out, indent);
    coil__dump_write_name(out, t->task);
    coil__write(out, ", made at ");
    coil__write(out, t->task->co.site ? t->task->co.site : "?");
    coil__write(out, ": ");
    write_state(dump, t->task);
    coil__write(out, "\n");
    if (t->task == dump->running)
        coil__dump_write_frames(dump, indent + 2 * STEP, dump->frames,
                                dump->frame_count);
    else
        coil__dump_write_frames(
            dump, indent + 2 * STEP, frames,
            coil__dump_frames(t->task, frames, COIL__BACKTRACE_MAX));
}

/* ---- all of them ---------------------------------------------------------- */

static void write_like(struct coil_dump *dump, uint32_t index, size_t indent)
{
    const struct coil_dump_task *t = &dump->tasks[index];

    if (t->first == index && t->like >= LIKE_MIN) {
        coil__write_spaces(&dump->out, indent);
        coil__write(&dump->out, "... and ");
        coil__write_number(&dump->out, t->like - 1);
        coil__write(&dump->out, " more like this\n");
    }
}

static bool is_told_by_another(const struct coil_dump *dump, uint32_t index)
{
    const struct coil_dump_task *t = &dump->tasks[index];

    return t->first != index && dump->tasks[t->first].like >= LIKE_MIN;
}

static void visit(struct coil_dump *dump, uint32_t index, size_t depth)
{
    size_t indent = STEP * (1 + (depth < DEPTH_SHOWN ? depth : DEPTH_SHOWN));

    dump->tasks[index].is_written = true;
    if (is_told_by_another(dump, index))
        return;
    coil__dump_write_task(dump, index, indent);
    write_like(dump, index, indent);
}

/* The first task of `index` and its siblings that is not written yet. */
static uint32_t next_unwritten(const struct coil_dump *dump, uint32_t index)
{
    while (index != COIL_DUMP_NONE && dump->tasks[index].is_written)
        index = dump->tasks[index].sibling;
    return index;
}

/* This goes down and up along the links, so a deep tree needs no stack. */
static void write_tree(struct coil_dump *dump, uint32_t root)
{
    uint32_t at = root;
    uint32_t next;
    size_t depth = 0;

    visit(dump, root, 0);
    for (;;) {
        next = next_unwritten(dump, dump->tasks[at].child);
        if (next != COIL_DUMP_NONE) {
            depth++;
        } else {
            while (next == COIL_DUMP_NONE && at != root) {
                next = next_unwritten(dump, dump->tasks[at].sibling);
                if (next == COIL_DUMP_NONE) {
                    at = dump->tasks[at].parent;
                    depth--;
                }
            }
            if (next == COIL_DUMP_NONE)
                return;
        }
        visit(dump, next, depth);
        at = next;
    }
}

/* Write which of the many tasks that it waits for is needed. */
static void write_among(struct coil_dump *dump, const struct coil_waiter *w,
                        uint32_t needed)
{
    const void *cursor = NULL;
    uint64_t id;

    if (coil__need_next(w, &cursor, &id) != COIL_NEED_ALL)
        return;
    coil__write(&dump->out, " with ");
    coil__dump_write_name(&dump->out, dump->tasks[needed].task);
}

void coil__dump_write_cycle(struct coil_dump *dump, uint32_t member)
{
    uint32_t at = member;
    const struct coil_waiter *w;

    coil__write(&dump->out, "  cycle: ");
    do {
        const struct coil_task *task = dump->tasks[at].task;

        if (at != member)
            coil__write(&dump->out, "; ");
        coil__dump_write_name(&dump->out, task);
        coil__write(&dump->out, " ");
        w = coil__dump_wait(task);
        write_wait(dump, w);
        at = dump->tasks[at].leads_to;
        write_among(dump, w, at);
    } while (at != member);
    coil__write(&dump->out, "\n");
}

void coil__dump_write(struct coil_dump *dump)
{
    coil__dump_cycles(dump, coil__dump_write_cycle);
    for (uint32_t i = 0; i < dump->count; i++) {
        if (dump->tasks[i].parent == COIL_DUMP_NONE)
            write_tree(dump, i);
    }
    /* Tasks that await one another in a cycle have no root above them. */
    for (uint32_t i = 0; i < dump->count; i++) {
        if (!dump->tasks[i].is_written)
            write_tree(dump, i);
    }
}
