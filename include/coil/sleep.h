/* SPDX-License-Identifier: MIT */
/*
 * coil/sleep.h - let time pass, let others run, or only look for a cancellation
 */
#ifndef COIL_SLEEP_H
#define COIL_SLEEP_H

#include <coil/base.h>
#include <coil/select.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Wait for `duration`.  Zero or less lets everything that is ready now run
 * once, as coil_yield() does.
 *
 * Returns 0; -ECANCELED; -ENOTSUP on a user's scheduler, which has no clock
 * (unless `duration` is zero or less).  asyncio: sleep().
 */
COIL_API int coil_sleep(coil_time duration) COIL_SUSPENDS;

/* Wait until the clock shows `deadline`; as coil_sleep() otherwise. */
COIL_API int coil_sleep_until(coil_time deadline) COIL_SUSPENDS;

/*
 * The same as cases of coil_select().  One that is due already, and a duration of
 * zero or less, happens at once, without letting others run.
 */
COIL_API struct coil_select_case coil_sleep_case(coil_time duration);
COIL_API struct coil_select_case coil_sleep_until_case(coil_time deadline);

/*
 * Let everything that is ready now run once.  Returns 0 or -ECANCELED.
 * asyncio: sleep(0).
 */
COIL_API int coil_yield(void) COIL_SUSPENDS;

/*
 * Report a pending cancellation, without letting others run.  A long
 * computation calls it to stop when it is cancelled.  A suspending function of
 * the user's calls it on the paths on which it has nothing to wait for.
 *
 * Returns 0; -ECANCELED: the cancellation has been reported, as by every other
 * suspending call, and the next call does not report it again.
 * asyncio: none; trio's checkpoint_if_cancelled().
 */
COIL_API int coil_checkpoint(void) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
