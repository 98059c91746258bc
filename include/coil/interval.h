/* SPDX-License-Identifier: MIT */
/*
 * coil/interval.h - ticks at a steady pace
 *
 *     struct coil_interval interval;
 *
 *     coil_interval_init(&interval, COIL_SECOND, COIL_MISSED_SKIP);
 *     do {
 *         rc = coil_interval_tick(&interval);
 *         if (rc == 0)
 *             rc = sample();            // takes some time, perhaps too much
 *     } while (rc == 0);
 *
 * The pace does not drift: a tick is due a period after the one before was due,
 * whatever the work between takes.  If the work takes longer than a period, ticks
 * are missed, and the policy says what becomes of them.  A tick that is taken late,
 * but before the next one is due, is not missed.
 *
 * Memory   An interval is caller's memory; nothing is allocated, and there is no
 *          destroy call.  It belongs to the loop's thread; if several tasks wait
 *          for it, each tick goes to one of them.
 * asyncio  There is none.  The names and policies are tokio's: interval(),
 *          MissedTickBehavior.
 */
#ifndef COIL_INTERVAL_H
#define COIL_INTERVAL_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ticks are due at 0, 1, 2, …  The work after the first lasts until 3.4. */
enum coil_missed_ticks {
    COIL_MISSED_BURST, /* 1, 2 and 3 come at once, then 4: none is lost */
    COIL_MISSED_DELAY, /* one comes at once, at 3.4, then 4.4: a new beginning */
    COIL_MISSED_SKIP,  /* one comes at once, at 3.4, then 4: the old grid */
};

/* The fields are private. */
struct coil_interval {
    coil_time period;
    coil_time next;
    uint64_t skipped;
    enum coil_missed_ticks missed;
};

/*
 * The first tick is due now, the next ones each `period` later.  A period of less
 * than a nanosecond counts as one.
 */
COIL_API void coil_interval_init(struct coil_interval *interval,
                                 coil_time period,
                                 enum coil_missed_ticks missed);

/* The same, and the first tick is due at `first`. */
COIL_API void coil_interval_init_at(struct coil_interval *interval,
                                    coil_time first, coil_time period,
                                    enum coil_missed_ticks missed);

/*
 * Wait until the next tick is due; if it is already, take it without waiting.
 *
 * Returns 0, or -ECANCELED: the tick was not taken, and the next call waits for
 * the same one; or -ENOTSUP on a user's scheduler, which has no clock.
 */
COIL_API int coil_interval_tick(struct coil_interval *interval) COIL_SUSPENDS;

/* When the next tick is due; it may be past. */
COIL_API coil_time coil_interval_next(const struct coil_interval *interval);

/* Begin anew: the next tick is due a period from now. */
COIL_API void coil_interval_reset(struct coil_interval *interval);

/*
 * How many ticks COIL_MISSED_SKIP and COIL_MISSED_DELAY have left out so far.
 */
COIL_API uint64_t coil_interval_skipped(const struct coil_interval *interval);

#ifdef __cplusplus
}
#endif

#endif
