/* SPDX-License-Identifier: MIT */
/*
 * context/deep.h - much stack, for a while
 *
 * For code of others that needs more than a coroutine has: libdw takes 150 KiB
 * to read the lines of a file.
 */
#ifndef COIL_CONTEXT_DEEP_H
#define COIL_CONTEXT_DEEP_H

#include <stdbool.h>

/*
 * Call fn(arg) on a stack of a megabyte that is there for this call only.  fn()
 * must neither suspend nor throw.  False: there is no memory, and fn() was not
 * called.
 *
 * A sanitizer would have to be told of such a stack; there the call is an
 * ordinary one, since coroutines have larger stacks.
 */
bool coil__deep_call(void (*fn)(void *arg), void *arg);

#endif
