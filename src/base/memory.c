/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

/*
 * Counts over all threads, for tests.  Normally a count may be lost to a race,
 * as an atomic addition would cost too much; a test can ask for exact counts.
 * `fail_at` counts down to the ordered failure.
 */
static atomic_size_t count;
static atomic_size_t live;
static atomic_size_t fail_at;
static atomic_bool fail_forever;
static atomic_bool is_exact;

static void add(atomic_size_t *counter, size_t change)
{
    if (COIL_UNLIKELY(atomic_load_explicit(&is_exact, memory_order_relaxed)))
        atomic_fetch_add_explicit(counter, change, memory_order_relaxed);
    else
        atomic_store_explicit(
            counter,
            atomic_load_explicit(counter, memory_order_relaxed) + change,
            memory_order_relaxed);
}

/* Whether this allocation has to fail. */
static bool count_down(void)
{
    bool stays = atomic_load(&fail_forever);
    size_t left = atomic_load(&fail_at);

    while (left > 0)
        if (atomic_compare_exchange_weak(&fail_at, &left,
                                         left == 1 && stays ? 1 : left - 1))
            return left == 1;
    return false;
}

bool coil__alloc_fails(void)
{
    add(&count, 1);
    if (COIL_LIKELY(!atomic_load_explicit(&fail_at, memory_order_relaxed)))
        return false;
    return count_down();
}

void *coil__alloc(size_t size)
{
    void *memory = coil__alloc_fails() ? NULL : calloc(1, size);

    if (memory)
        add(&live, 1);
    return memory;
}

void *coil__realloc(void *old, size_t size)
{
    void *memory = coil__alloc_fails() ? NULL : realloc(old, size);

    if (memory && !old)
        add(&live, 1);
    return memory;
}

char *coil__strndup(const char *text, size_t length)
{
    char *copy = coil__alloc(length + 1);

    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void coil__memory_trim(void)
{
    coil__malloc_trim();
}

void coil__free(void *memory)
{
    if (memory)
        add(&live, (size_t)-1);
    free(memory);
}

void coil__alloc_fail_at(size_t n, bool forever)
{
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_at, n);
}

void coil__alloc_count_exactly(void)
{
    atomic_store(&is_exact, true);
}

size_t coil__alloc_count(void)
{
    return atomic_load(&count);
}

size_t coil__alloc_live(void)
{
    return atomic_load(&live);
}
