/* SPDX-License-Identifier: MIT */
/*
 * coil/list.h - how the structs of coil are linked to each other
 *
 * These are private parts of public structs.  They are visible so that those
 * structs can be declared by value.  Zeroed is empty.
 */
#ifndef COIL_LIST_H
#define COIL_LIST_H

#include <stddef.h>

/* One thing in a list. */
struct coil_link {
    struct coil_link *next;
    struct coil_link *prev;
};

struct coil_list {
    struct coil_link *head;
    struct coil_link *tail;
};

#define COIL_LIST_INIT                                                         \
    {                                                                          \
        NULL, NULL                                                             \
    }

/*
 * One thing in a heap: its first child, its next sibling, and its previous
 * sibling or, of a first child, its parent.
 */
struct coil_heap_node {
    struct coil_heap_node *child;
    struct coil_heap_node *sibling;
    struct coil_heap_node *back;
};

/* One thing in a list that it can leave by itself. */
struct coil_hook {
    struct coil_hook *next;
    struct coil_hook **link;
};

#endif
