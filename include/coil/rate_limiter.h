/* SPDX-License-Identifier: MIT */
/*
 * coil/rate_limiter.h - so many things in a time
 *
 *     struct coil_rate_limiter limiter;
 *
 *     // 100 requests a second; after a pause 10 of them may go at once
 *     coil_rate_limiter_init(&limiter, 100, COIL_SECOND, 10);
 *
 *     rc = coil_rate_limiter_acquire(&limiter, 1);
 *     if (rc == 0)
 *         rc = fetch(url);
 *
 * A bucket holds `burst` tokens at most, and is full at the beginning.  Tokens
 * drip in at a steady rate, and are taken out; what does not fit is lost.  There
 * is nothing to give back: unlike a semaphore, this limits how many things begin,
 * and not how many are under way.
 *
 * Order    Strictly first come, first served: who wants few tokens does not
 *          overtake who waits for many.
 * Memory   A limiter is caller's memory; nothing is allocated.  There is no
 *          destroy call: the memory may be reused once nobody waits.
 * Threads  It belongs to the thread of one loop.
 * asyncio  There is none; aiolimiter is such a library.
 */
#ifndef COIL_RATE_LIMITER_H
#define COIL_RATE_LIMITER_H

#include <coil/base.h>
#include <coil/handle.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_rate_limiter {
    struct coil_list waiters;
    struct coil_handle timer; /* armed while somebody waits */
    uint64_t rate;            /* tokens in `period` */
    uint64_t burst;
    coil_time period;
    coil_time counted; /* the bucket is counted as of this time */
    uint64_t tokens;
    uint64_t part; /* of a token, in tokens * period */
};

/*
 * Let `rate` tokens drip in each `period`, and hold `burst` at most, which are
 * there at once.  Numbers of 0 or less count as 1, and numbers beyond 2^31 - 1
 * as that; the period is limited to an hour.
 */
COIL_API void coil_rate_limiter_init(struct coil_rate_limiter *limiter,
                                     int64_t rate, coil_time period,
                                     int64_t burst);

/*
 * Take `tokens` out, waiting until there are so many and everybody who came
 * before has got theirs.
 *
 * Returns 0, or with nothing taken
 *   -ECANCELED  the task was cancelled; who comes behind moves up at once.
 *               Tokens that were taken before the cancellation came are kept: 0
 *               is returned, and the next suspending call reports it
 *   -EINVAL     `tokens` is more than the bucket can hold
 *   -ENOTSUP    it would have to wait on a user's scheduler, which has no clock
 */
COIL_API int coil_rate_limiter_acquire(struct coil_rate_limiter *limiter,
                                       size_t tokens) COIL_SUSPENDS;

/* The same without waiting: -EAGAIN if that would be needed. */
COIL_API int coil_rate_limiter_try_acquire(struct coil_rate_limiter *limiter,
                                           size_t tokens) COIL_MUST_CHECK;

/* How many tokens there are now; those who wait come first for them. */
COIL_API size_t coil_rate_limiter_tokens(struct coil_rate_limiter *limiter);

/* How many tasks wait. */
COIL_API size_t
coil_rate_limiter_waiting(const struct coil_rate_limiter *limiter);

/* For coil_test_watch(): NULL, or which invariant of it is broken. */
COIL_API const char *coil_test_check_rate_limiter(const void *limiter);

#ifdef __cplusplus
}
#endif

#endif
