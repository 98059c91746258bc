/* SPDX-License-Identifier: MIT */
/*
 * timers.c - a pairing heap
 *
 * Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap, Algorithmica 1 (1986).
 * Each node knows its first child, its next sibling, and in `back` its previous
 * sibling, or its parent if it is the first child.
 */
#include "loop/timers.h"

static bool before(const struct coil_handle *a, const struct coil_handle *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return a->sequence < b->sequence;
}

/* Make one tree of two; either may be NULL. */
static struct coil_handle *meld(struct coil_handle *a, struct coil_handle *b)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (before(b, a)) {
        struct coil_handle *t = a;

        a = b;
        b = t;
    }
    b->back = a;
    b->sibling = a->child;
    if (a->child)
        a->child->back = b;
    a->child = b;
    a->sibling = NULL;
    a->back = NULL;
    return a;
}

/* Make one tree of a list of siblings: pair them up, then meld the pairs. */
static struct coil_handle *meld_siblings(struct coil_handle *first)
{
    struct coil_handle *pairs = NULL;
    struct coil_handle *tree = NULL;

    while (first) {
        struct coil_handle *second = first->sibling;
        struct coil_handle *rest = second ? second->sibling : NULL;
        struct coil_handle *pair = meld(first, second);

        pair->sibling = pairs;
        pairs = pair;
        first = rest;
    }
    while (pairs) {
        struct coil_handle *next = pairs->sibling;

        pairs->sibling = NULL;
        tree = meld(tree, pairs);
        pairs = next;
    }
    if (tree) {
        tree->sibling = NULL;
        tree->back = NULL;
    }
    return tree;
}

void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    handle->child = NULL;
    handle->sibling = NULL;
    handle->back = NULL;
    timers->root = meld(timers->root, handle);
    timers->count++;
}

void coil__timers_remove(struct coil_timers *timers, struct coil_handle *handle)
{
    struct coil_handle *below = meld_siblings(handle->child);

    timers->count--;
    handle->child = NULL;
    if (handle == timers->root) {
        timers->root = below;
        return;
    }
    if (handle->back->child == handle)
        handle->back->child = handle->sibling;
    else
        handle->back->sibling = handle->sibling;
    if (handle->sibling)
        handle->sibling->back = handle->back;
    timers->root = meld(timers->root, below);
}
