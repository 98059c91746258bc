/* SPDX-License-Identifier: MIT */
/*
 * coil/retry.h - try again, after pauses that grow
 *
 *     const struct coil_retry_options options = { .tries = 5 };
 *
 *     rc = coil_retry_call(connect_to_database, &database, &options);
 *
 * or, around code that is no function of its own:
 *
 *     struct coil_retry retry;
 *
 *     coil_retry_init(&retry, &options);
 *     do
 *         rc = coil_tcp_connect(&stream, host, port);
 *     while (rc < 0 && coil_retry_pause(&retry, &rc) == 0);
 *
 * Pauses   The n-th pause is a random time between nothing and first_delay times
 *          2 to the power of n - 1, at most max_delay.  This is "full jitter": of
 *          many that fail at the same moment, few come back at the same moment.
 *          The simulator repeats the same pauses with the same seed.
 * Memory   A struct coil_retry is caller's memory; nothing is allocated.
 * asyncio  There is none; tenacity and backoff are such libraries.  Full jitter is
 *          from M. Brooker, "Exponential Backoff And Jitter" (AWS, 2015).  HTTP has
 *          its own, which knows methods and Retry-After: coil/http_retry.h.
 */
#ifndef COIL_RETRY_H
#define COIL_RETRY_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed is the default of everything. */
struct coil_retry_options {
    unsigned tries; /* at most, the first one included; 0: 4 */
    coil_time
        first_delay; /* the longest that the first pause can be; 0: 100 ms */
    coil_time max_delay; /* no pause is longer; 0: 30 s */
    /*
     * For all tries and pauses together; 0: no limit.  A pause that would end
     * later is not made.  coil_retry_call() also ends a try that lasts longer.
     */
    coil_time limit;
    /* For each try of coil_retry_call(), which then has failed with -ETIMEDOUT. */
    coil_time try_limit; /* 0: no limit */
    /* Whether another try is worth it after `error`; NULL: coil_is_transient(). */
    bool (*is_transient)(int error, void *arg);
    void *arg; /* of is_transient() */
    void *reserved[4];
};

/* The fields are private. */
struct coil_retry {
    struct coil_retry_options options;
    coil_time deadline;
    unsigned failed;
};

/* Begin to count, and begin the `limit`.  Options may be NULL; they are copied. */
COIL_API void coil_retry_init(struct coil_retry *retry,
                              const struct coil_retry_options *options);

/*
 * A try has ended with the error `*rc`.  If another one may be made, wait for the
 * pause before it.
 *
 * Returns 0: try again.  Else return `*rc` to whoever asked, as it is
 *   unchanged     the tries are used up, the error is not transient, or the limit
 *                 would be over before the next try; this is returned, too
 *   -ECANCELED    the task was cancelled; `*rc` is set to it
 *   -ENOTSUP      on a user's scheduler, which has no clock; `*rc` is set to it
 * `*rc` of 0 or more is returned unchanged as well.
 */
COIL_API int coil_retry_pause(struct coil_retry *retry, int *rc) COIL_SUSPENDS;

/* How many tries have failed so far, as coil_retry_pause() was told. */
COIL_API unsigned coil_retry_failed(const struct coil_retry *retry);

/*
 * Call fn(arg) until it returns 0 or more, or no other try may be made.  It is
 * called in the running task, so what it acquires is this task's.
 *
 * Returns what the last call returned, else
 *   -ETIMEDOUT  the last try was ended by try_limit or by `limit`
 *   -ECANCELED  the task was cancelled, in a try or in a pause; no try follows
 *   -ENOTSUP    on a user's scheduler, or in a coroutine that no coil task
 *               drives: nothing was called
 */
COIL_API int coil_retry_call(coil_fn fn, void *arg,
                             const struct coil_retry_options *options)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
