/* SPDX-License-Identifier: MIT */
#include "http/wire/block.h"

#include <errno.h>

#include "base/memory.h"

size_t coil__http_block_align(size_t size)
{
    const size_t to = _Alignof(max_align_t);

    return (size + to - 1) / to * to;
}

int coil__http_block_reserve(struct coil__http_block *block, size_t size)
{
    char *memory;

    if (size <= block->size)
        return 0;
    memory = coil__realloc(NULL, size);
    if (!memory)
        return -ENOMEM;
    coil__free(block->memory);
    *block = (struct coil__http_block){ .memory = memory, .size = size };
    return 0;
}
