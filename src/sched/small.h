/* SPDX-License-Identifier: MIT */
/*
 * sched/small.h - coroutines on small stacks (context/small_stack.h)
 *
 * What needs more than such a stack has, and is not the program's own code, runs
 * on the stack of the thread: coil__coroutine_call_off().
 */
#ifndef COIL_SCHED_SMALL_H
#define COIL_SCHED_SMALL_H

#include <coil/base.h>

#include "sched/coroutine.h"

/*
 * As coil__coroutine_create(), on a small stack.  An ordinary one is taken if no
 * small one is large enough, or if a coroutine that runs `fn` could not live on
 * one here: under a sanitizer, without a stack for signal handlers, or where
 * calls are bound late.  `measures`: coil__small_tell() will say how much of the
 * stack was used.
 */
int coil__small_create(void **out, size_t size, size_t stack_size,
                       coil_entry_fn entry, coil_fn fn, bool measures);

/* The stack of `co`, which is measured, is about to be released. */
void coil__small_measure(struct coil_coroutine *co);

/* Say on stderr what was measured in this thread, and forget it. */
void coil__small_tell(void);

#endif
