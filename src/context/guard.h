/* SPDX-License-Identifier: MIT */
/*
 * context/guard.h - what stands below each stack, and ends who steps there
 *
 * A wide guard is made with mprotect(), at the same cost for every size.  It is
 * a mapping, and the number of mappings is limited.  A narrow guard is made
 * with MADV_GUARD_INSTALL, where the kernel has it (Linux 6.13) and allows it:
 * that needs no mapping, so a million stacks fit.  Where process_madvise()
 * takes PIDFD_SELF (Linux 6.14), one call makes many of them.  Otherwise narrow
 * guards are made with mprotect() or mmap(), and the limit is
 * vm.max_map_count / 2.
 */
#ifndef COIL_CONTEXT_GUARD_H
#define COIL_CONTEXT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* A narrow guard: that of the smallest slots, and that of all larger ones. */
#define COIL_STACK_GUARD ((size_t)16 << 10)
#define COIL_STACK_GUARD_LARGE ((size_t)64 << 10)
#define COIL_STACK_GUARD_WIDE ((size_t)896 << 10)

/* What turned out not to work. */
struct coil_guard_ways {
    bool no_install; /* the kernel lacks MADV_GUARD_INSTALL */
    bool no_batch;   /* … or does not take many at a time */
};

/*
 * Whether `count` slots may have wide guards.  Only the first slots of a process
 * get them; coil__guard_give_back_wide() counts them back.
 */
bool coil__guard_take_wide(size_t count);
void coil__guard_give_back_wide(size_t count);

/*
 * Whether madvise() accepts everything.  qemu-user and some sandboxes do, and
 * stacks would be left without guards.  So nonsense is tried first: a kernel
 * that accepts it cannot be believed.
 */
bool coil__guard_accepts_any_advice(void);

/* Make `size` bytes at `slot` a guard.  0, or an error: there is none. */
int coil__guard_install(char *slot, size_t size, struct coil_guard_ways *ways);

/*
 * Make the first `size` bytes of each of `count` slots, which lie `stride` bytes
 * apart, a guard.  Returns how many of the slots, from the first one on, have
 * theirs now.  That may be none: then coil__guard_install() says why.
 */
size_t coil__guard_install_many(char *slots, size_t stride, size_t size,
                                size_t count, struct coil_guard_ways *ways);

#endif
