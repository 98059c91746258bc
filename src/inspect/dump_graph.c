/* SPDX-License-Identifier: MIT */
/*
 * dump_graph.c - who needs whom
 *
 * Trees: a task that awaits others stands above them, and the parent of a group
 * above its children.  A task that several others await stands below the first
 * of them.
 *
 * Cycles: a task that needs all of what it waits for can go on only after each
 * of those tasks has.  If such needs lead from a task back to itself, all tasks
 * on the way are in a deadlock, whatever the others do.  A task that waits for
 * any one of several is left out.
 *
 * Nothing here is recursive: a chain of awaits may be as long as memory allows.
 */

#include "inspect/dump_graph.h"

#include "task/needs.h"

enum { WHITE, GREY, BLACK };

uint32_t coil__dump_find(const struct coil_dump *dump, uint64_t id)
{
    uint32_t low = 0;
    uint32_t high = dump->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (dump->tasks[middle].task->co.running.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < dump->count && dump->tasks[low].task->co.running.id == id)
        return low;
    /* A loop that has run in several threads has ids of several blocks. */
    for (low = 0; low < dump->count; low++) {
        if (dump->tasks[low].task->co.running.id == id)
            return low;
    }
    return COIL_DUMP_NONE;
}

/*
 * The next task that `t` needs, and how; t->cursor keeps the place.
 * COIL_NEED_NONE: there are no more.
 */
static enum coil_need next_need(const struct coil_dump *dump,
                                struct coil_dump_task *t, uint32_t *other)
{
    const struct coil_waiter *w = coil__dump_wait(t->task);
    enum coil_need need;
    uint64_t id;

    if (t->task == dump->running || !w)
        return COIL_NEED_NONE;
    do {
        id = 0;
        need = coil__need_next(w, &t->cursor, &id);
        *other = id ? coil__dump_find(dump, id) : COIL_DUMP_NONE;
    } while (need != COIL_NEED_NONE && *other == COIL_DUMP_NONE);
    return need;
}

/* ---- trees ---------------------------------------------------------------- */

static void adopt(struct coil_dump *dump, uint32_t parent, uint32_t child)
{
    struct coil_dump_task *p = &dump->tasks[parent];
    struct coil_dump_task *c = &dump->tasks[child];

    if (parent == child || c->parent != COIL_DUMP_NONE)
        return;
    c->parent = parent;
    if (p->last_child == COIL_DUMP_NONE)
        p->child = child;
    else
        dump->tasks[p->last_child].sibling = child;
    p->last_child = child;
}

void coil__dump_arrange(struct coil_dump *dump)
{
    uint32_t other;
    enum coil_need need;

    for (uint32_t i = 0; i < dump->count; i++) {
        const struct coil_task_owner *owner = dump->tasks[i].task->owner;

        if (!owner || !owner->parent)
            continue;
        other = coil__dump_find(dump, owner->parent->co.running.id);
        if (other != COIL_DUMP_NONE)
            adopt(dump, other, i);
    }
    for (uint32_t i = 0; i < dump->count; i++) {
        dump->tasks[i].cursor = NULL;
        while ((need = next_need(dump, &dump->tasks[i], &other)) !=
               COIL_NEED_NONE) {
            if (need != COIL_NEED_HOLDER)
                adopt(dump, i, other);
        }
    }
}

/* ---- cycles --------------------------------------------------------------- */

/*
 * A cycle is found: link the tasks on the way from `last` back to `first`,
 * which `last` needs.
 */
static void close_cycle(struct coil_dump *dump, uint32_t first, uint32_t last,
                        void (*tell)(struct coil_dump *dump, uint32_t member))
{
    uint32_t next = first;

    for (uint32_t i = last; i != first; i = dump->tasks[i].came_from) {
        dump->tasks[i].leads_to = next;
        next = i;
    }
    dump->tasks[first].leads_to = next;
    tell(dump, first);
}

static void search(struct coil_dump *dump, uint32_t start,
                   void (*tell)(struct coil_dump *dump, uint32_t member))
{
    uint32_t at = start;

    dump->tasks[at].colour = GREY;
    while (at != COIL_DUMP_NONE) {
        struct coil_dump_task *t = &dump->tasks[at];
        uint32_t other;
        enum coil_need need = next_need(dump, t, &other);

        if (need == COIL_NEED_NONE) {
            t->colour = BLACK;
            at = t->came_from;
        } else if (need == COIL_NEED_ANY) {
            continue;
        } else if (dump->tasks[other].colour == GREY) {
            close_cycle(dump, other, at, tell);
        } else if (dump->tasks[other].colour == WHITE) {
            dump->tasks[other].colour = GREY;
            dump->tasks[other].came_from = at;
            at = other;
        }
    }
}

void coil__dump_cycles(struct coil_dump *dump,
                       void (*tell)(struct coil_dump *dump, uint32_t member))
{
    for (uint32_t i = 0; i < dump->count; i++)
        dump->tasks[i].cursor = NULL;
    for (uint32_t i = 0; i < dump->count; i++) {
        if (dump->tasks[i].colour == WHITE)
            search(dump, i, tell);
    }
}
