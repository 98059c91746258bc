/* SPDX-License-Identifier: MIT */
/*
 * waiting.c - what tasks wait for, and where
 */
#include "sampler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/must.h"
#include "inspect/scan_inside.h"

enum { STACK_MAX = 16384, BATCH = 64 };

/* The node of a wait, below the task's path at the time. */
struct leaf {
    struct graph_node *path;
    struct graph_node *node;
    const char *where;
};

/* ---- names ---------------------------------------------------------------- */

static struct waited *waited_of(struct sampler *s, struct scan_object *object)
{
    struct waited *w = object->user;
    char label[160];

    if (w)
        return w;
    w = must_calloc(1, sizeof *w);
    stacks_describe(s->stacks, object, label, sizeof label);
    *w = (struct waited){
        .next = s->waited,
        .address = object->address,
        .label = must_intern(label),
        .has_holder = object->kind->has_holder,
    };
    s->waited = w;
    object->user = w;
    return w;
}

/*
 * "waits for lock first"; of what has neither a name nor a holder, such as one of
 * many connections, only the kind.
 */
static const char *wait_label(struct sampler *s, const struct scan_task *task)
{
    char label[200];
    const char *what = task->kind->name;

    if (task->object && task->kind->has_holder) {
        what = waited_of(s, task->object)->label;
    } else if (task->object && !task->kind->awaits_one) {
        const char *name = stacks_name(s->stacks, task->object->address);

        if (*name)
            what = waited_of(s, task->object)->label;
    }
    snprintf(label, sizeof label, "waits for %s", what);
    return must_intern(label);
}

/* ---- leaves --------------------------------------------------------------- */

static struct leaf *leaf_of(struct scan_task *task)
{
    if (!task->leaf)
        task->leaf = must_calloc(1, sizeof(struct leaf));
    return task->leaf;
}

static bool is_known(const struct scan_task *task,
                     const struct graph_node *path)
{
    const struct leaf *leaf = task->leaf;

    return leaf && leaf->path == path && task->leaf_version == task->version;
}

static void set_leaf(struct sampler *s, struct scan_task *task,
                     const unsigned char *bytes, size_t size)
{
    struct leaf *leaf = leaf_of(task);
    const struct stack *stack = NULL;

    leaf->path = sampler_path(s, &s->wait, task);
    leaf->where = "";
    if (task->pc && task->state != STATE_NEW) {
        stack = stacks_of_waiting(s->stacks, task, bytes, size);
        leaf->where = stack->where;
    }
    leaf->node = sampler_push(&s->wait, leaf->path, stack);
    leaf->node = graph_child(&s->wait, leaf->node,
                             task->kind ? wait_label(s, task)
                                        : must_intern("ready to run"),
                             GRAPH_WAIT);
    task->leaf_version = task->version;
}

/* Read the stacks of those whose wait is another one now. */
static void set_leaves(struct sampler *s, struct scan_task **tasks,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = tasks[i]->address > tasks[i]->sp
                          ? tasks[i]->address - tasks[i]->sp
                          : 0;

        if (size > STACK_MAX)
            size = STACK_MAX;
        s->pieces[i] =
            (struct bulk_piece){ tasks[i]->sp, s->bytes + i * STACK_MAX, size,
                                 false };
    }
    bulk_read(s->target, s->pieces, count);
    for (size_t i = 0; i < count; i++)
        set_leaf(s, tasks[i], s->pieces[i].to,
                 s->pieces[i].is_read ? s->pieces[i].size : 0);
}

/* ---- holders -------------------------------------------------------------- */

/* What the holder does while others wait. */
static const char *doing(struct sampler *s, const struct scan_task *task)
{
    const struct leaf *leaf = task->leaf;
    char text[400];

    if (task->state == STATE_RUNNING)
        return must_intern("it runs");
    if (!task->kind)
        return must_intern("it is ready to run");
    if (leaf && task->leaf_version == task->version && *leaf->where)
        snprintf(text, sizeof text, "it %s, in %s", wait_label(s, task),
                 leaf->where);
    else
        snprintf(text, sizeof text, "it %s", wait_label(s, task));
    return must_intern(text);
}

