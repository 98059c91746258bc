/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/must.h"

void graph_init(struct graph *graph, const char *label)
{
    *graph = (struct graph){
        .root = { .label = must_intern(label), .kind = GRAPH_ROOT },
        .size = 1024,
    };
    graph->buckets = must_calloc(graph->size, sizeof graph->buckets[0]);
}

void graph_fini(struct graph *graph)
{
    for (size_t i = 0; i < graph->size; i++) {
        while (graph->buckets[i]) {
            struct graph_node *node = graph->buckets[i];

            graph->buckets[i] = node->next;
            free(node);
        }
    }
    free(graph->buckets);
}

/* Labels are interned, so that their pointers stand for them. */
static size_t hash(const struct graph_node *parent, const char *label)
{
    uint64_t h = (uint64_t)(uintptr_t)parent * 0x9e3779b97f4a7c15u;

    h = (h ^ (uint64_t)(uintptr_t)label) * 0xbf58476d1ce4e5b9u;
    return (size_t)(h >> 32);
}

static void grow(struct graph *graph)
{
    size_t size = 2 * graph->size;
    struct graph_node **buckets = must_calloc(size, sizeof buckets[0]);

    for (size_t i = 0; i < graph->size; i++) {
        while (graph->buckets[i]) {
            struct graph_node *node = graph->buckets[i];
            struct graph_node **to =
                &buckets[hash(node->parent, node->label) & (size - 1)];

            graph->buckets[i] = node->next;
            node->next = *to;
            *to = node;
        }
    }
    free(graph->buckets);
    graph->buckets = buckets;
    graph->size = size;
}

struct graph_node *graph_child(struct graph *graph, struct graph_node *parent,
                               const char *label, enum graph_kind kind)
{
    struct graph_node **to;
    struct graph_node *node;

    if (graph->count >= graph->size)
        grow(graph);
    to = &graph->buckets[hash(parent, label) & (graph->size - 1)];
    for (node = *to; node; node = node->next) {
        if (node->parent == parent && node->label == label)
            return node;
    }
    node = must_calloc(1, sizeof *node);
    *node = (struct graph_node){
        .label = label,
        .kind = kind,
        .parent = parent,
        .sibling = parent->child,
        .next = *to,
    };
    parent->child = node;
    *to = node;
    graph->count++;
    return node;
}

/* ---- walking -------------------------------------------------------------- */

/* The next node, parents first.  Trees may be deep: no recursion. */
static struct graph_node *next_node(struct graph_node *node)
{
    if (node->child)
        return node->child;
    while (node && !node->sibling)
        node = node->parent;
    return node ? node->sibling : NULL;
}

static int compare(const void *a, const void *b)
{
    const struct graph_node *const *x = a;
    const struct graph_node *const *y = b;

    return strcmp((*x)->label, (*y)->label);
}

static void sort_children(struct graph_node *parent)
{
    struct graph_node **all;
    size_t count = 0;

    for (struct graph_node *n = parent->child; n; n = n->sibling)
        count++;
    if (count < 2)
        return;
    all = must_calloc(count, sizeof all[0]);
    count = 0;
    for (struct graph_node *n = parent->child; n; n = n->sibling)
        all[count++] = n;
    qsort(all, count, sizeof all[0], compare);
    for (size_t i = 0; i < count; i++)
        all[i]->sibling = i + 1 < count ? all[i + 1] : NULL;
    parent->child = all[0];
    free(all);
}

void graph_finish(struct graph *graph)
{
    struct graph_node *node;

    for (node = &graph->root; node; node = next_node(node)) {
        sort_children(node);
        node->total = 0;
    }
    for (node = &graph->root; node; node = next_node(node)) {
        if (node->self == 0)
            continue;
        for (struct graph_node *up = node; up; up = up->parent)
            up->total += node->self;
    }
}

/* ---- collapsed stacks ----------------------------------------------------- */

static void print_label(const char *label, FILE *to)
{
    for (; *label; label++)
        putc(*label == ';' || *label == '\n' ? ',' : *label, to);
}

static void print_path(const struct graph_node *node, FILE *to)
{
    if (!node->parent)
        return;
    print_path(node->parent, to);
    if (node->parent->parent)
        putc(';', to);
    print_label(node->label, to);
}

void graph_print_collapsed(const struct graph *graph, const char *prefix,
                           FILE *to)
{
    struct graph_node *root = (struct graph_node *)(uintptr_t)&graph->root;

    for (struct graph_node *node = root; node; node = next_node(node)) {
        long long us = llround(node->self);

        if (us <= 0 || !node->parent)
            continue;
        if (prefix)
            fprintf(to, "%s;", prefix);
        print_path(node, to);
        fprintf(to, " %lld\n", us);
    }
}
