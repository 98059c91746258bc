/* SPDX-License-Identifier: MIT */
/*
 * base/mutex.h - a lock for a few instructions, across threads
 *
 * It is a word of the caller's; 0 is free, so zeroed memory is a free lock.  Who
 * finds it taken spins for a moment, because what it guards is short, and sleeps
 * in the kernel only if that was in vain.  So threads that are busy make no
 * system call for it.
 *
 * The last access to the word by who unlocks it is the store that frees it.  Who
 * locks it next may free its memory.
 *
 * After Drepper, "Futexes are tricky" (2011), mutex2.
 */
#ifndef COIL_BASE_MUTEX_H
#define COIL_BASE_MUTEX_H

#include <stdbool.h>

#include "base/platform.h"

enum {
    COIL__MUTEX_FREE,
    COIL__MUTEX_TAKEN,
    COIL__MUTEX_AWAITED, /* taken, and perhaps somebody sleeps */
};

void coil__mutex_lock_slow(unsigned *mutex);
void coil__mutex_wake(unsigned *mutex);

static inline void coil__mutex_lock(unsigned *mutex)
{
    unsigned expected = COIL__MUTEX_FREE;

    if (COIL_UNLIKELY(!__atomic_compare_exchange_n(
            mutex, &expected, COIL__MUTEX_TAKEN, false, __ATOMIC_ACQUIRE,
            __ATOMIC_RELAXED)))
        coil__mutex_lock_slow(mutex);
}

static inline void coil__mutex_unlock(unsigned *mutex)
{
    if (COIL_UNLIKELY(
            __atomic_exchange_n(mutex, COIL__MUTEX_FREE, __ATOMIC_RELEASE) ==
            COIL__MUTEX_AWAITED))
        coil__mutex_wake(mutex);
}

#endif
