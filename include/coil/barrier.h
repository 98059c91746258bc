/* SPDX-License-Identifier: MIT */
/*
 * coil/barrier.h - tasks that wait for one another
 *
 *     static struct coil_barrier three = COIL_BARRIER_INIT(3);
 *
 *     rc = coil_barrier_wait(&three);     // returns in all three together
 *
 * Order    The last to arrive goes on at once, the others in order of arrival.
 * Memory   Nothing is allocated; no destroy call.
 * asyncio  Barrier, but there is no draining state: the places are handed over
 *          with the wake-up, so the next round may gather at once.
 */
#ifndef COIL_BARRIER_H
#define COIL_BARRIER_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_barrier {
    struct coil_list waiters;
    size_t parties;
    size_t waiting;
    bool broken;
};

/* `parties` is at least 1. */
#define COIL_BARRIER_INIT(parties)                                             \
    {                                                                          \
        COIL_LIST_INIT, (parties), 0, false                                    \
    }

/* The same at run time: 0, or -EINVAL if `parties` is 0. */
COIL_API int coil_barrier_init(struct coil_barrier *barrier, size_t parties);

/*
 * Wait until `parties` tasks wait.
 *
 * Returns a number from 0 to parties-1, another one in each task, in order of
 * arrival, else
 *   -ECANCELED  cancelled; the place is free again, the barrier is not broken
 *   -EPIPE      the barrier was reset meanwhile, or is broken
 *               (asyncio: BrokenBarrierError)
 */
COIL_API int coil_barrier_wait(struct coil_barrier *barrier) COIL_SUSPENDS;

/* Return -EPIPE to all who wait, and mend a broken barrier. */
COIL_API void coil_barrier_reset(struct coil_barrier *barrier);

/* Break the barrier: all who wait, or come before a reset, get -EPIPE. */
COIL_API void coil_barrier_abort(struct coil_barrier *barrier);

/* The number of parties; how many tasks wait; whether the barrier is broken. */
COIL_API size_t coil_barrier_parties(const struct coil_barrier *barrier);
COIL_API size_t coil_barrier_waiting(const struct coil_barrier *barrier);
COIL_API bool coil_barrier_is_broken(const struct coil_barrier *barrier);

/* For coil_test_watch(): NULL, or which invariant of the barrier is broken. */
COIL_API const char *coil_test_check_barrier(const void *barrier);

#ifdef __cplusplus
}
#endif

#endif
