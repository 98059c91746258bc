/* SPDX-License-Identifier: MIT */
#include "base/mutex.h"

#include <stdbool.h>

#include "base/futex.h"

enum { SPINS = 100 };

/* Longer than anybody keeps the lock; then it is looked at again. */
#define A_WHILE ((int64_t)1000000000)

static atomic_uint *word_of(unsigned *mutex)
{
    return (atomic_uint *)(void *)mutex;
}

static bool try_lock(unsigned *mutex)
{
    unsigned expected = COIL__MUTEX_FREE;

    return __atomic_load_n(mutex, __ATOMIC_RELAXED) == COIL__MUTEX_FREE &&
           __atomic_compare_exchange_n(mutex, &expected, COIL__MUTEX_TAKEN,
                                       false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* Who has slept takes the lock as awaited: others may still sleep. */
COIL_COLD void coil__mutex_lock_slow(unsigned *mutex)
{
    for (int i = 0; i < SPINS; i++) {
        if (try_lock(mutex))
            return;
        coil__cpu_relax();
    }
    while (__atomic_exchange_n(mutex, COIL__MUTEX_AWAITED, __ATOMIC_ACQUIRE) !=
           COIL__MUTEX_FREE)
        coil__futex_wait(word_of(mutex), COIL__MUTEX_AWAITED, A_WHILE);
}

/* The address alone is used: what was there may be gone. */
COIL_COLD void coil__mutex_wake(unsigned *mutex)
{
    coil__futex_wake(word_of(mutex));
}
