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
 *
 * What must hold whatever happens is tried under many schedules, or under all
 * there are:
 *
 *     static int transfer_all(void *arg)
 *     {
 *         ... create tasks, await them ...
 *         return balance == 100 ? 0 : -EBADMSG;
 *     }
 *
 *     rc = coil_test_run_seeds(transfer_all, NULL, 1, 100000);
 *     rc = coil_test_explore(transfer_all, NULL, 0, &schedules);
 *
 * When a schedule fails, each prints COIL_SEED=… or COIL_CHOICES=…  With that
 * in the environment, this schedule alone is run again.
 */
#ifndef COIL_TESTING_H
#define COIL_TESTING_H

#include <coil/address.h>
#include <coil/base.h>
#include <coil/explore.h>
#include <coil/loop.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A choice that the test itself makes, below `limit`.  coil_test_explore()
 * tries each in its turn; with a seed it is random; with seed 0, and off the
 * simulator, it is 0.
 */
COIL_API uint64_t coil_test_choose(uint64_t limit);

/*
 * For the rest of a run with a seed, let time pass as on a busy machine.  One
 * time in `n`, before a step, the clock goes on to the next timer, though
 * something is ready, if the timer is at most `most` away.  n = 0: never, which
 * is the default.  In coil_test_explore(), where time passes anyway, `most`
 * limits that.
 */
COIL_API void coil_test_let_time_pass(unsigned n, coil_time most);

/*
 * For the rest of the run, let work take time: each step of a task takes
 * `step`, and each call of the network that need not wait 16 times as much.
 * 0, which is the default: no time passes while something is ready.  A busy
 * program is then late as it is on a real machine, and a test can say by how
 * much.  It does nothing off the simulator.
 */
COIL_API void coil_test_let_work_take(coil_time step);

/*
 * Compute for `duration`: the clock of the simulator goes on by it, within the
 * step that runs.  It does nothing off the simulator.
 */
COIL_API void coil_test_compute(coil_time duration);

/*
 * Write to `fd` the schedule that runs now: "COIL_SEED=7", or
 * "COIL_CHOICES=0.2.1".  For what a test does when an assertion fails.
 */
COIL_API void coil_test_dump_schedule(int fd);

/*
 * Have check(object) called after every step of the running simulator, until
 * coil_test_unwatch() or the end of the run.  It returns NULL or what is wrong;
 * that ends the program with a message that names the seed.  One check is always
 * made: that a timer that is due, a signal, a call from another thread or a
 * socket that is ready has waited for at most one budget of the loop
 * (coil/loop.h).
 *
 * Returns 0; -ENOTSUP off the simulator; -ENOMEM.
 */
typedef const char *(*coil_test_check_fn)(const void *object);
COIL_API int coil_test_watch(coil_test_check_fn check, const void *object);
COIL_API void coil_test_unwatch(const void *object);

/* A random number of the running simulator, below `limit`; 0 off it. */
COIL_API uint64_t coil_test_random(uint64_t limit);

/* How many steps the running simulator has made. */
COIL_API uint64_t coil_test_steps(void);

/*
 * Wait until every other task waits for something that none of them will do:
 * time, or this task.  Returns 0, -ECANCELED, or -ENOTSUP off the simulator.
 */
COIL_API int coil_test_settle(void) COIL_SUSPENDS;

/*
 * Count the suspensions of `task` from now on, yields included, and call
 * fn(arg), outside of any task, at the n-th (0: never): a test runs once to
 * count, and then once for each suspension, to cancel the task there.  fn may
 * probe anew.  One task is probed at a time; NULL: none.
 *
 * Returns 0; -ENOTSUP off the simulator.
 */
enum coil_test_moment {
    COIL_TEST_PARKED,  /* it has just suspended */
    COIL_TEST_GRANTED, /* it goes on next: nothing can stop it now */
    COIL_TEST_DECIDED, /* its wait is decided; others may run first */
};
COIL_API int coil_test_probe(struct coil_task *task, uint64_t n,
                             enum coil_test_moment moment, coil_callback_fn fn,
                             void *arg);

/* How often the task has suspended since. */
COIL_API uint64_t coil_test_suspensions(void);

/*
 * Let the n-th allocation from now, and with `forever` all after it, fail; 0:
 * none.
 */
COIL_API void coil_test_fail_allocation(size_t n, bool forever);

/*
 * How many allocations coil has made in this process, and how many of them are
 * neither freed nor the stack of a task.  Exact while one thread uses coil.
 */
COIL_API size_t coil_test_allocations(void);
COIL_API size_t coil_test_live_allocations(void);

/*
 * Let the n-th call from now (0: none) of the simulated network fail with
 * `error`, a negative code: opening a socket, listening, shutting down, and
 * each accept, connect, read and write, of messages as well.  Returns 0; -ENOTSUP off the simulator.
 */
COIL_API int coil_test_fail_call(size_t n, int error);

/*
 * What happens to datagrams of UDP on the simulated network, from now to the end
 * of the run.  Zeroed: each arrives once, in order.  Those of Unix sockets always
 * do.
 */
struct coil_test_datagrams {
    /*
     * One datagram in so many is lost, comes twice, or overtakes all that were
     * not received yet; the seed decides which.  0: none; and none with seed 0.
     */
    unsigned lose;
    unsigned duplicate;
    unsigned reorder;
    /*
     * Whether this one is lost; for a partition of the network, or for a choice
     * of the test's own (coil_test_choose()).  NULL: none is.  It must not
     * suspend.
     */
    bool (*drop)(const struct coil_address *from, const struct coil_address *to,
                 void *arg);
    void *arg;
    void *reserved[4];
};

/* Returns 0; -ENOTSUP off the simulator. */
COIL_API int
coil_test_set_datagrams(const struct coil_test_datagrams *datagrams);

/* How many such calls this run has made. */
COIL_API size_t coil_test_calls(void);

#ifdef __cplusplus
}
#endif

#endif
