/* SPDX-License-Identifier: MIT */
/*
 * coil/staggered_race.h - try several ways, one after the other, take the first
 * that succeeds
 *
 *     struct coil_racer ways[] = {
 *         { .fn = connect_over_ipv6, .arg = &six },
 *         { .fn = connect_over_ipv4, .arg = &four },
 *     };
 *
 *     rc = coil_staggered_race(ways, 2, 250 * COIL_MILLISECOND);
 *     if (rc >= 0)
 *         use(ways[rc].arg);
 *
 * Each runs as a task of its own.  The next is started when the last one
 * started has failed, or when it has had its head start and has not succeeded.
 *
 * asyncio  staggered.staggered_race(), by which create_connection() does its
 *          "happy eyeballs" (RFC 8305).
 */
#ifndef COIL_STAGGERED_RACE_H
#define COIL_STAGGERED_RACE_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One that takes part.  Set `fn` and `arg`; the rest is filled in. */
struct coil_racer {
    coil_fn fn;
    void *arg;
    /*
     * What fn returned; -ECANCELED if it lost before it began; an error of
     * coil_task_create(); 0 if its turn never came.
     */
    int result;
    bool started; /* its turn came */
};

/*
 * Run fn(arg) of the racers in order, each with a head start of `delay` before
 * the next one (COIL_NEVER: the next only if one fails; zero or less: all at
 * once), until one returns 0 or more.  The others are then cancelled and have
 * all ended on return.
 *
 * A loser may have succeeded too, in the same turn or because it took no notice
 * of being cancelled: look at every `result` where success leaves something
 * behind.
 *
 * Returns the winner's index, else
 *   the first error, in the order in which they came, if all have failed
 *   -ECANCELED  the waiting task was cancelled: so were the racers, and they
 *               have all ended.  If one succeeded all the same, it is the
 *               winner, and the next suspending call reports the cancellation.
 *               The same holds if there was a winner before
 *   -EINVAL     `count` is 0 or greater than INT_MAX; nothing was run
 *   -ENOTSUP    in a coroutine that no coil task drives, or a delay on a
 *               scheduler without a clock; nothing was run
 * A racer that cannot be started for want of memory has failed with -ENOMEM.
 */
#define coil_staggered_race(racers, count, delay)                              \
    coil_staggered_race_at((racers), (count), (delay), COIL_SITE)

/* What the macro calls; `site` says in reports where the tasks were made. */
COIL_API int coil_staggered_race_at(struct coil_racer *racers, size_t count,
                                    coil_time delay, const char *site)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
