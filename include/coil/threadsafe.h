/* SPDX-License-Identifier: MIT */
/*
 * coil/threadsafe.h - from another thread, have a loop run a function as a task
 *
 *     struct coil_thread_call call;       // in a thread without a loop
 *
 *     rc = coil_run_threadsafe(loop, &call, fetch, &job);
 *     if (rc == 0)
 *         rc = coil_thread_call_wait(&call, 5 * COIL_SECOND);
 *     if (rc == -ETIMEDOUT) {
 *         coil_thread_call_cancel(&call);
 *         rc = coil_thread_call_wait(&call, COIL_NEVER);
 *     }
 *
 * A loop that waits only for other threads needs coil_loop_hold().
 *
 * Memory   A call is caller's memory, kept until it is done: until wait or
 *          await has returned something other than -ETIMEDOUT, or is_done true,
 *          to one of the callers.  Nothing is allocated in the calling thread.
 * Threads  Everything here may be called from any thread, also for one call
 *          from several at once.
 *
 * asyncio  run_coroutine_threadsafe(); wrap_future() is await.
 */
#ifndef COIL_THREADSAFE_H
#define COIL_THREADSAFE_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/loop.h>
#include <coil/task_owner.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One call: it need not be initialised.  The fields are private. */
struct coil_thread_call {
    struct coil_handle begin;
    struct coil_handle cancel;
    struct coil_task_owner owner;
    struct coil_loop *loop; /* NULL: done */
    struct coil_task *task;
    struct coil_hook hook; /* of the loop's */
    struct coil_list waiters;
    coil_fn fn;
    void *arg;
    const char *site;
    int result;
    bool is_cancelled;
    void *reserved[2];
};

/*
 * Have `loop` run fn(arg) in a new task, as soon as it runs.  `arg` is kept
 * until the call is done.
 *
 * Returns 0, or -ESHUTDOWN if the loop is being closed, has been closed, or
 * has lost its thread.  A freed loop is recognised, unless a new loop has the
 * same address.  If the task cannot be made, that is the call's result
 * (-ENOMEM) and reported to the loop's exception handler as well.
 */
#define coil_run_threadsafe(loop, call, fn, arg)                               \
    coil_run_threadsafe_at((loop), (call), (fn), (arg), COIL_SITE)
COIL_API int coil_run_threadsafe_at(struct coil_loop *loop,
                                    struct coil_thread_call *call, coil_fn fn,
                                    void *arg, const char *site)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Block the calling thread until the call is done, for `timeout` at most (zero
 * or less: only look).  Any number of threads may wait, any number of times.
 *
 * It is a cancellation point of POSIX threads: a thread that is cancelled in it
 * leaves the call as it is.
 *
 * Returns what fn returned, else
 *   -EOWNERDEAD  the thread that ran the loop has ended within the run
 *   -ETIMEDOUT  the call goes on; unless that is what fn returned, which
 *               coil_thread_call_is_done() tells
 *   -ECANCELED  it was cancelled, or the loop was closed before it was done, or
 *               this is a child, and the parent forked before it was done
 *   -EDEADLK    this thread runs the call's loop
 */
COIL_API int coil_thread_call_wait(struct coil_thread_call *call,
                                   coil_time timeout)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * The same for a task of another loop, or of the same: it waits while others
 * run.  Cancelling the waiting task cancels the call, and the wait goes on
 * until that has ended: what it returned is the outcome, -ECANCELED as a rule.
 * If it succeeded all the same, the next suspending call reports the
 * cancellation.  -ENOTSUP on a user's scheduler.
 */
COIL_API int coil_thread_call_await(struct coil_thread_call *call)
    COIL_SUSPENDS;

/*
 * Cancel the call.  If its task has not begun, it never will; otherwise the
 * task is cancelled, as by coil_task_cancel(), a little later.  Returns false
 * if the call was done already.  It is done only when wait, await or is_done
 * say so.
 */
COIL_API bool coil_thread_call_cancel(struct coil_thread_call *call)
    COIL_ANY_THREAD;

COIL_API bool coil_thread_call_is_done(const struct coil_thread_call *call)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
