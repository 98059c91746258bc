/* SPDX-License-Identifier: MIT */
#include "context/guard.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD (-10000)
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

enum {
    WIDE_MAX = 1024, /* slots with a wide guard, in the whole process */
    BATCH = 64,      /* guards that one call makes */
};

/* Slots of all pools that have a wide guard. */
static atomic_size_t wide_slots;

/* Where address space is scarce, it is used for stacks, not for wide guards. */
static bool is_address_space_limited(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

bool coil__guard_take_wide(size_t count)
{
    if (is_address_space_limited())
        return false;
    if (atomic_fetch_add(&wide_slots, count) + count <= WIDE_MAX)
        return true;
    atomic_fetch_sub(&wide_slots, count);
    return false;
}

void coil__guard_give_back_wide(size_t count)
{
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
int coil__guard_install(char *slot, size_t size, struct coil_guard_ways *ways)
{
    if (size == COIL_STACK_GUARD_WIDE && mprotect(slot, size, PROT_NONE) == 0)
        return 0;
    if (!ways->no_install) {
        if (madvise(slot, size, MADV_GUARD_INSTALL) == 0)
            return 0;
        if (errno == ENOMEM)
            return -ENOMEM;
        ways->no_install = true;
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

/*
 * The kernel tells how many bytes it has advised before an error.  A guard of
 * which a part was made is made again: that does no harm.  ENOMEM may pass, any
 * other error does not.
 */
size_t coil__guard_install_many(char *slots, size_t stride, size_t size,
                                size_t count, struct coil_guard_ways *ways)
{
    struct iovec guards[BATCH];
    long advised;

    if (count > BATCH)
        count = BATCH;
    if (count < 2 || size == COIL_STACK_GUARD_WIDE || ways->no_install ||
        ways->no_batch)
        return 0;
    for (size_t i = 0; i < count; i++)
        guards[i] = (struct iovec){ slots + i * stride, size };
    advised = syscall(SYS_process_madvise, PIDFD_SELF_THREAD, guards, count,
                      MADV_GUARD_INSTALL, 0);
    if (advised < 0 && errno != ENOMEM)
        ways->no_batch = true;
    return advised > 0 ? (size_t)advised / size : 0;
}
