/* SPDX-License-Identifier: MIT */
/*
 * path.c - where a task stands in a graph: its loop, its parents, itself
 */
#include "sampler.h"

#include <stdio.h>

#include "inspect/label.h"
#include "inspect/must.h"

enum { PARENTS_MAX = 32 };

const char *sampler_label(const struct sampler *sampler, const char *name,
                          const char *site)
{
    return label_task(name, site, sampler->options.exact_names);
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
