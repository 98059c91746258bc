/* SPDX-License-Identifier: MIT */
/*
 * coil/loop.h - run tasks, callbacks, timers and I/O on one thread
 *
 *     int main(void)
 *     {
 *         return coil_run_status(coil_run(start, NULL));
 *     }
 *
 * One turn of the loop runs what was ready at its start; then the I/O that is
 * over and the timers that are due make more ready, for the next turn.
 *
 * Fairness The loop looks at the kernel, the clock, signals and calls from other
 *          threads when nothing is ready, and whenever its budget has ended:
 *          after 2048 steps, after 128 system calls such as reads, writes and
 *          accepts (one counts as 16 steps; a read that a buffer answered counts
 *          as one), and after 100 microseconds.  The clock is
 *          read at least every 64 steps or 4 such calls; it is read more often
 *          when they take long.  A task whose operation completes at once gives
 *          way when the budget has ended, and goes on behind all who are ready
 *          by then.  So, with F tasks that are always busy, whoever else
 *          becomes ready waits for at most F + 1 budgets, however fast the
 *          other side sends.  A step that computes without waiting is not
 *          interrupted: it makes the budget longer by as much.
 * Order    First in, first out; timers with equal deadlines fire in the order
 *          in which they were armed.
 * Threads  A loop belongs to the thread that runs it.  Only
 *          coil_loop_call_soon_threadsafe(), coil_loop_stop_threadsafe() and
 *          coil_run_threadsafe() may be called from others.  In debug mode, the
 *          other functions stop the program if another thread calls them.
 * fork()   A loop belongs to the parent.  A child has no running loop, even if
 *          a task forked it, and may make its own.  It may close the parent's
 *          loop: that runs nothing, and does not disturb the parent.  To run a
 *          loop of the parent returns -EBADF in the child.  If the child was
 *          forked within a run, that run returns -EBADF as soon as the task
 *          that forked waits or ends.
 */
#ifndef COIL_LOOP_H
#define COIL_LOOP_H

#include <coil/base.h>
#include <coil/dump.h>
#include <coil/exception.h>
#include <coil/future.h>
#include <coil/handle.h>
#include <coil/run.h>
#include <coil/scheduler.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_task_options;

/* What a closed loop left behind: see coil_loop_close(). */
struct coil_loop_report {
    size_t tasks_cancelled; /* were still running */
    size_t errors_unseen;   /* ended with an error that nobody looked at */
    size_t timers_armed;
    size_t descriptors_open; /* of streams and listeners */
    /*
     * Tasks that have ended and were not released: coil_task_release() was
     * forgotten, or will come later.
     */
    size_t tasks_kept;
    size_t processes_running; /* coil/process.h: neither closed nor detached */
};

/*
 * Make a loop.  `options` may be NULL.  `*out` is returned: release it with
 * coil_loop_close().  -ENOMEM, -EMFILE and the like; -EINVAL for an unknown
 * backend.  asyncio: new_event_loop().
 */
COIL_API int coil_loop_new(struct coil_loop **out,
                           const struct coil_loop_options *options)
    COIL_MUST_CHECK;

/* The loop that runs in this thread, or NULL.  asyncio: get_running_loop(). */
COIL_API struct coil_loop *coil_loop_current(void);

/*
 * Create a task of `loop` that runs fn(arg), run until it is done, and return
 * what it returned.  A loop may do this many times; tasks that are left go on
 * in the next run.  This main task has a stack of 900 KiB, for the large locals
 * of a program; as everywhere, only what it touches takes memory.
 *
 *   -EBUSY    a loop runs in this thread already
 *   -EINTR    the loop was stopped first; the task goes on in the next run
 *   -EDEADLK  nothing can ever run again; every task is left as it was, and who
 *             waits for what has been printed
 *   -EBADF    the loop is that of the parent process
 *   -ENOMEM
 */
COIL_API int coil_loop_run_until_complete(struct coil_loop *loop, coil_fn fn,
                                          void *arg);

/*
 * The same for an existing future, a task's included, which is kept until the
 * call returns.  Returns what coil_future_result() then returns, or an error as
 * above.
 * asyncio: run_until_complete().
 */
COIL_API int coil_loop_run_until_done(struct coil_loop *loop,
                                      struct coil_future *future);

/*
 * Create a task that belongs to `loop`, which need not run yet: as
 * coil_task_create_with() otherwise; `options` may be NULL.  An eager task
 * needs a loop that runs: -EINVAL.  To be called in the thread that runs the
 * loop, or will run it.  asyncio: loop.create_task().
 */
#define coil_loop_create_task(loop, out, fn, arg)                              \
    coil_loop_create_task_at((loop), (out), (fn), (arg), NULL, COIL_SITE)
