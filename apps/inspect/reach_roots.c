/* SPDX-License-Identifier: MIT */
/*
 * reach_roots.c - what is alive in any case
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "must.h"
#include "reach_inside.h"

enum {
    RED_ZONE = 128, /* below the stack pointer, and yet in use */
    TIMERS_MAX = 1 << 20,
    BATCH = 512,
};

/* ---- threads -------------------------------------------------------------- */

/*
 * Where a thread is in the kernel: "number ... sp pc".  It runs, or that is not to
 * be read: `sp` is 0.
 */
static void read_thread(const struct target *target, struct reach_thread *t)
{
    char path[64];
    char *end;
    FILE *file;

    t->sp = 0;
    t->where[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)target->pid,
             t->tid);
    file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(t->where, sizeof t->where, file))
        t->where[0] = '\0';
    fclose(file);
    end = strrchr(t->where, ' ');
    while (end && end > t->where && end[-1] != ' ')
        end--;
    if (end)
        t->sp = (uintptr_t)strtoull(end, NULL, 16);
}

/*
 * A thread that runs a task is on the stack of that, and where its own is, is
 * unknown.
 */
static void note_stack(struct reach *r, const struct reach_thread *t)
{
    struct area *area = t->sp ? areas_find(&r->areas, t->sp) : NULL;

    if (!t->sp)
        r->is_unstable = true;
    if (area && !slots_find(&r->slots, t->sp) && area->kind == AREA_OTHER)
        area->kind = AREA_STACK;
    else if (t->tid != r->target->pid && (!area || area->kind != AREA_STACK))
        r->has_unknown_stack = true;
}

void reach_find_threads(struct reach *r)
{
    char path[64];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)r->target->pid);
    dir = opendir(path);
    if (!dir) {
        r->is_unstable = true;
        r->has_unknown_stack = true;
        return;
    }
    while ((entry = readdir(dir))) {
        struct reach_thread t = { .tid = atoi(entry->d_name) };

        if (t.tid <= 0)
            continue;
        read_thread(r->target, &t);
        note_stack(r, &t);
        r->threads = must_grow(r->threads, r->thread_count, &r->thread_capacity,
                               sizeof r->threads[0]);
        r->threads[r->thread_count++] = t;
    }
    closedir(dir);
}

bool reach_threads_are_same(struct reach *r)
{
    for (size_t i = 0; i < r->thread_count; i++) {
        struct reach_thread now = { .tid = r->threads[i].tid };

        read_thread(r->target, &now);
        if (strcmp(now.where, r->threads[i].where) != 0)
            return false;
    }
    return true;
}

static void scan_threads(struct reach *r)
{
    for (size_t i = 0; i < r->thread_count; i++) {
        uintptr_t sp = r->threads[i].sp;
        const struct area *area = sp ? areas_find(&r->areas, sp) : NULL;

        if (area && area->kind == AREA_STACK && !area->is_main)
            reach_scan_area(r, area, sp - RED_ZONE);
    }
}

/* The first thread may be on another stack now. */
static uintptr_t main_sp(const struct reach *r, const struct area *area)
{
    for (size_t i = 0; i < r->thread_count; i++) {
        const struct reach_thread *t = &r->threads[i];

        if (t->sp >= area->from && t->sp < area->to)
            return t->sp - RED_ZONE;
    }
    return area->from;
}

/* ---- timers --------------------------------------------------------------- */

/* A timer on the stack of a task will do something to that. */
static void take_timer(struct reach *r, uintptr_t handle)
{
    const struct slot *slot = slots_find(&r->slots, handle);

    if (slot && slot->task != SLOT_NO_TASK)
        reach_join(r, (size_t)slot->task);
    else
        reach_visit(r, handle);
}

static void take_noted(struct reach *r, uintptr_t loop)
{
    uintptr_t link = word_at(r->target, loop + r->at.loop_noted);

    for (size_t i = 0; link && i < TIMERS_MAX; i++) {
        take_timer(r, link - r->at.handle_noted);
        link = word_at(r->target, link);
    }
}

/* Links: siblings, and below each its children. */
static void take_linked(struct reach *r, uintptr_t loop)
{
    uintptr_t *stack = NULL;
    size_t count = 0;
    size_t capacity = 0;
    uintptr_t node = word_at(r->target, loop + r->at.loop_links);

    for (size_t i = 0; i < TIMERS_MAX; i++) {
        if (!node && count > 0)
            node = stack[--count];
        if (!node)
            break;
        take_timer(r, node - r->at.handle_node);
        stack = must_grow(stack, count, &capacity, sizeof stack[0]);
        stack[count++] = word_at(r->target, node + r->at.node_child);
        node = word_at(r->target, node + r->at.node_sibling);
    }
    free(stack);
}

/* Slots that are not in use hold what was in use before, or nothing. */
static void take_array(struct reach *r, uintptr_t loop)
{
    uintptr_t entries = word_at(r->target, loop + r->at.loop_entries);
    uintptr_t handles = word_at(r->target, loop + r->at.loop_handles);
    size_t count = word_at(r->target, loop + r->at.loop_timers);
    size_t size = r->at.entry_size;
    unsigned char *bytes;
    uintptr_t *all;

    if (!entries || !handles || count == 0 || count > TIMERS_MAX)
        return;
    bytes = must_calloc(count, size);
    all = must_calloc(count, sizeof all[0]);
    if (target_read(r->target, entries, bytes, count * size)) {
        uint32_t last = 0;
        uint32_t slot;

        for (size_t i = 0; i < count; i++) {
            memcpy(&slot, bytes + i * size + r->at.entry_slot, sizeof slot);
            last = slot > last ? slot : last;
        }
        if (last < TIMERS_MAX) {
            all = must_realloc(all, ((size_t)last + 1) * sizeof all[0]);
            if (!target_read(r->target, handles, all,
                             ((size_t)last + 1) * sizeof all[0]))
                count = 0;
        } else {
            count = 0;
        }
        for (size_t i = 0; i < count; i++) {
            memcpy(&slot, bytes + i * size + r->at.entry_slot, sizeof slot);
            take_timer(r, all[slot]);
        }
    }
    free(bytes);
    free(all);
}

void reach_scan_timers(struct reach *r)
{
    for (size_t i = 0; i < r->loop_count; i++) {
        take_noted(r, r->loops[i].address);
        take_linked(r, r->loops[i].address);
        take_array(r, r->loops[i].address);
    }
}

/* ---- all ------------------------------------------------------------------ */

void reach_scan_roots(struct reach *r)
{
    for (size_t i = 0; i < r->areas.count; i++) {
        struct area *area = &r->areas.all[i];

        r->in_static = area->kind == AREA_STATIC;
        if (r->in_static)
            reach_scan_area(r, area, area->from);
        else if (area->is_main)
            reach_scan_area(r, area, main_sp(r, area));
        else if (area->kind == AREA_OTHER && r->has_unknown_stack)
            reach_visit(r, area->from);
    }
    r->in_static = false;
    scan_threads(r);
    /* What a thread keeps for itself. */
    for (size_t i = 0; i < r->loop_count; i++) {
        uintptr_t thread = 0;

        memcpy(&thread, r->loops[i].bytes + r->at.loop_thread, sizeof thread);
        reach_visit(r, thread);
    }
    for (size_t i = 0; i < r->task_count; i++) {
        if (r->tasks[i].is_alive)
            reach_start(r, i);
    }
}
