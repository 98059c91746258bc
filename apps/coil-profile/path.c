/* SPDX-License-Identifier: MIT */
/*
 * path.c - where a task stands in a graph: its loop, its parents, itself
 */
#include "sampler.h"

#include <stdio.h>
#include <string.h>

#include "inspect/must.h"

enum { PARENTS_MAX = 32 };

/* Tasks that differ only in a number have one label. */
static void fold(char *to, size_t size, const char *name)
{
    size_t n = 0;

    while (*name && n + 1 < size) {
        if (*name >= '0' && *name <= '9') {
            to[n++] = '*';
            name += strspn(name, "0123456789");
        } else {
            to[n++] = *name++;
        }
    }
    to[n] = '\0';
}

const char *sampler_label(const struct sampler *sampler, const char *name,
                          const char *site)
{
    char folded[64];
    char label[256];

    if (sampler->options.exact_names)
        snprintf(folded, sizeof folded, "%s", name);
    else
        fold(folded, sizeof folded, name);
    snprintf(label, sizeof label, "%s (%s)", folded, site);
    return must_intern(label);
}

struct graph_node *sampler_loop_path(struct sampler *sampler,
                                     struct graph *graph, size_t loop)
{
    struct scan_loop *loops;
    char label[96];

    scan_loops(sampler->scan, &loops);
    snprintf(label, sizeof label, "loop of thread %d (%s)", loops[loop].tid,
             loops[loop].thread_name);
    return graph_child(graph, &graph->root, must_intern(label), GRAPH_LOOP);
}

struct graph_node *sampler_path(struct sampler *sampler, struct graph *graph,
                                struct scan_task *task)
{
    struct scan_task *up[PARENTS_MAX];
    struct graph_node *node = sampler_loop_path(sampler, graph, task->loop);
    size_t count = 0;

    while (task && count < PARENTS_MAX) {
        for (size_t i = 0; i < count; i++) {
            if (up[i] == task)
                task = NULL; /* a ring */
        }
        if (!task)
            break;
        up[count++] = task;
        task = scan_parent(sampler->scan, task);
    }
    while (count > 0) {
        task = up[--count];
        if (!task->path)
            task->path = (void *)(uintptr_t)sampler_label(sampler, task->name,
                                                          task->site);
        node = graph_child(graph, node, task->path, GRAPH_TASK);
    }
    return node;
}

struct graph_node *sampler_push(struct graph *graph, struct graph_node *node,
                                const struct stack *stack)
{
    for (size_t i = 0; stack && i < stack->count; i++)
        node = graph_child(graph, node, stack->names[i], GRAPH_CODE);
    return node;
}
