/* SPDX-License-Identifier: MIT */
#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIKE_MIN = 3,     /* as many that look the same are told as one */
    DEPTH_SHOWN = 24, /* beyond, the tree is no longer indented */
    COLUMN_MAX = 48,
};

/* ---- pieces --------------------------------------------------------------- */

static void write_duration(char *to, size_t size, int64_t ns)
{
    if (ns >= 1000000000)
        snprintf(to, size, "%.2f s", (double)ns / 1e9);
    else
        snprintf(to, size, "%.1f ms", (double)ns / 1e6);
}

/* A task whose loop is not at real time has none. */
static bool write_since(const struct snapshot *s, const struct task *task,
                        char *to, size_t size)
{
    to[0] = '\0';
    if (task->state != STATE_WAITS || task->since <= 0 || task->since > s->now)
        return false;
    write_duration(to, size, s->now - task->since);
    return true;
}

/* The holder of what a task of `loop` waits for: of any loop. */
static void write_holder(const struct snapshot *s, const struct loop *loop,
                         uint64_t id, char *to, size_t size)
{
    const struct loop *other;
    const struct task *holder = snapshot_find_id(s, id, &other);

    if (!holder)
        snprintf(to, size, ", held by Task-%llu, which has ended",
                 (unsigned long long)id);
    else if (other == loop)
        snprintf(to, size, ", held by %s", holder->name);
    else
        snprintf(to, size, ", held by %s of loop 0x%llx", holder->name,
                 (unsigned long long)other->address);
}

static void write_wait(const struct snapshot *s, const struct loop *loop,
                       struct frames *frames, const struct task *task, char *to,
                       size_t size)
{
    const struct task *needed = NULL;
    char object[96];
    int n;

    if (task->awaits_one && task->needs_count == 1)
        needed = loop_find(loop, task->needs[0]);
    if (needed) {
        snprintf(to, size, "waits for %s %s", task->reason, needed->name);
        return;
    }
    frames_name(frames, task->object, object, sizeof object);
    n = snprintf(to, size, "waits for %s", task->reason);
    if (object[0])
        n += snprintf(to + n, size - (size_t)n, " %s", object);
    else if (task->object)
        n += snprintf(to + n, size - (size_t)n, " 0x%llx",
                      (unsigned long long)task->object);
    if (task->holder)
        write_holder(s, loop, task->holder, to + n, size - (size_t)n);
}

static void write_state(const struct snapshot *s, const struct loop *loop,
                        struct frames *frames, const struct task *task,
                        char *to, size_t size)
{
    char entry[96];
    size_t n;

    switch (task->state) {
    case STATE_RUNNING:
        snprintf(to, size, "running");
        break;
    case STATE_NEW:
        frames_name(frames, task->entry, entry, sizeof entry);
        snprintf(to, size, "ready to run %s", entry);
        break;
    case STATE_READY:
        snprintf(to, size, "ready to run");
        break;
    default:
        write_wait(s, loop, frames, task, to, size);
    }
    n = strlen(to);
    if (task->is_cancelled)
        snprintf(to + n, size - n, ", cancelled");
}

static void print_loop(const struct snapshot *s, const struct loop *loop)
{
    char name[32];

    target_thread_name(s->target, loop->tid, name, sizeof name);
    printf("loop 0x%llx", (unsigned long long)loop->address);
    if (loop->tid)
        printf(" of thread %d (%s)", loop->tid, name);
    printf(": %s, %zu task%s%s\n",
           !loop->is_running  ? "not running"
           : loop->is_waiting ? "waiting"
                              : "running",
           loop->task_count, loop->task_count == 1 ? "" : "s",
           loop->is_consistent ? "" : "; it ran while this was read");
}

static void print_frames(const struct frame *f, size_t count,
                         const char *indent)
{
    for (size_t i = 0; i < count; i++)
        printf("%s#%zu %s at %s\n", indent, i, f[i].name, f[i].place);
}

/* ---- the table ------------------------------------------------------------ */

enum { ID, NAME, STATE, FOR, AWAITER, AT, MADE, COLUMNS };

struct row {
    char cell[COLUMNS][200];
};

static void fill_row(struct row *row, const struct snapshot *s,
                     const struct loop *loop, struct frames *frames,
                     const struct task *task)
{
    struct frame f[2];
    size_t count = frames_of(frames, task, f, 2);
    char *at = row->cell[AT];

    snprintf(row->cell[ID], sizeof row->cell[ID], "%llu",
             (unsigned long long)task->id);
    snprintf(row->cell[NAME], sizeof row->cell[NAME], "%s", task->name);
    write_state(s, loop, frames, task, row->cell[STATE],
                sizeof row->cell[STATE]);
    write_since(s, task, row->cell[FOR], sizeof row->cell[FOR]);
    snprintf(row->cell[AWAITER], sizeof row->cell[AWAITER], "%s",
             task->parent == NONE ? "-" : loop->tasks[task->parent].name);
    at[0] = '\0';
    if (count > 0)
        snprintf(at, sizeof row->cell[AT], "%s%s%.90s", f[0].name,
                 count > 1 ? " < " : "", count > 1 ? f[1].name : "");
    else if (task->pc && task->state != STATE_RUNNING)
        snprintf(at, sizeof row->cell[AT], "0x%llx",
                 (unsigned long long)task->pc);
    snprintf(row->cell[MADE], sizeof row->cell[MADE], "%s", task->site);
}

static void print_rows(const struct loop *loop, const struct row *rows,
                       struct frames *frames, bool all_frames)
{
    static const char *const titles[COLUMNS] = {
        "ID", "NAME", "STATE", "FOR", "AWAITED BY", "IN", "MADE AT",
    };
    size_t width[COLUMNS];
    struct frame f[FRAMES_MAX];

