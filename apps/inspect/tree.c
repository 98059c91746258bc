/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <stdlib.h>

struct key {
    uintptr_t address;
    size_t index;
};

static int compare_keys(const void *a, const void *b)
{
    uintptr_t x = ((const struct key *)a)->address;
    uintptr_t y = ((const struct key *)b)->address;

    return (x > y) - (x < y);
}

static size_t find_key(const struct key *keys, size_t count, uintptr_t address)
{
    const struct key wanted = { .address = address };
    const struct key *found =
        bsearch(&wanted, keys, count, sizeof keys[0], compare_keys);

    return found ? found->index : NONE;
}

/* Whether `at` stands below `top`, or is it. */
static bool is_below(const struct loop *loop, size_t at, size_t top)
{
    while (at != NONE && at != top)
        at = loop->tasks[at].parent;
    return at == top;
}

static void adopt(struct loop *loop, size_t parent, size_t child)
{
    struct task *p;

    if (parent == NONE || child == NONE || loop->tasks[child].parent != NONE ||
        is_below(loop, parent, child))
        return;
    p = &loop->tasks[parent];
    loop->tasks[child].parent = parent;
    if (p->last_child == NONE)
        p->child = child;
    else
        loop->tasks[p->last_child].sibling = child;
    p->last_child = child;
}

bool tree_arrange(struct loop *loop)
{
    size_t count = loop->task_count;
    struct key *keys = calloc(count + 1, sizeof keys[0]);

    if (!keys)
        return false;
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct key){ loop->tasks[i].address, i };
    qsort(keys, count, sizeof keys[0], compare_keys);
    for (size_t i = 0; i < count; i++)
        adopt(loop, find_key(keys, count, loop->tasks[i].owner_parent), i);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < loop->tasks[i].needs_count; k++)
            adopt(loop, i, find_key(keys, count, loop->tasks[i].needs[k]));
    }
    free(keys);
    return true;
}
