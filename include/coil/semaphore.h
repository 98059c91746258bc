/* SPDX-License-Identifier: MIT */
/*
 * coil/semaphore.h - let a limited number of tasks in at a time
 *
 *     static struct coil_semaphore three = COIL_SEMAPHORE_INIT(3);
 *
 *     rc = coil_semaphore_acquire(&three);
 *     if (rc < 0)
 *         return rc;
 *     rc = fetch(url);                      // never more than three at once
 *     coil_semaphore_release(&three);
 *
 * A bounded semaphore refuses to be released more often than it was acquired.
 *
 * Order    Strictly first come, first served: release hands the permit to the
 *          longest waiter at once, so nobody overtakes.
 * Memory   Nothing is allocated; no destroy call.
 * asyncio  Semaphore, BoundedSemaphore.
 */
#ifndef COIL_SEMAPHORE_H
#define COIL_SEMAPHORE_H

#include <coil/base.h>
#include <coil/running.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private.  All zeroes is a semaphore without a permit. */
struct coil_semaphore {
    struct coil_list waiters;
    size_t value;
};

#define COIL_SEMAPHORE_INIT(permits)                                           \
    {                                                                          \
        COIL_LIST_INIT, (permits)                                              \
    }

/* Make it one with `permits` permits, at run time. */
COIL_API void coil_semaphore_init(struct coil_semaphore *semaphore,
                                  size_t permits);

/*
 * Take a permit, waiting until there is one.  Returns 0, or -ECANCELED: no
 * permit was taken.  If the permit and the cancellation arrive together, the call
 * returns 0: the caller has the permit, and its next suspending call returns
 * -ECANCELED.
 */
COIL_API int coil_semaphore_acquire(struct coil_semaphore *semaphore)
    COIL_SUSPENDS;

/* The same as a case of coil_select(). */
COIL_API struct coil_select_case
coil_semaphore_acquire_case(struct coil_semaphore *semaphore);

/* Take a permit if there is one: 0, or -EAGAIN. */
COIL_API int coil_semaphore_try_acquire(struct coil_semaphore *semaphore)
    COIL_MUST_CHECK;

/*
 * Give a permit back, or add a new one.  The longest waiter gets it, and runs
 * in its turn; if nobody waits, whoever comes next gets it.
 */
COIL_API void coil_semaphore_release(struct coil_semaphore *semaphore);

/*
 * Take `permits` at once, waiting until there are so many.  While it waits it is
 * in line like anybody else, and collects those that are released: no other task
 * overtakes, and two tasks that want several each do not starve each other.
 *
 * Returns 0, or -ECANCELED: no permit was taken, and what it had collected goes to
 * those behind it, or back.  Zero permits are there at once.  Wanting more than
 * there will ever be is to wait for ever.  tokio: acquire_many().
 */
COIL_API int coil_semaphore_acquire_many(struct coil_semaphore *semaphore,
                                         size_t permits) COIL_SUSPENDS;

/* Take them if they are all there: 0, or -EAGAIN. */
COIL_API int coil_semaphore_try_acquire_many(struct coil_semaphore *semaphore,
                                             size_t permits) COIL_MUST_CHECK;

/* Give back, or add, so many.  Those who wait get them in order. */
COIL_API void coil_semaphore_release_many(struct coil_semaphore *semaphore,
                                          size_t permits);

/*
 * Take up to `permits` out of those that are free now, for good, without waiting;
 * so a limit can be lowered.  Returns how many it were.  tokio: forget_permits().
 */
COIL_API size_t coil_semaphore_forget(struct coil_semaphore *semaphore,
                                      size_t permits);

/* How many tasks wait. */
COIL_API size_t coil_semaphore_waiting(const struct coil_semaphore *semaphore);

/* Whether acquiring would have to wait. */
COIL_API bool coil_semaphore_is_locked(const struct coil_semaphore *semaphore);

/*
 * How many permits can be had without waiting; without those that a task collects
 * in coil_semaphore_acquire_many().
 */
COIL_API size_t coil_semaphore_value(const struct coil_semaphore *semaphore);

/* ---- bounded ---------------------------------------------------------- */

/* The fields are private.  Initialise it: it has no use when zeroed. */
struct coil_bounded_semaphore {
    struct coil_semaphore semaphore;
    size_t bound;
};

#define COIL_BOUNDED_SEMAPHORE_INIT(permits)                                   \
    {                                                                          \
        COIL_SEMAPHORE_INIT(permits), (permits)                                \
    }

/* All as for a semaphore … */
COIL_API void
coil_bounded_semaphore_init(struct coil_bounded_semaphore *semaphore,
                            size_t permits);
COIL_API int
coil_bounded_semaphore_acquire(struct coil_bounded_semaphore *semaphore)
    COIL_SUSPENDS;
COIL_API int
coil_bounded_semaphore_try_acquire(struct coil_bounded_semaphore *semaphore)
    COIL_MUST_CHECK;
COIL_API bool coil_bounded_semaphore_is_locked(
    const struct coil_bounded_semaphore *semaphore);
COIL_API size_t
coil_bounded_semaphore_value(const struct coil_bounded_semaphore *semaphore);

/*
 * … but if all permits are there already, this returns -EPERM: nothing changes,
 * and the loop's exception handler is told.
 */
COIL_API int
coil_bounded_semaphore_release(struct coil_bounded_semaphore *semaphore);

/* For coil_test_watch(): NULL, or which invariant of the semaphore is broken. */
COIL_API const char *coil_test_check_semaphore(const void *semaphore);
COIL_API const char *coil_test_check_bounded_semaphore(const void *semaphore);

/* ---- fast paths: coil/running.h ----------------------------------------- */

#if COIL_FAST_PATHS

COIL_FAST_PATH bool coil__semaphore_take(struct coil_semaphore *semaphore)
{
    if (__builtin_expect(!coil__undisturbed() || semaphore->value == 0, 0))
        return false;
    semaphore->value--;
    return true;
}

COIL_FAST_PATH bool coil__semaphore_give(struct coil_semaphore *semaphore)
{
    if (__builtin_expect(semaphore->waiters.head != NULL, 0))
        return false;
    semaphore->value++;
    return true;
}

#define coil_semaphore_acquire(...)                                            \
    coil__must_check(__extension__({                                           \
        struct coil_semaphore *coil__semaphore = (__VA_ARGS__);                \
        coil__semaphore_take(coil__semaphore)                                  \
            ? 0                                                                \
            : coil_semaphore_acquire(coil__semaphore);                         \
    }))
#define coil_semaphore_release(...)                                            \
    __extension__({                                                            \
        struct coil_semaphore *coil__semaphore = (__VA_ARGS__);                \
        if (!coil__semaphore_give(coil__semaphore))                            \
            coil_semaphore_release(coil__semaphore);                           \
    })

#endif

#ifdef __cplusplus
}
#endif

#endif
