/* SPDX-License-Identifier: MIT */
/*
 * base/heap.h - heaps whose links lie in what they hold
 *
 * Nothing is allocated, and nothing can fail.  A heap is a pointer to its first
 * node, NULL if it is empty.  Whoever has a heap says by a function, the same in
 * all calls, what comes before what; the compiler writes it into each place where
 * it is called.
 *
 * It is a pairing heap (Fredman, Sedgewick, Sleator, Tarjan: The Pairing Heap,
 * Algorithmica 1, 1986).  Adding takes constant time, removing logarithmic time
 * on the average.
 */
#ifndef COIL_BASE_HEAP_H
#define COIL_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/list.h>

#include "base/platform.h"

typedef bool (*coil__heap_before)(const struct coil_heap_node *a,
                                  const struct coil_heap_node *b);

/* Make one tree of two; either may be NULL. */
static COIL_ALWAYS_INLINE struct coil_heap_node *
coil__heap_meld(struct coil_heap_node *a, struct coil_heap_node *b,
                coil__heap_before before)
{
    if (!a)
        return b;
    if (!b)
        return a;
    if (before(b, a)) {
        struct coil_heap_node *t = a;

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
static COIL_ALWAYS_INLINE struct coil_heap_node *
coil__heap_meld_siblings(struct coil_heap_node *first, coil__heap_before before)
{
    struct coil_heap_node *pairs = NULL;
    struct coil_heap_node *tree = NULL;

    while (first) {
        struct coil_heap_node *second = first->sibling;
        struct coil_heap_node *rest = second ? second->sibling : NULL;
        struct coil_heap_node *pair = coil__heap_meld(first, second, before);

        pair->sibling = pairs;
        pairs = pair;
        first = rest;
    }
    while (pairs) {
        struct coil_heap_node *next = pairs->sibling;

        pairs->sibling = NULL;
        tree = coil__heap_meld(tree, pairs, before);
        pairs = next;
    }
    if (tree) {
        tree->sibling = NULL;
        tree->back = NULL;
    }
    return tree;
}

/* `node` is in no heap; what is in it does not matter. */
static COIL_ALWAYS_INLINE void coil__heap_add(struct coil_heap_node **heap,
                                              struct coil_heap_node *node,
                                              coil__heap_before before)
{
    node->child = NULL;
    node->sibling = NULL;
    node->back = NULL;
    *heap = coil__heap_meld(*heap, node, before);
}

/* `node` must be in the heap. */
static COIL_ALWAYS_INLINE void coil__heap_remove(struct coil_heap_node **heap,
                                                 struct coil_heap_node *node,
                                                 coil__heap_before before)
{
    struct coil_heap_node *below =
        coil__heap_meld_siblings(node->child, before);

    node->child = NULL;
    if (node == *heap) {
        *heap = below;
        return;
    }
    if (node->back->child == node)
        node->back->child = node->sibling;
    else
        node->back->sibling = node->sibling;
    if (node->sibling)
        node->sibling->back = node->back;
    *heap = coil__heap_meld(*heap, below, before);
}

#endif
