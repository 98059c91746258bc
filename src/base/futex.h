/* SPDX-License-Identifier: MIT */
/*
 * base/futex.h - wait for a word to change, across threads of one process
 */
#ifndef COIL_BASE_FUTEX_H
#define COIL_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Wait until somebody wakes `word`, for up to `nanoseconds`.  If `word` is no
 * longer `value`, do not wait.  May return early.  The time is relative: while
 * the process or its machine is stopped, no time passes.
 */
void coil__futex_wait(atomic_uint *word, unsigned value, int64_t nanoseconds);

/* Wake all who wait for `word`. */
void coil__futex_wake(atomic_uint *word);

#endif
