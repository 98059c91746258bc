/* SPDX-License-Identifier: MIT */
/*
 * rows.c - the lines of a table, filtered and sorted
 */
#include <stdlib.h>
#include <string.h>

#include "inspect/label.h"
#include "inspect/must.h"
#include "top.h"

static struct row *add_row(struct top *top)
{
    struct row *row;

    top->rows = must_grow(top->rows, top->row_count, &top->row_capacity,
                          sizeof top->rows[0]);
    row = &top->rows[top->row_count++];
    *row = (struct row){ .label = "", .state = "" };
    return row;
}

static const char *state_of(const struct scan_task *task)
{
    static const char *const names[] = {
        [STATE_NEW] = "new",
        [STATE_READY] = "ready",
        [STATE_WAITS] = "waits",
        [STATE_RUNNING] = "runs",
    };

    return names[task->state];
}

static int64_t waited_by(const struct top *top, const struct scan_task *task)
{
    int64_t now = scan_now(top->scan);

    return task->kind && task->since > 0 && task->since < now
               ? now - task->since
               : 0;
}

/* ---- what tasks wait for -------------------------------------------------- */

static void write_holder(struct top *top, const struct scan_object *object,
                         char *to, size_t size)
{
    const struct scan_task *holder =
        object->holder ? scan_find_id(top->scan, object->holder) : NULL;

    to[0] = '\0';
    if (holder)
        snprintf(to, size, "%s", holder->name);
    else if (object->holder)
        snprintf(to, size, "Task-%llu (ended)",
                 (unsigned long long)object->holder);
}

void top_describe_wait(struct top *top, const struct scan_task *task, char *to,
                       size_t size)
{
    char object[160];
    char holder[64];
    int n;

    if (!task->kind) {
        snprintf(to, size, "-");
        return;
    }
    if (!task->object) {
        snprintf(to, size, "%s", task->kind->name);
        return;
    }
    stacks_describe(top->stacks, task->object, object, sizeof object);
    write_holder(top, task->object, holder, sizeof holder);
    n = snprintf(to, size, "%s", object);
    if (holder[0] && n >= 0 && (size_t)n < size)
        snprintf(to + n, size - (size_t)n, ", held by %s", holder);
}

static void collect_objects(struct top *top)
{
    struct scan_object **buckets;
    size_t count = scan_objects(top->scan, &buckets);
    uint64_t pass = scan_pass(top->scan);

    for (size_t i = 0; i < count; i++) {
        for (struct scan_object *o = buckets[i]; o; o = o->next) {
            char object[160];
            char holder[64];
            char sum[24];
            char longest[24];
            struct row *row;

            if (o->pass != pass)
                continue;
            row = add_row(top);
            stacks_describe(top->stacks, o, object, sizeof object);
            write_holder(top, o, holder, sizeof holder);
            label_duration(sum, sizeof sum, o->waited);
            label_duration(longest, sizeof longest, o->longest);
            row->count = (double)o->waiters;
            row->time = o->waited;
            row->label = must_intern(object);
            row->state = o->kind->name;
            row->address = o->address;
            snprintf(row->text, sizeof row->text, "%8zu %10s %10s  %-40s %s",
                     o->waiters, sum, longest, object, holder);
        }
    }
}

/* ---- tasks ---------------------------------------------------------------- */

/* Interned: it is asked for at each refresh. */
static const char *label_of(struct scan_task *task)
{
    if (!task->path)
        task->path =
            (void *)(uintptr_t)label_task(task->name, task->site, false);
    return task->path;
}

static void collect_tasks(struct top *top, const struct place *place)
{
    struct scan_task **tasks;
    size_t count = scan_seen(top->scan, &tasks);

    for (size_t i = 0; i < count; i++) {
        struct scan_task *task = tasks[i];
        char wait[200];
        char since[24] = "";
        struct row *row;

        if ((place->group && label_of(task) != place->group) ||
            (place->object &&
             (!task->object || task->object->address != place->object)))
            continue;
        row = add_row(top);
        row->count = (double)task->id;
        row->time = waited_by(top, task);
        row->label = label_of(task);
        row->state = state_of(task);
        row->id = task->id;
        top_describe_wait(top, task, wait, sizeof wait);
        if (row->time > 0)
            label_duration(since, sizeof since, row->time);
        snprintf(row->text, sizeof row->text,
                 "%8llu %-20.20s %-6s %10s  %-36.60s %.100s",
                 (unsigned long long)task->id, task->name, row->state, since,
                 wait, task->site);
    }
}

/* ---- groups --------------------------------------------------------------- */

struct group {
    const char *label;
    size_t states[4];
    size_t waits; /* of `reason` */
    const char *reason;
    int64_t sum, longest;
};

