/* SPDX-License-Identifier: MIT */
/*
 * context/guard.h - what stands below each stack, and ends who steps there
 */
#ifndef COIL_CONTEXT_GUARD_H
#define COIL_CONTEXT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define COIL_STACK_GUARD ((size_t)64 << 10)
#define COIL_STACK_GUARD_WIDE ((size_t)896 << 10)

/*
 * Choose the size of the guards of `count` slots.  Only the first slots of a
 * process get wide ones; coil__guard_give_back() counts them back.
 */
size_t coil__guard_choose(size_t count);
void coil__guard_give_back(size_t guard, size_t count);

/*
 * Whether madvise() accepts everything.  qemu-user and some sandboxes do, and
 * stacks would be left without guards.  So nonsense is tried first: a kernel
 * that accepts it cannot be believed.
 */
bool coil__guard_accepts_any_advice(void);

/*
 * Make `size` bytes at `slot` a guard.  `*no_guard_install`: madvise() cannot do
 * it, as it is known or as it turns out now.  0, or an error: there is none.
 */
int coil__guard_install(char *slot, size_t size, bool *no_guard_install);

#endif
