/* SPDX-License-Identifier: MIT */
/*
 * heap.h - the blocks of glibc's malloc, in a copy of the memory they lie in
 *
 * Each block begins with its size, and the next one follows, so whoever finds the
 * first finds all.  This is no interface of glibc, so nothing is believed that does
 * not fit: from the first block to the last each must be sound, and the last must
 * end where the memory ends.  Memory of another allocator does not look like this.
 */
#ifndef COIL_INSPECT_HEAP_H
#define COIL_INSPECT_HEAP_H

#include "areas.h"

struct heap {
    uintptr_t from;
    size_t size;
    unsigned char *bytes;
    uint32_t *starts; /* of blocks, in units of 16 bytes from `from` */
    size_t count, capacity;
    uint32_t *first_of; /* of each page: the first block that begins there */
    bool *is_marked;    /* of each block; for whoever marks */
};

enum { HEAP_NO_BLOCK = -1 };

/* NULL: it is no such memory, or changes too fast to be read. */
struct heap *heap_read(const struct target *target, const struct area *area);
void heap_free(struct heap *heap);

/* The block that the address lies in, or HEAP_NO_BLOCK. */
long heap_find(const struct heap *heap, uintptr_t address);

/* Where its bytes are in the process. */
uintptr_t heap_address(const struct heap *heap, size_t block);

/* The bytes of a block, as the program uses them; none if the block is free. */
const unsigned char *heap_bytes(const struct heap *heap, size_t block,
                                size_t *size);

/*
 * Whether the header of a free block begins at the address: so malloc itself keeps
 * them, in its static data.  The word is also the last one of the block before.
 */
bool heap_is_free_at(const struct heap *heap, uintptr_t address);

#endif
