/* SPDX-License-Identifier: MIT */
/*
 * coil/explore.h - a test on the simulator: once, by seeds, in every order
 */
#ifndef COIL_EXPLORE_H
#define COIL_EXPLORE_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * coil_run() on the simulator.  Seed 0 keeps every order that coil documents;
 * by any other seed the simulator chooses which of the ready tasks runs next, as
 * may happen on another machine or at another time, and cuts reads and writes
 * short.
 */
COIL_API int coil_test_run(coil_fn fn, void *arg, uint64_t seed);

/*
 * The same with `count` seeds from `first` on, until one fails.  It is much
 * faster than as many calls of coil_test_run() if fn leaves nothing behind: no
 * task, timer or socket.  COIL_SEED=n in the environment: with that seed only.
 *
 * Returns 0, or what fn returned with the seed that failed, which is printed;
 * as coil_run() otherwise.
 */
COIL_API int coil_test_run_seeds(coil_fn fn, void *arg, uint64_t first,
                                 uint64_t count);

/*
 * Run fn(arg) under every possible schedule, one after another.  Schedules
 * differ in which ready task runs next, and in whether the clock reaches the
 * next timer before it.  Every choice of coil_test_choose() is tried, too.
 * Nothing else may differ from one run to the next.  The network does what it
 * does with seed 0.
 *
 * `max_runs`, if not 0, ends that early; `runs`, which may be NULL, receives
 * how many there were.  COIL_CHOICES=… in the environment: that schedule only.
 * Schedules are many: two tasks that suspend n times each have (2n+2)! /
 * (n+1)!^2 of them.
 *
 * Returns 0 if all were run; 1 if there are more than max_runs; what fn
 * returned in the first that failed, whose choices are printed; -EINVAL for
 * COIL_CHOICES; -ENOMEM; as coil_run() otherwise.
 */
COIL_API int coil_test_explore(coil_fn fn, void *arg, uint64_t max_runs,
                               uint64_t *runs);

#ifdef __cplusplus
}
#endif

#endif
