/* SPDX-License-Identifier: MIT */
/*
 * areas.h - the memory of a process that its program can write
 */
#ifndef COIL_INSPECT_AREAS_H
#define COIL_INSPECT_AREAS_H

#include "target.h"

enum area_kind {
    AREA_NONE,   /* nothing that can be written, or shared with others */
    AREA_STATIC, /* the data of the program and of its libraries */
    AREA_STACK,  /* of a thread */
    AREA_HEAP,   /* made of malloc's blocks: heap.h */
    AREA_OTHER,  /* mapped, and nobody knows what for */
};

struct area {
    uintptr_t from, to;
    enum area_kind kind;
    bool is_brk;    /* where sbrk() gives memory: "[heap]" */
    bool is_main;   /* the stack of the first thread */
    bool is_marked; /* for whoever marks */
    void *heap;     /* the same; of AREA_HEAP */
};

struct areas {
    struct area *all; /* in the order of their addresses */
    size_t count, capacity;
};

/* False: the process has no memory (any more). */
bool areas_read(struct areas *areas, const struct target *target);
void areas_free(struct areas *areas);

/* The one that the address lies in; NULL: it lies in none. */
struct area *areas_find(const struct areas *areas, uintptr_t address);

/*
 * Call fn(arg, address, bytes, size) for all pages from `from` up to `to` that
 * have memory, some at a time.  Others are not touched, so that they get none.
 */
typedef void areas_fn(void *arg, uintptr_t address, const void *bytes,
                      size_t size);
void areas_each_page(const struct target *target, uintptr_t from, uintptr_t to,
                     areas_fn *fn, void *arg);

#endif
