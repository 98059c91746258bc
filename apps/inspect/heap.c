/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"

enum {
    UNIT = 16,   /* sizes of blocks, and their places */
    HEADER = 16, /* before the bytes that the program uses */
    LEAST = 32,
    PAGE = 4096,
    TRIES = 3,
    FLAGS = 7,
    PREVIOUS_IS_USED = 1,
    /* Within what other threads allocate from, the arena comes first. */
    ARENA_MIN = 0x20,
    ARENA_MAX = 0xc00,
    /* A list of free blocks for each thread, as large in glibc 2.30 to 2.41. */
    CACHE_SIZE = 0x290,
};

#define HEAP_MAX ((size_t)64 << 20) /* and its alignment, of other threads */

static uint64_t word_of(const struct heap *heap, size_t at)
{
    uint64_t word;

    memcpy(&word, heap->bytes + at, sizeof word);
    return word;
}

static size_t size_at(const struct heap *heap, size_t at)
{
    return (size_t)word_of(heap, at + 8) & ~(size_t)FLAGS;
}

/* Find all blocks.  False: not all of it is made of blocks. */
static bool walk(struct heap *heap, size_t at)
{
    heap->count = 0;
    while (at + HEADER <= heap->size) {
        size_t size = size_at(heap, at);

        /* What is no block at the end ends something that was larger. */
        if (size < LEAST || size % UNIT != 0 || size > heap->size - at)
            return false;
        heap->starts = must_grow(heap->starts, heap->count, &heap->capacity,
                                 sizeof heap->starts[0]);
        heap->starts[heap->count++] = (uint32_t)(at / UNIT);
        at += size;
    }
    return at == heap->size && heap->count > 0;
}

static bool find_first(struct heap *heap, const struct area *area)
{
    if (area->is_brk)
        return walk(heap, 0);
    if (area->from % HEAP_MAX != 0 || heap->size > HEAP_MAX)
        return false;
    for (size_t at = ARENA_MIN; at < ARENA_MAX && at < heap->size; at += UNIT) {
        if (walk(heap, at))
            return true;
    }
    return false;
}

static void index_pages(struct heap *heap)
{
    size_t pages = heap->size / PAGE + 1;
    size_t block = 0;

    heap->first_of = must_calloc(pages, sizeof heap->first_of[0]);
    heap->is_marked = must_calloc(heap->count, sizeof heap->is_marked[0]);
    for (size_t page = 0; page < pages; page++) {
        while (block < heap->count &&
               (size_t)heap->starts[block] * UNIT < page * PAGE)
            block++;
        heap->first_of[page] = (uint32_t)block;
    }
}

struct heap *heap_read(const struct target *target, const struct area *area)
{
    struct heap *heap;
    bool is_sound = false;

    if (!area->is_brk && area->from % HEAP_MAX != 0)
        return NULL;
    heap = must_calloc(1, sizeof *heap);
    heap->from = area->from;
    heap->size = area->to - area->from;
    if (heap->size / UNIT >= UINT32_MAX) {
        free(heap);
        return NULL;
    }
    heap->bytes = must_have(heap->size);
    for (int i = 0; i < TRIES && !is_sound; i++)
        is_sound = target_read(target, heap->from, heap->bytes, heap->size) &&
                   find_first(heap, area);
    if (!is_sound) {
        heap_free(heap);
        return NULL;
    }
    index_pages(heap);
    return heap;
}

void heap_free(struct heap *heap)
{
    free(heap->bytes);
    free(heap->starts);
    free(heap->first_of);
    free(heap->is_marked);
    free(heap);
}

long heap_find(const struct heap *heap, uintptr_t address)
{
    size_t at = address - heap->from;
    size_t block;

    if (address < heap->from + HEADER || at >= heap->size)
        return HEAP_NO_BLOCK;
    at -= HEADER;
    block = heap->first_of[at / PAGE];
    while (block < heap->count && (size_t)heap->starts[block] * UNIT <= at)
        block++;
    return (long)block - 1;
}

uintptr_t heap_address(const struct heap *heap, size_t block)
{
    return heap->from + (size_t)heap->starts[block] * UNIT + HEADER;
}

const unsigned char *heap_bytes(const struct heap *heap, size_t block,
                                size_t *size)
{
    size_t at = (size_t)heap->starts[block] * UNIT;
    size_t end = at + size_at(heap, at);

    /* The last is what has not been allocated yet. */
    *size = 0;
    if (end + HEADER > heap->size ||
        !(word_of(heap, end + 8) & PREVIOUS_IS_USED))
        return NULL;
    if (block == 0 && size_at(heap, at) == CACHE_SIZE)
        return NULL;
    /* The last word of it lies in the next header. */
    *size = end + 8 - at - HEADER;
    return heap->bytes + at + HEADER;
}

bool heap_is_free_at(const struct heap *heap, uintptr_t address)
{
    long block = heap_find(heap, address + HEADER);
    size_t size;

    return block != HEAP_NO_BLOCK &&
           heap_address(heap, (size_t)block) == address + HEADER &&
           !heap_bytes(heap, (size_t)block, &size);
}