    for (size_t c = 0; c < COLUMNS; c++) {
        width[c] = strlen(titles[c]);
        for (size_t i = 0; i < loop->task_count; i++) {
            size_t length = strlen(rows[i].cell[c]);

            if (length > width[c])
                width[c] = length < COLUMN_MAX ? length : COLUMN_MAX;
        }
    }
    for (size_t c = 0; c < COLUMNS; c++)
        printf("%s%-*s", c ? "  " : "  ", c == MADE ? 0 : (int)width[c],
               titles[c]);
    printf("\n");
    for (size_t i = 0; i < loop->task_count; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            printf("  %-*s", c == MADE ? 0 : (int)width[c], rows[i].cell[c]);
        printf("\n");
        if (all_frames)
            print_frames(f, frames_of(frames, &loop->tasks[i], f, FRAMES_MAX),
                         "      ");
    }
}

void print_table(const struct snapshot *s, struct frames *frames,
                 bool all_frames)
{
    for (size_t l = 0; l < s->loop_count; l++) {
        const struct loop *loop = &s->loops[l];
        struct row *rows = calloc(loop->task_count + 1, sizeof rows[0]);

        print_loop(s, loop);
        for (size_t i = 0; rows && i < loop->task_count; i++)
            fill_row(&rows[i], s, loop, frames, &loop->tasks[i]);
        if (rows && loop->task_count > 0)
            print_rows(loop, rows, frames, all_frames);
        free(rows);
    }
    if (s->loop_count == 0)
        printf("no loop is open\n");
}

/* ---- the tree ------------------------------------------------------------- */

/* Where a branch is being written: how many more like the last one there are. */
struct tree {
    const struct snapshot *s;
    const struct loop *loop;
    struct frames *frames;
    size_t *hidden; /* of each task: how many like it were not written */
};

static bool is_like(const struct task *a, const struct task *b)
{
    return a->child == NONE && b->child == NONE && a->state == b->state &&
           strcmp(a->site, b->site) == 0 && strcmp(a->reason, b->reason) == 0 &&
           a->holder == b->holder && a->pc == b->pc &&
           a->top - a->sp == b->top - b->sp;
}

/* The following siblings that look like `first`: marked, and counted. */
static size_t hide_likes(struct tree *tree, size_t first, size_t next)
{
    const struct task *tasks = tree->loop->tasks;
    size_t count = 1;

    for (size_t i = next; i != NONE; i = tasks[i].sibling)
        count += !tree->hidden[i] && is_like(&tasks[first], &tasks[i]);
    if (count < LIKE_MIN)
        return 0;
    for (size_t i = next; i != NONE; i = tasks[i].sibling) {
        if (is_like(&tasks[first], &tasks[i]))
            tree->hidden[i] = 1;
    }
    return count - 1;
}

static void print_indent(size_t depth)
{
    printf("%*s", (int)(2 * (1 + (depth < DEPTH_SHOWN ? depth : DEPTH_SHOWN))),
           "");
}

static void print_task(struct tree *tree, size_t index, size_t depth)
{
    const struct task *task = &tree->loop->tasks[index];
    struct frame f[FRAMES_MAX];
    char state[256];
    char since[32];
    size_t count = frames_of(tree->frames, task, f, FRAMES_MAX);

    write_state(tree->s, tree->loop, tree->frames, task, state, sizeof state);
    print_indent(depth);
    printf("%s, made at %s: %s", task->name, task->site, state);
    if (write_since(tree->s, task, since, sizeof since))
        printf(", for %s", since);
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        print_indent(depth);
        printf("    #%zu %s at %s\n", i, f[i].name, f[i].place);
    }
}

static void visit(struct tree *tree, size_t index, size_t depth)
{
    size_t likes;

    if (tree->hidden[index])
        return;
    likes = hide_likes(tree, index, tree->loop->tasks[index].sibling);
    print_task(tree, index, depth);
    if (likes > 0) {
        print_indent(depth);
        printf("... and %zu more like this\n", likes);
    }
}

/* Down and up again along the links: deep trees need no stack. */
static void print_branch(struct tree *tree, size_t root)
{
    const struct task *tasks = tree->loop->tasks;
    size_t at = root;
    size_t depth = 0;

    for (;;) {
        visit(tree, at, depth);
        if (tasks[at].child != NONE) {
            at = tasks[at].child;
            depth++;
            continue;
        }
        while (at != root && tasks[at].sibling == NONE) {
            at = tasks[at].parent;
            depth--;
        }
        if (at == root)
            return;
        at = tasks[at].sibling;
    }
}

/* Those that nobody awaits are siblings, too. */
static void link_roots(struct loop *loop)
{
    size_t last = NONE;

    for (size_t i = 0; i < loop->task_count; i++) {
        if (loop->tasks[i].parent != NONE)
            continue;
        if (last != NONE)
            loop->tasks[last].sibling = i;
        last = i;
    }
}

void print_tree(const struct snapshot *s, struct frames *frames)
{
    for (size_t l = 0; l < s->loop_count; l++) {
        struct loop *loop = &s->loops[l];
        struct tree tree = { s, loop, frames, NULL };
        size_t root = 0;

        print_loop(s, loop);
        tree.hidden = calloc(loop->task_count + 1, sizeof tree.hidden[0]);
        if (!tree.hidden || loop->task_count == 0) {
            free(tree.hidden);
            continue;
        }
        link_roots(loop);
        while (loop->tasks[root].parent != NONE)
            root++;
        for (; root != NONE; root = loop->tasks[root].sibling)
            print_branch(&tree, root);
        free(tree.hidden);
    }
    if (s->loop_count == 0)
        printf("no loop is open\n");
}
