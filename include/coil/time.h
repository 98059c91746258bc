/* SPDX-License-Identifier: MIT */
/*
 * coil/time.h - time on the loop's clock
 *
 * Time is a number of nanoseconds on a clock that never goes back and that
 * setting the wall clock does not move.  Written with a unit:
 *
 *     coil_sleep(100 * COIL_MILLISECOND)
 *
 * A deadline is a point of that clock, a duration or timeout a length of time.
 * Sums saturate at COIL_NEVER instead of overflowing.
 */
#ifndef COIL_TIME_H
#define COIL_TIME_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t coil_time;

#define COIL_NANOSECOND ((coil_time)1)
#define COIL_MICROSECOND (1000 * COIL_NANOSECOND)
#define COIL_MILLISECOND (1000 * COIL_MICROSECOND)
#define COIL_SECOND (1000 * COIL_MILLISECOND)
#define COIL_MINUTE (60 * COIL_SECOND)

/* As a deadline or a duration: no limit. */
#define COIL_NEVER INT64_MAX

/*
 * The time of the running loop's clock: CLOCK_MONOTONIC, or the simulator's
 * virtual time.  Where no loop of this thread runs, CLOCK_MONOTONIC.
 * asyncio: loop.time().
 */
COIL_API coil_time coil_now(void);

/* The deadline `duration` from now; COIL_NEVER if that cannot be expressed. */
COIL_API coil_time coil_after(coil_time duration);

/*
 * The time of day: nanoseconds since 1970-01-01 00:00 UTC, by CLOCK_REALTIME, which
 * whoever sets the clock moves.  Where the run is recorded (coil/history.h), a replay
 * sees the same.  On the simulator it is that of the machine.
 */
COIL_API coil_time coil_time_of_day(void);

#ifdef __cplusplus
}
#endif

#endif
