/* SPDX-License-Identifier: MIT */
#include "context/guard.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { WIDE_MAX = 1024 }; /* slots with a wide guard, in the whole process */

/* Slots of all pools that have a wide guard. */
static atomic_size_t wide_slots;

/* Where address space is scarce, it is used for stacks, not for wide guards. */
static bool is_address_space_limited(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

size_t coil__guard_choose(size_t count)
{
    if (is_address_space_limited())
        return COIL_STACK_GUARD;
    if (atomic_fetch_add(&wide_slots, count) + count <= WIDE_MAX)
        return COIL_STACK_GUARD_WIDE;
    atomic_fetch_sub(&wide_slots, count);
    return COIL_STACK_GUARD;
}

void coil__guard_give_back(size_t guard, size_t count)
{
    if (guard == COIL_STACK_GUARD_WIDE)
        atomic_fetch_sub(&wide_slots, count);
}

bool coil__guard_accepts_any_advice(void)
{
    return madvise(NULL, 0, -1) == 0;
}

/*
 * For a wide guard mprotect() comes first: MADV_GUARD_INSTALL works page by
 * page and takes longer.
 *
 * ENOMEM is final: page tables or mappings are exhausted.  After any other
 * error a second way is tried, and a third: an old kernel returns EINVAL, a
 * sandbox whatever its author chose.  A stack must have a guard.
 */
int coil__guard_install(char *slot, size_t size, bool *no_guard_install)
{
    if (size > COIL_STACK_GUARD && mprotect(slot, size, PROT_NONE) == 0)
        return 0;
    if (!*no_guard_install) {
        if (madvise(slot, size, MADV_GUARD_INSTALL) == 0)
            return 0;
        if (errno == ENOMEM)
            return -ENOMEM;
        *no_guard_install = true;
    }
    if (mprotect(slot, size, PROT_NONE) == 0)
        return 0;
    if (errno == ENOMEM)
        return -ENOMEM;
    if (mmap(slot, size, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED)
        return -errno;
    return 0;
}
