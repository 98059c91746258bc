/* SPDX-License-Identifier: MIT */
/*
 * coil/list.h - what the structs of coil hang on each other by
 *
 * These are private parts of public structs, spelled out so that those can be
 * declared by value.  Zeroed is empty.
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

/* One thing in a list that it can leave by itself. */
struct coil_hook {
    struct coil_hook *next;
    struct coil_hook **link;
};

#endif
