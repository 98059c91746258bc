/* SPDX-License-Identifier: MIT */
/*
 * coil/shared_semaphore.h - let a limited number of tasks of all loops in
 *
 *     static struct coil_shared_semaphore ten = COIL_SHARED_SEMAPHORE_INIT(10);
 *
 *     rc = coil_shared_semaphore_acquire(&ten);
 *     if (rc < 0)
 *         return rc;
 *     rc = fetch(url);              // never more than ten, over all loops
 *     coil_shared_semaphore_release(&ten);
 *
 * It is coil_semaphore for several loops, with the same rules.
 *
 * Order    Strictly first come, first served, over all loops: release hands the
 *          permit to the longest waiter at once, so nobody overtakes.
 * Memory   No destroy call.  Waiting allocates nothing, except for the first wait of
 *          a loop for another one (-ENOMEM).
 * Loops    As of a channel (coil/channel.h).  A loop that ends with a permit
 *          under way to one of its tasks hands it on.
 * asyncio  Semaphore.
 */
#ifndef COIL_SHARED_SEMAPHORE_H
#define COIL_SHARED_SEMAPHORE_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a semaphore without a permit. */
struct coil_shared_semaphore {
    struct coil_list waiters;
    unsigned mutex;
    size_t value;
};

#define COIL_SHARED_SEMAPHORE_INIT(permits)                                    \
    {                                                                          \
        COIL_LIST_INIT, 0, (permits)                                           \
    }

/* Make it one with `permits` permits, at run time. */
COIL_API void
coil_shared_semaphore_init(struct coil_shared_semaphore *semaphore,
                           size_t permits);

/*
 * Take a permit, waiting until there is one.
 *
 * Returns 0, else no permit was taken:
 *   -ECANCELED  cancelled; the task has lost its place.  A permit that was
 *               handed over before the cancellation came is kept: 0 is
 *               returned, and the next suspending call reports it.
 *   -ENOMEM     no mailbox can be made
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int
coil_shared_semaphore_acquire(struct coil_shared_semaphore *semaphore)
    COIL_SUSPENDS;

/* Take a permit if that needs no wait: 0, or -EAGAIN. */
COIL_API int
coil_shared_semaphore_try_acquire(struct coil_shared_semaphore *semaphore)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/* Give a permit back, or a new one: to the longest waiter, if there is one. */
COIL_API void
coil_shared_semaphore_release(struct coil_shared_semaphore *semaphore)
    COIL_ANY_THREAD;

/* How many permits there were a moment ago. */
COIL_API size_t coil_shared_semaphore_value(
    const struct coil_shared_semaphore *semaphore) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
