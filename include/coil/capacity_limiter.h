/* SPDX-License-Identifier: MIT */
/*
 * coil/capacity_limiter.h - at most so many at a time, and the limit can change
 *
 *     static struct coil_capacity_limiter limiter = COIL_CAPACITY_LIMITER_INIT(8);
 *
 *     struct coil_capacity_token token = { 0 };       // of one borrower
 *
 *     rc = coil_capacity_limiter_acquire(&limiter, &token);
 *     if (rc == 0)
 *         rc = work();
 *     coil_capacity_limiter_release(&limiter, &token);
 *
 * Unlike a semaphore it knows who has borrowed: a borrower cannot borrow twice, nor
 * give back what it has not.  A borrower is a token, which may stand for a task, or
 * for a thing on whose behalf a task borrows.
 *
 * Order    Strictly first come, first served.
 * Memory   Limiter and tokens are caller's memory, zeroed; nothing is allocated.  A
 *          token is kept until it is released.
 * asyncio  There is none.  trio and anyio: CapacityLimiter.
 */
#ifndef COIL_CAPACITY_LIMITER_H
#define COIL_CAPACITY_LIMITER_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_capacity_limiter {
    struct coil_list waiters;
    size_t total;
    size_t borrowed;
};

#define COIL_CAPACITY_LIMITER_INIT(total)                                      \
    {                                                                          \
        COIL_LIST_INIT, (total), 0                                             \
    }

/* A borrower.  The fields are private. */
struct coil_capacity_token {
    struct coil_capacity_limiter *limiter; /* that it has borrowed from */
    bool waits;
};

COIL_API void coil_capacity_limiter_init(struct coil_capacity_limiter *limiter,
                                         size_t total);

/*
 * Borrow for `token`, waiting until there is room.
 *
 * Returns 0, else with nothing borrowed
 *   -ECANCELED  the task was cancelled.  What was lent before the cancellation came
 *               is kept: 0, and the next suspending call reports it
 *   -EALREADY   the token has borrowed already, or waits for it
 */
COIL_API int
coil_capacity_limiter_acquire(struct coil_capacity_limiter *limiter,
                              struct coil_capacity_token *token) COIL_SUSPENDS;

/* The same without waiting: -EAGAIN if that would be needed. */
COIL_API int
coil_capacity_limiter_try_acquire(struct coil_capacity_limiter *limiter,
                                  struct coil_capacity_token *token)
    COIL_MUST_CHECK;

/*
 * Give back.  Returns 0, or -EPERM, changing nothing and reporting it to the loop's
 * exception handler: the token has not borrowed from this limiter.
 */
COIL_API int
coil_capacity_limiter_release(struct coil_capacity_limiter *limiter,
                              struct coil_capacity_token *token);

/*
 * Change the limit.  If it grows, those who wait get what is new.  If there are more
 * borrowers than it allows, they stay, and nobody new comes in until enough of them
 * have given back.
 */
COIL_API void
coil_capacity_limiter_set_total(struct coil_capacity_limiter *limiter,
                                size_t total);

/* The limit, how many have borrowed, and how many tasks wait. */
COIL_API size_t
coil_capacity_limiter_total(const struct coil_capacity_limiter *limiter);
COIL_API size_t
coil_capacity_limiter_borrowed(const struct coil_capacity_limiter *limiter);
COIL_API size_t
coil_capacity_limiter_waiting(const struct coil_capacity_limiter *limiter);

/* For coil_test_watch(): NULL, or which invariant of it is broken. */
COIL_API const char *coil_test_check_capacity_limiter(const void *limiter);

#ifdef __cplusplus
}
#endif

#endif
