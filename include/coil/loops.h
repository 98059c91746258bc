/* SPDX-License-Identifier: MIT */
/*
 * coil/loops.h - a loop for each processor
 *
 *     static int serve(void *arg)       // the main task of each loop
 *     {
 *         printf("loop %u of %u\n", coil_loops_index(), coil_loops_count());
 *         ...
 *     }
 *
 *     int main(void)
 *     {
 *         return coil_run_status(coil_loops_run(0, serve, NULL));
 *     }
 *
 * A task stays on its loop.  What tasks of several loops share is a channel
 * (coil/channel.h), or behind a shared lock, semaphore, event or condition.
 *
 * A program with one loop is the same program: coil_loops_run(1, fn, arg) does
 * what coil_run(fn, arg) does.
 */
#ifndef COIL_LOOPS_H
#define COIL_LOOPS_H

#include <coil/base.h>
#include <coil/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to make the loops.  Zeroed is the default of everything. */
struct coil_loops_options {
    struct coil_loop_options loop; /* of each */
    /*
     * Keep each thread on one of the processors that the process may use: loop
     * i on number i of them.  Where the kernel refuses, threads stay free.  The
     * calling thread has its processors back when the call returns.
     */
    bool pin;
};

/*
 * Run fn(arg) as the main task of each of `count` loops, and return when all have
 * ended.  Loop 0 runs in the calling thread, and each other one in a thread of
 * its own.  A count of 0 means as many as the process may use processors.  fn
 * begins when all loops are there.
 *
 * The first loop that ends with an error ends the others: their main tasks are
 * cancelled, as by coil_task_cancel().  A loop that ends without one ends alone.
 *
 * When the loops wait for nothing but each other, and the process has no thread
 * beside theirs and those of the library, none of them can ever go on.  Then who
 * waits for what is written on standard error, and each loop ends with -EDEADLK,
 * as one does that is alone.  With another thread, whatever it does, and while a
 * loop is held (coil_loop_hold()), they wait.  What a job in a thread
 * (coil_to_thread()) does is waited for.
 *
 * Returns the error of the loop that was the first to fail, as coil_run() returns
 * it; else what fn returned on loop 0.  Errors before fn has begun anywhere:
 *   -EBUSY   a loop runs in this thread already
 *   -EAGAIN  a thread cannot be made
 *   -ENOMEM, -EMFILE and the like: a loop cannot be made
 *
 * SIGINT and SIGTERM cancel the main task of each loop: see coil_run().
 * `options` may be NULL.
 *
 * asyncio  has one loop; this is a TaskGroup of run().
 */
COIL_API int coil_loops_run(unsigned count, coil_fn fn, void *arg);
COIL_API int coil_loops_run_with(unsigned count, coil_fn fn, void *arg,
                                 const struct coil_loops_options *options);

/*
 * In a thread of coil_loops_run(): which of the loops it is, from 0 on, and how
 * many there are.  Elsewhere 0, and 1.
 */
COIL_API unsigned coil_loops_index(void) COIL_ANY_THREAD;
COIL_API unsigned coil_loops_count(void) COIL_ANY_THREAD;

/*
 * In a thread of coil_loops_run(): loop number `index` of them, to hand something
 * to it (coil/threadsafe.h).  NULL if it has ended, and elsewhere.  It may end at
 * any time: the functions that take a loop of another thread see that.
 */
COIL_API struct coil_loop *coil_loops_at(unsigned index) COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