static struct held *held_of(struct sampler *s, struct waited *w, uint64_t id)
{
    struct held *held;
    struct scan_task *task;
    char text[256];

    for (size_t i = 0; i < w->holder_count; i++) {
        if (w->holders[i].id == id)
            return &w->holders[i];
    }
    if (w->holder_count == HOLDERS_MAX)
        return NULL;
    held = &w->holders[w->holder_count++];
    task = scan_find_id(s->scan, id);
    if (task)
        snprintf(text, sizeof text, "%s (made at %s)", task->name, task->site);
    else
        snprintf(text, sizeof text, "Task-%llu, which has ended",
                 (unsigned long long)id);
    *held = (struct held){ .id = id, .name = must_intern(text), .does = "" };
    return held;
}

/* Below the wait: by whom the lock is held.  Names are folded. */
static struct graph_node *push_holder(struct sampler *s,
                                      struct graph_node *node, uint64_t id)
{
    struct scan_task *task = scan_find_id(s->scan, id);
    char text[300];

    if (task)
        snprintf(text, sizeof text, "held by %s",
                 sampler_label(s, task->name, task->site));
    else
        snprintf(text, sizeof text, "held by a task that has ended");
    return graph_child(&s->wait, node, must_intern(text), GRAPH_HOLDER);
}

/* `task` has waited for `us`. */
static struct graph_node *count_object(struct sampler *s,
                                       struct graph_node *node,
                                       struct scan_object *object, double us,
                                       double weight)
{
    struct waited *w;
    struct scan_task *holder;
    struct held *held;
    size_t waiters = (size_t)((double)object->waiters * weight + 0.5);

    if (!object->kind->has_holder && object->waiters < 2 && !object->user)
        return node;
    w = waited_of(s, object);
    w->us += us;
    if (waiters > w->most)
        w->most = waiters;
    if (!object->kind->has_holder || !object->holder)
        return node;
    held = held_of(s, w, object->holder);
    if (!held) {
        w->others += us;
        return push_holder(s, node, object->holder);
    }
    held->us += us;
    holder = scan_find_id(s->scan, object->holder);
    if (holder)
        held->does = doing(s, holder);
    return push_holder(s, node, object->holder);
}

/* ---- a tick --------------------------------------------------------------- */

static void count_task(struct sampler *s, struct scan_task *task, double us,
                       double weight)
{
    const struct leaf *leaf = task->leaf;
    struct graph_node *node = leaf->node;

    if (task->object)
        node = count_object(s, node, task->object, us * weight, weight);
    node->self += us * weight;
}

void sampler_tick_waiting(struct sampler *s, double us)
{
    size_t looked = scan_read(s->scan, s->options.most);
    struct scan_task **tasks;
    size_t count = scan_tasks(s->scan, &tasks);
    double weight = looked > 0 ? (double)count / (double)looked : 0;
    size_t changed = 0;

    s->task_us += us * (double)count;
    count = scan_seen(s->scan, &tasks);
    s->read += (double)count;
    for (size_t i = 0; i < count; i++) {
        if (tasks[i]->state == STATE_RUNNING ||
            is_known(tasks[i], sampler_path(s, &s->wait, tasks[i])))
            continue;
        s->changed[changed++] = tasks[i];
        if (changed == BATCH) {
            set_leaves(s, s->changed, changed);
            changed = 0;
        }
    }
    set_leaves(s, s->changed, changed);
    for (size_t i = 0; i < count; i++) {
        if (tasks[i]->state != STATE_RUNNING)
            count_task(s, tasks[i], us, weight);
    }
}

static void forget(struct scan_task *task)
{
    free(task->leaf);
}

void sampler_init(struct sampler *s, struct target *target, struct scan *scan,
                  struct stacks *stacks, const struct sampler_options *options)
{
    *s = (struct sampler){
        .options = *options,
        .target = target,
        .scan = scan,
        .stacks = stacks,
        .bytes = must_calloc(BATCH, STACK_MAX),
        .pieces = must_calloc(BATCH, sizeof s->pieces[0]),
        .changed = must_calloc(BATCH, sizeof s->changed[0]),
    };
    scan->forget = forget;
    graph_init(&s->run, "where tasks run");
    graph_init(&s->wait, "where tasks wait");
}
