/* SPDX-License-Identifier: MIT */
/*
 * must.h - memory for programs that end without it
 */
#ifndef COIL_INSPECT_MUST_H
#define COIL_INSPECT_MUST_H

#include <stddef.h>

/* As calloc() and realloc().  Without memory, say so and exit with 1. */
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t size);

/* As malloc(), for what may be many megabytes, all of which are used. */
void *must_have(size_t size);

/* The one copy of a text for this program; equal texts have equal pointers. */
const char *must_intern(const char *text);

/*
 * Make room for one more of `size` bytes in the array at `*array`, of which
 * `count` are used and `*capacity` allocated.
 */
void *must_grow(void *array, size_t count, size_t *capacity, size_t size);

/* The same, for `wanted` of them in all. */
void *must_reserve(void *array, size_t count, size_t *capacity, size_t wanted,
                   size_t size);

#endif
