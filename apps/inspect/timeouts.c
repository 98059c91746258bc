/* SPDX-License-Identifier: MIT */
#include "timeouts.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "must.h"

enum { TIMERS_MAX = 1 << 20, HANDLE_MAX = 512 };

struct fields {
    uint32_t links, noted, handles, entries, count, slot, entry_size, node,
        noted_link, when, arg, size, child, sibling, timer, task;
};

static bool find_fields(const struct target *target, struct fields *at)
{
    const struct {
        const char *name;
        uint32_t *value;
    } all[] = {
        { "loop.timer_links", &at->links },
        { "loop.timers_noted", &at->noted },
        { "loop.timer_handles", &at->handles },
        { "loop.timer_entries", &at->entries },
        { "loop.timer_count", &at->count },
        { "timer_entry.slot", &at->slot },
        { "timer_entry.size", &at->entry_size },
        { "handle.node", &at->node },
        { "handle.noted", &at->noted_link },
        { "handle.when", &at->when },
        { "handle.arg", &at->arg },
        { "handle.size", &at->size },
        { "node.child", &at->child },
        { "node.sibling", &at->sibling },
        { "timeout.timer", &at->timer },
        { "timeout.task", &at->task },
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!target_has_field(target, all[i].name, all[i].value))
            return false;
    }
    return at->size <= HANDLE_MAX && at->when + sizeof(int64_t) <= at->size &&
           at->arg + sizeof(uintptr_t) <= at->size;
}

static void take(struct timeouts *t, const struct target *target,
                 const struct fields *at, uintptr_t handle)
{
    unsigned char bytes[HANDLE_MAX];
    uintptr_t arg;
    struct timeout timeout;

    if (!target_read(target, handle, bytes, at->size))
        return;
    memcpy(&arg, bytes + at->arg, sizeof arg);
    if (arg + at->timer != handle)
        return;
    memcpy(&timeout.when, bytes + at->when, sizeof timeout.when);
    timeout.task = word_at(target, arg + at->task);
    if (!timeout.task)
        return;
    t->all = must_grow(t->all, t->count, &t->capacity, sizeof t->all[0]);
    t->all[t->count++] = timeout;
}

static void read_noted(struct timeouts *t, const struct target *target,
                       const struct fields *at, uintptr_t loop)
{
    uintptr_t link = word_at(target, loop + at->noted);

    for (size_t i = 0; link && i < TIMERS_MAX; i++) {
        take(t, target, at, link - at->noted_link);
        link = word_at(target, link);
    }
}

static void read_array(struct timeouts *t, const struct target *target,
                       const struct fields *at, uintptr_t loop)
{
    uintptr_t handles = word_at(target, loop + at->handles);
    uintptr_t entries = word_at(target, loop + at->entries);
    size_t count = word_at(target, loop + at->count);

    for (size_t i = 0; handles && entries && i < count && i < TIMERS_MAX; i++) {
        uint32_t slot;
        uintptr_t handle;

        if (!target_read(target, entries + i * at->entry_size + at->slot, &slot,
                         sizeof slot))
            return;
        handle = word_at(target, handles + slot * sizeof handle);
        if (handle)
            take(t, target, at, handle);
    }
}

/* A heap of links: siblings, and below each its children. */
static void read_links(struct timeouts *t, const struct target *target,
                       const struct fields *at, uintptr_t loop)
{
    uintptr_t *stack = NULL;
    size_t count = 0;
    size_t capacity = 0;
    uintptr_t node = word_at(target, loop + at->links);

    for (size_t i = 0; i < TIMERS_MAX; i++) {
        uintptr_t child;

        if (!node && count > 0)
            node = stack[--count];
        if (!node)
            break;
        take(t, target, at, node - at->node);
        child = word_at(target, node + at->child);
        if (child) {
            stack = must_grow(stack, count, &capacity, sizeof stack[0]);
            stack[count++] = child;
        }
        node = word_at(target, node + at->sibling);
    }
    free(stack);
}

static int compare(const void *a, const void *b)
{
    const struct timeout *x = a;
    const struct timeout *y = b;

    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return (x->when > y->when) - (x->when < y->when);
}

void timeouts_read(struct timeouts *t, const struct target *target,
                   uintptr_t loop)
{
    struct fields at;

    *t = (struct timeouts){ .count = 0 };
    if (!find_fields(target, &at))
        return;
    read_noted(t, target, &at, loop);
    read_links(t, target, &at, loop);
    read_array(t, target, &at, loop);
    if (t->count > 0)
        qsort(t->all, t->count, sizeof t->all[0], compare);
}

void timeouts_free(struct timeouts *t)
{
    free(t->all);
}

const struct timeout *timeouts_of(const struct timeouts *t, uintptr_t task)
{
    size_t low = 0;
    size_t high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->all[middle].task < task)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->all[low].task == task ? &t->all[low] : NULL;
}
