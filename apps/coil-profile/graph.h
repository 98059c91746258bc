/* SPDX-License-Identifier: MIT */
/*
 * graph.h - where time went: a tree of frames, with time in each
 *
 * Times are microseconds.  A node's children stand for what it has called, and its
 * total is its own time and theirs.
 */
#ifndef COIL_PROFILE_GRAPH_H
#define COIL_PROFILE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What a frame stands for; a colour. */
enum graph_kind {
    GRAPH_ROOT,
    GRAPH_LOOP,
    GRAPH_TASK,
    GRAPH_CODE,
    GRAPH_KERNEL,
    GRAPH_WAIT,
    GRAPH_HOLDER,
};

struct graph_node {
    const char *label; /* of must_intern() */
    enum graph_kind kind;
    struct graph_node *parent;
    struct graph_node *child;
    struct graph_node *sibling;
    struct graph_node *next; /* of equal hash */
    double self;
    double total; /* after graph_finish() */
};

struct graph {
    struct graph_node root;
    struct graph_node **buckets;
    size_t size, count;
};

void graph_init(struct graph *graph, const char *label);
void graph_fini(struct graph *graph);

/* The child of this label, made if there is none. */
struct graph_node *graph_child(struct graph *graph, struct graph_node *parent,
                               const char *label, enum graph_kind kind);

/* Sum up, and sort children by label. */
void graph_finish(struct graph *graph);

/*
 * One line for each node with time of its own: labels from the root's child on,
 * with ';' in between, and whole microseconds.  `prefix` begins each; may be
 * NULL.
 */
void graph_print_collapsed(const struct graph *graph, const char *prefix,
                           FILE *to);

/* A picture of all of them, one below the other.  `titles`: of each. */
void graph_print_svg(const struct graph *const *graphs,
                     const char *const *titles, size_t count, const char *about,
                     FILE *to);

#endif
