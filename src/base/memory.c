/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

/*
 * Counted across threads, for tests: a count lost to a race is not worth an
 * atomic addition.  `fail_at` counts down to the ordered failure.
 */
static atomic_size_t count;
static atomic_size_t live;
static atomic_size_t fail_at;
static atomic_bool fail_forever;

bool coil__alloc_fails(void)
{
    size_t left = atomic_load_explicit(&fail_at, memory_order_relaxed);

    atomic_store_explicit(
        &count, atomic_load_explicit(&count, memory_order_relaxed) + 1,
        memory_order_relaxed);
    if (COIL_LIKELY(left == 0))
        return false;
    if (left > 1) {
        atomic_store_explicit(&fail_at, left - 1, memory_order_relaxed);
        return false;
    }
    if (!atomic_load_explicit(&fail_forever, memory_order_relaxed))
        atomic_store_explicit(&fail_at, 0, memory_order_relaxed);
    return true;
}

static void count_live(size_t change)
{
    atomic_store_explicit(
        &live, atomic_load_explicit(&live, memory_order_relaxed) + change,
        memory_order_relaxed);
}

void *coil__alloc(size_t size)
{
    void *memory = coil__alloc_fails() ? NULL : calloc(1, size);

    if (memory)
        count_live(1);
    return memory;
}

void *coil__realloc(void *old, size_t size)
{
    void *memory = coil__alloc_fails() ? NULL : realloc(old, size);

    if (memory && !old)
        count_live(1);
    return memory;
}

char *coil__strndup(const char *text, size_t length)
{
    char *copy = coil__alloc(length + 1);

    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void coil__free(void *memory)
{
    if (memory)
        count_live((size_t)-1);
    free(memory);
}

void coil__alloc_fail_at(size_t n, bool forever)
{
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_at, n);
}

size_t coil__alloc_count(void)
{
    return atomic_load(&count);
}

size_t coil__alloc_live(void)
{
    return atomic_load(&live);
}
