/* SPDX-License-Identifier: MIT */
#include "context/map.h"

#include <sys/mman.h>

char *coil__stack_map(size_t size)
{
    char *base =
        mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
    /* No huge pages: one would commit 2 MiB for one waiting task. */
    madvise(base, size, MADV_NOHUGEPAGE);
    return base;
}