#define coil_loop_create_task_with(loop, out, fn, arg, options)                \
    coil_loop_create_task_at((loop), (out), (fn), (arg), (options), COIL_SITE)
COIL_API int coil_loop_create_task_at(struct coil_loop *loop,
                                      struct coil_task **out, coil_fn fn,
                                      void *arg,
                                      const struct coil_task_options *options,
                                      const char *site) COIL_MUST_CHECK;

/*
 * Run until coil_loop_stop().  0, else -EBUSY, -EDEADLK, -EBADF or -ENOMEM as
 * above.  After an earlier stop: exactly one turn, without waiting.
 * asyncio: run_forever().
 */
COIL_API int coil_loop_run_forever(struct coil_loop *loop);

/*
 * End the run after the current turn.  If no turn runs, the next run ends after
 * its first turn.  What is ready then stays ready.
 *
 * coil_loop_stop_threadsafe() may be called from any thread, also while the loop
 * ends and is closed: closing waits until the call has returned.  If the loop
 * has been closed, it does nothing: a freed loop is recognised, unless a new
 * loop has the same address.  Not for signal handlers: coil/signal.h.
 * asyncio: stop().
 */
COIL_API void coil_loop_stop(struct coil_loop *loop);
COIL_API void coil_loop_stop_threadsafe(struct coil_loop *loop) COIL_ANY_THREAD;

/*
 * Cancel the tasks that are left, each once, run until they have ended, wait
 * for calls of coil_to_thread() that still run (for a limited time: struct
 * coil_loop_options), and free the loop.
 *
 * Calls that are due when the tasks have ended, done callbacks included, are
 * still made, and so are the calls that become due by them, for four turns.
 * All other handles, and the handlers of signals and descriptors, belong to the
 * caller again.
 *
 * `report`, which may be NULL, receives what was left behind.  The exception
 * handler is told as well: of tasks, with the place where they were made; of
 * timers, with what they call; of streams and listeners, with their addresses;
 * of child processes that run, which go on.
 * (coil_run() always ends the tasks and timers that are left, so it tells of
 * them in debug mode only.)  In debug mode, or if there are a thousand or more,
 * the handler is also told how many tasks have ended and were not released, for
 * each place where such tasks were made: the most first, and ten places.
 *
 * Returns 0, else
 *   -EBUSY    freeing nothing: the loop runs, or another in this thread
 *   -EDEADLK  tasks would not end: they are abandoned where they stand, and
 *             named
 *   -EBADF    the loop was that of the parent process: nothing was run
 * asyncio: run()'s clean-up and loop.close().
 */
COIL_API int coil_loop_close(struct coil_loop *loop,
                             struct coil_loop_report *report);

/*
 * A step of a task, or a callback, that takes longer than `duration` (100 ms,
 * or the milliseconds of COIL_WATCHDOG; 0 or less: no limit) holds up all the
 * others.  While the step still runs, a watching thread writes to standard
 * error whose step it is, with a backtrace; and again when the step has taken
 * ten times as long, and so on.  It interrupts no system call.  Not on the
 * simulator, whose time stands still within a step.  In debug mode the
 * exception handler is told as well, when the step is over.
 * asyncio: slow_callback_duration, but without debug mode.
 */
COIL_API void coil_loop_set_slow_callback_duration(struct coil_loop *loop,
                                                   coil_time duration);
COIL_API coil_time
coil_loop_slow_callback_duration(const struct coil_loop *loop);

/*
 * By what the loop looks outside: never COIL_BACKEND_DEFAULT, and
 * COIL_BACKEND_EPOLL if io_uring was asked for and refused.  From any thread.
 */
COIL_API enum coil_backend coil_loop_backend(const struct coil_loop *loop);

/* Whether it runs.  asyncio: is_running(). */
COIL_API bool coil_loop_is_running(const struct coil_loop *loop);

/*
 * Debug mode, which options or the environment (COIL_DEBUG=1) switch on first:
 * calls from other threads stop the program, and from the next turn on the
 * exception handler is told of slow steps, and of descriptors that were closed
 * while coil waited for them.  A task that ends within a scope that it has begun
 * stops the program as well.  docs/debugging.md has the whole list.
 * asyncio: set_debug(), get_debug().
 */
COIL_API void coil_loop_set_debug(struct coil_loop *loop, bool debug);
COIL_API bool coil_loop_is_debug(const struct coil_loop *loop);

/* The loop as a scheduler. */
COIL_API struct coil_scheduler *coil_loop_scheduler(struct coil_loop *loop);

/*
 * Between hold and release the loop waits for other threads rather than report
 * -EDEADLK when nothing else can wake it.  Counted.  In the loop's thread only.
 */
COIL_API void coil_loop_hold(struct coil_loop *loop);
COIL_API void coil_loop_release(struct coil_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
