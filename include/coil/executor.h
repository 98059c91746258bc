/* SPDX-License-Identifier: MIT */
/*
 * coil/executor.h - threads for functions that block
 *
 *     struct coil_executor *disk;
 *
 *     rc = coil_executor_new(&disk, 4);            // at most 4 at once
 *     ...
 *     rc = coil_executor_run(disk, read_block, &block);
 *     ...
 *     rc = coil_executor_shutdown(disk, 10 * COIL_SECOND);
 *     coil_executor_free(disk);
 *
 * Threads are made when needed, up to the limit, and stay until the executor is
 * shut down; calls beyond that wait their turn, first come, first served.  No
 * signal is delivered to these threads, except what a crash raises.  NULL
 * stands for the default executor, which coil_to_thread() uses (coil/thread.h):
 * at most 32 threads (COIL_MAX_THREADS in the environment says otherwise) serve
 * all loops of the process.
 *
 * A function that ends its thread (pthread_exit(), or the thread is cancelled)
 * gives -EOWNERDEAD to whoever waits for it; another thread is made for the
 * calls behind it.  If none can be made and no thread is left, those calls get
 * -EAGAIN.
 *
 * A loop that is closed waits for its calls in the default executor, for a
 * limited time (struct coil_loop_options); its calls in others go on
 * unobserved.
 *
 * On the simulator calls run on the loop's own thread, in an order that
 * repeats.  A function must not end that thread.
 *
 * Threads  An executor may be used by any number of loops.
 *
 * asyncio  ThreadPoolExecutor, run_in_executor().
 */
#ifndef COIL_EXECUTOR_H
#define COIL_EXECUTOR_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/loop.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_executor;
struct coil_executor_job;

/*
 * Make an executor of at most `max_threads` threads, 0: as many as the default
 * one.  `*out` is returned: release it with coil_executor_free().
 *
 * Returns 0; -ENOMEM; -EINVAL for more than 1024.
 */
COIL_API int coil_executor_new(struct coil_executor **out, size_t max_threads)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * Release an executor.  Calls that have not begun never will: who waits for
 * them gets -ESHUTDOWN.  Those that run go on, and who waits for them gets
 * their results; the threads end with the last.  NULL is allowed.
 * asyncio: Executor.shutdown(wait=False, cancel_futures=True).
 */
COIL_API void coil_executor_free(struct coil_executor *executor)
    COIL_ANY_THREAD;

/*
 * Run fn(arg) in a thread and wait for it.  fn must not call coil, except for
 * functions marked COIL_ANY_THREAD.
 *
 * Returns what fn returned, else
 *   -ECANCELED  cancelled.  A call that has not begun never will.  A call that
 *               has begun goes on, unobserved, and still uses `arg`: if that
 *               must not be, use coil_executor_run_copy().
 *   -ESHUTDOWN  the executor was shut down before the call began
 *   -EOWNERDEAD  fn ended its thread: some of its work may be done
 *   -ENOMEM, -EAGAIN  no memory, or no thread can be made
 *   -ENOTSUP    on a user's scheduler
 * asyncio: run_in_executor(), awaited.
 */
COIL_API int coil_executor_run(struct coil_executor *executor, coil_fn fn,
                               void *arg) COIL_SUSPENDS;

/*
 * The same with a copy of `*pointer`, which is copied back when fn has
 * returned: a call that goes on after a cancellation touches only the copy.
 */
#define coil_executor_run_copy(executor, fn, pointer)                          \
    coil_executor_run_sized((executor), (fn), (pointer), sizeof *(pointer))
COIL_API int coil_executor_run_sized(struct coil_executor *executor, coil_fn fn,
                                     void *arg, size_t arg_size) COIL_SUSPENDS;

/*
 * One call whose result is a future: caller's memory, zeroed, kept until the
 * future is done or the loop is closed.  The other fields are private.
 */
struct coil_executor_call {
    struct coil_future future;
    struct coil_future_callback watch;
    struct coil_loop_hook hook;
    struct coil_loop *loop;
    struct coil_executor_job *job; /* NULL: not under way */
};

/*
 * Have fn(arg) run in a thread, and go on.  `call->future` will be done with
 * what fn returns, or with -ESHUTDOWN, -EOWNERDEAD or -EAGAIN as above;
 * cancelling the future withdraws a call that has not begun.  A call that has
 * begun goes on, and still uses `arg`.  When the loop is closed the future is
 * cancelled.
 *
 *     rc = coil_executor_submit(NULL, &call, hash, &file);
 *     ...
 *     rc = coil_future_await(&call.future, NULL);
 *
 * Returns 0; -EBUSY if `call` is under way; -ESHUTDOWN, -ENOMEM, -EAGAIN as
 * above; -EINVAL if no loop of coil's runs in this thread.
 * asyncio: run_in_executor().
 */
COIL_API int coil_executor_submit(struct coil_executor *executor,
                                  struct coil_executor_call *call, coil_fn fn,
                                  void *arg) COIL_MUST_CHECK;

/*
 * Take no more calls, and wait up to `timeout` until all calls have been run
 * (zero or less: only look).  It may be called again.
 *
 * Returns 0, else
 *   -ETIMEDOUT  that is reported to the loop's exception handler; calls that
 *               have not begun never will (-ESHUTDOWN), those that run go on
 *   -ECANCELED  cancelled while it waited: the executor takes no more calls;
 *               those there are will be run
 *   -EINVAL     `executor` is NULL: the default one is never shut down
 *   -ENOMEM     as if cancelled
 *   -ENOTSUP    on a user's scheduler
 * asyncio: Executor.shutdown().
 */
COIL_API int coil_executor_shutdown(struct coil_executor *executor,
                                    coil_time timeout) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
