/* SPDX-License-Identifier: MIT */
/*
 * base/memory.h - the one place that allocates
 *
 * Everything coil allocates comes from here, so that a test can make the n-th
 * allocation fail and count that there was none (coil/testing.h).
 */
#ifndef COIL_BASE_MEMORY_H
#define COIL_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* malloc(), zeroed; NULL when there is no memory or a failure was ordered. */
void *coil__alloc(size_t size);

/* realloc(); on NULL `old` is untouched. */
void *coil__realloc(void *old, size_t size);

/* A copy of the first `length` bytes of `text`, and a NUL. */
char *coil__strndup(const char *text, size_t length);

void coil__free(void *memory);

/*
 * Let malloc() give back to the system what is free between the pieces in use.
 * Takes milliseconds where that is a hundred megabytes.
 */
void coil__memory_trim(void);

/*
 * To be called before anything else that can lack memory (mmap).  Returns
 * whether a failure was ordered for it.  Counts as an allocation.
 */
bool coil__alloc_fails(void);

void coil__alloc_fail_at(size_t n, bool forever);

/* Count exactly from now on, even if several threads allocate. */
void coil__alloc_count_exactly(void);
size_t coil__alloc_count(void);

/* The allocations that are not freed yet, without stacks. */
size_t coil__alloc_live(void);

#endif
