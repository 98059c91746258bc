/* SPDX-License-Identifier: MIT */
/*
 * http/wire/block.h - the memory of a head
 */
#ifndef COIL_HTTP_WIRE_BLOCK_H
#define COIL_HTTP_WIRE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The memory of a head, which can be used again for the next head.  A zeroed
 * block has no memory; coil__free(block.memory) releases it.
 */
struct coil__http_block {
    char *memory;
    size_t size;
    char *spare; /* what is not used, behind the head */
};

/* How heads are put into a block. */
struct coil__http_layout {
    size_t front;      /* bytes kept free in front, for the caller's struct */
    size_t back;       /* spare bytes behind the head: at least so many, … */
    size_t back_heads; /* … plus so many times the size of the head, … */
    bool back_rest;    /* … plus room for what has come after the head */
};

/* The size of what is put in front of a table of headers. */
size_t coil__http_block_align(size_t size);

/*
 * Make the block at least `size` bytes large; what was in it may be lost.
 * Returns 0; -ENOMEM: the block is as it was.
 */
int coil__http_block_reserve(struct coil__http_block *block, size_t size);

#endif
