/* SPDX-License-Identifier: MIT */
/*
 * coil/as_completed.h - futures one by one, as they are done
 *
 *     struct coil_as_completed pages;
 *     struct coil_future *future;
 *
 *     rc = coil_as_completed_begin(&pages, futures, n, 10 * COIL_SECOND);
 *     if (rc < 0)
 *         return rc;
 *     while ((rc = coil_as_completed_next(&pages, &future)) > 0)
 *         use(future);
 *     coil_as_completed_end(&pages);        // rc: 0, or -ETIMEDOUT
 *
 * Order    The order in which the futures were done; those that were done
 *          before the beginning come first, in the order of the array.
 * Sharing  Any number of tasks may ask for the next future.  Each future goes
 *          to one of them, to the one that has waited longest.
 * Memory   The iterator is caller's memory; up to 8 futures need no other.
 * asyncio  as_completed(), the form for `async for`.  A future that is passed
 *          twice comes twice.
 */
#ifndef COIL_AS_COMPLETED_H
#define COIL_AS_COMPLETED_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/loop.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_as_completed;

/* How many futures an iterator takes without allocating memory. */
#define COIL_AS_COMPLETED_INLINE 8

/* What is kept for each future.  Private. */
struct coil_as_completed_record {
    struct coil_future_callback callback;
    struct coil_as_completed *owner;
    struct coil_link link; /* done, not yet asked for */
};

/* The fields are private. */
struct coil_as_completed {
    struct coil_list waiters;
    struct coil_handle alarm;
    struct coil_list done;
    struct coil_as_completed_record *records;
    size_t count;
    size_t pending;
    bool timed_out;
    struct coil_as_completed_record few[COIL_AS_COMPLETED_INLINE];
};

/*
 * Begin to iterate over `count` futures, for `timeout` at most from now
 * (COIL_NEVER: no limit; zero or less: what is done already).  `it` is
 * uninitialised memory, kept until coil_as_completed_end(); the array is
 * borrowed; each future is kept until it has been returned, or the end.
 *
 * Returns 0, else, with nothing begun:
 *   -ENOMEM   more than COIL_AS_COMPLETED_INLINE futures need memory
 *   -ENOTSUP  a timeout on a scheduler without a clock
 */
COIL_API int coil_as_completed_begin(struct coil_as_completed *it,
                                     struct coil_future *const *futures,
                                     size_t count, coil_time timeout)
    COIL_MUST_CHECK;

/*
 * Wait for the next future that is done.  No error is looked at: ask the
 * future.
 *
 * Returns 1 with the future in `*out`; else, with `*out` untouched,
 *   0           each future has been returned, or the iteration was ended
 *   -ETIMEDOUT  the time is up and what was done by then has been returned: the
 *               rest is left alone, and not returned any more
 *   -ECANCELED  the waiting task was cancelled; the futures are left alone, and
 *               none is lost: whoever asks next gets it
 */
COIL_API int coil_as_completed_next(struct coil_as_completed *it,
                                    struct coil_future **out) COIL_SUSPENDS;

/*
 * End the iteration, whatever is left of it: the futures are left alone, and
 * tasks that wait for the next one get 0.  Ending twice does no harm.
 */
COIL_API void coil_as_completed_end(struct coil_as_completed *it);

#ifdef __cplusplus
}
#endif

#endif