static int compare_tasks(const void *a, const void *b)
{
    struct scan_task *const *x = a;
    struct scan_task *const *y = b;
    const char *p = label_of(*x);
    const char *q = label_of(*y);
    const char *r = (*x)->kind ? (*x)->kind->name : "";
    const char *s = (*y)->kind ? (*y)->kind->name : "";

    if (p != q)
        return strcmp(p, q);
    return (r > s) - (r < s);
}

static void end_group(struct top *top, const struct group *g)
{
    struct row *row;
    size_t count = 0;
    char longest[24] = "";
    char sum[24] = "";

    for (int i = 0; i < 4; i++)
        count += g->states[i];
    if (count == 0)
        return;
    if (g->longest > 0) {
        label_duration(longest, sizeof longest, g->longest);
        label_duration(sum, sizeof sum, g->sum);
    }
    row = add_row(top);
    row->count = (double)count;
    row->time = g->sum;
    row->label = g->label;
    row->state = g->reason ? g->reason : "";
    snprintf(row->text, sizeof row->text,
             "%8zu %5zu %6zu %7zu %10s %10s  %-20.20s %s", count,
             g->states[STATE_RUNNING],
             g->states[STATE_READY] + g->states[STATE_NEW],
             g->states[STATE_WAITS], sum, longest, row->state, g->label);
}

static void collect_groups(struct top *top)
{
    struct scan_task **seen;
    size_t count = scan_seen(top->scan, &seen);
    struct scan_task **tasks = must_calloc(count, sizeof tasks[0]);
    struct group g = { .label = NULL };
    size_t run = 0; /* tasks of one reason so far */
    const char *reason = NULL;

    if (count > 0)
        memcpy(tasks, seen, count * sizeof tasks[0]);
    qsort(tasks, count, sizeof tasks[0], compare_tasks);
    for (size_t i = 0; i < count; i++) {
        struct scan_task *task = tasks[i];
        int64_t waited = waited_by(top, task);
        const char *now = task->kind ? task->kind->name : NULL;

        if (label_of(task) != g.label) {
            end_group(top, &g);
            g = (struct group){ .label = label_of(task) };
            reason = NULL;
        }
        run = now && now == reason ? run + 1 : 1;
        reason = now;
        if (now && run > g.waits) {
            g.waits = run;
            g.reason = now;
        }
        g.states[task->state]++;
        g.sum += waited;
        if (waited > g.longest)
            g.longest = waited;
    }
    end_group(top, &g);
    free(tasks);
}

static void collect_connections(struct top *top)
{
    const struct connections *c = &top->connections;

    for (size_t i = 0; i < c->count; i++) {
        const struct connection *socket = &c->all[i];
        struct row *row = add_row(top);

        row->count = (double)(socket->unread + socket->unsent);
        row->time = socket->fd;
        row->label = must_intern(socket->local);
        row->state = socket->state;
        snprintf(row->text, sizeof row->text,
                 "%6d %-5s %-12s %8lu %8lu  %-28s %s", socket->fd, socket->kind,
                 socket->state, socket->unread, socket->unsent, socket->local,
                 socket->remote);
    }
}

/* ---- order ---------------------------------------------------------------- */

static int compare_counts(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = (x->count < y->count) - (x->count > y->count);

    return order ? order : strcmp(x->text, y->text);
}

static int compare_times(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = (x->time < y->time) - (x->time > y->time);

    return order ? order : strcmp(x->text, y->text);
}

static int compare_sites(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = strcmp(x->label, y->label);

    return order ? order : strcmp(x->text, y->text);
}

static int compare_states(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    int order = strcmp(x->state, y->state);

    return order ? order : compare_times(a, b);
}

void top_collect(struct top *top, const struct place *place)
{
    static int (*const orders[SORTS])(const void *a, const void *b) = {
        [SORT_COUNT] = compare_counts,
        [SORT_TIME] = compare_times,
        [SORT_SITE] = compare_sites,
        [SORT_STATE] = compare_states,
    };
    size_t kept = 0;

    top->row_count = 0;
    if (place->view == VIEW_GROUPS)
        collect_groups(top);
    else if (place->view == VIEW_TASKS)
        collect_tasks(top, place);
    else if (place->view == VIEW_OBJECTS)
        collect_objects(top);
    else if (place->view == VIEW_CONNECTIONS)
        collect_connections(top);
    for (size_t i = 0; i < top->row_count; i++) {
        if (!top->filter[0] || strcasestr(top->rows[i].text, top->filter))
            top->rows[kept++] = top->rows[i];
    }
    top->row_count = kept;
    if (kept > 0)
        qsort(top->rows, kept, sizeof top->rows[0], orders[top->sort]);
}
