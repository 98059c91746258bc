/* SPDX-License-Identifier: MIT */
/*
 * coil/testing.h - run a program under virtual time, repeatably
 *
 *     int rc = coil_test_run(my_main, NULL, seed);
 *
 * On the simulator a clock that jumps replaces the kernel's: a test that sleeps
 * an hour takes no time, and two runs with one seed do the same.  Sockets live
 * in memory: what listens and what connects must be in the same run.  Blocking
 * work (coil_to_thread, names) runs on the loop's own thread.
 */
#ifndef COIL_TESTING_H
#define COIL_TESTING_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * coil_run() on the simulator.  Seed 0 keeps every order that coil documents;
 * any other seed lets the simulator choose by it which of the ready tasks runs
 * next, as another machine at another time might have it, and cut reads and
 * writes short.
 */
COIL_API int coil_test_run(coil_fn fn, void *arg, uint64_t seed);

/*
 * Have check(arg) called after every step of the running simulator, until
 * coil_test_unwatch() or the end of the run.  It returns NULL or what is wrong;
 * that ends the program with a message that names the seed.
 *
 * Returns 0; -ENOTSUP off the simulator; -ENOMEM.
 */
typedef const char *(*coil_test_check_fn)(const void *object);
COIL_API int coil_test_watch(coil_test_check_fn check, const void *object);
COIL_API void coil_test_unwatch(const void *object);

/*
 * The invariants of coil's own primitives, for coil_test_watch(): NULL when
 * they hold, or the one that is broken.
 */
COIL_API const char *coil_test_check_lock(const void *lock);
COIL_API const char *coil_test_check_event(const void *event);
COIL_API const char *coil_test_check_condition(const void *condition);
COIL_API const char *coil_test_check_semaphore(const void *semaphore);
COIL_API const char *coil_test_check_bounded_semaphore(const void *semaphore);
COIL_API const char *coil_test_check_barrier(const void *barrier);
COIL_API const char *coil_test_check_queue(const void *queue);

/* A random number of the running simulator, below `limit`; 0 off it. */
COIL_API uint64_t coil_test_random(uint64_t limit);

/* How many steps the running simulator has made. */
COIL_API uint64_t coil_test_steps(void);

/*
 * Wait until every other task waits for something that none of them will do:
 * time, or this task.  Returns 0, -ECANCELED, or -ENOTSUP off the simulator.
 */
COIL_API int coil_test_settle(void) COIL_SUSPENDS;

/* Let the n-th allocation from now, and with `forever` all after it, fail. */
COIL_API void coil_test_fail_allocation(size_t n, bool forever);

/* How many allocations coil has made in this process. */
COIL_API size_t coil_test_allocations(void);

#ifdef __cplusplus
}
#endif

#endif
