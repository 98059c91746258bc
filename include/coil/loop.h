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
 *          coil_run_threadsafe() may be called from others.  In debug mode the
 *          others stop the program when they are.
 * fork()   A loop stays the parent's.  A child has no running loop, even if a
 *          task forked it, and may make one of its own; it may close the
 *          parent's, which then runs nothing, and disturbs the parent in no
 *          way.  What runs a loop of the parent's returns -EBADF in the child,
 *          a run that the child finds itself in does so as soon as the task
 *          that forked waits or ends.
 */
#ifndef COIL_LOOP_H
#define COIL_LOOP_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/scheduler.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_task_options;

enum coil_backend {
    COIL_BACKEND_DEFAULT, /* what COIL_BACKEND in the environment says: epoll */
    COIL_BACKEND_EPOLL,
    COIL_BACKEND_SIMULATOR, /* virtual clock, no kernel: coil/testing.h */
};

/* How to make a loop.  Zeroed is the default of everything. */
struct coil_loop_options {
    enum coil_backend backend;
    uint64_t seed; /* the simulator's random choices */
    /*
     * coil_run() lets SIGINT and SIGTERM cancel the main task and a stack
     * overflow name its task, each only where the program has neither a handler
     * nor ignores the signal.  These say no.
     */
    bool keep_sigint;
    bool keep_sigterm;
    bool keep_sigsegv;
    bool no_watchdog; /* also COIL_WATCHDOG=0 in the environment */
    bool debug;       /* also COIL_DEBUG=1: check threads, report slow steps */
    /*
     * How long closing waits for calls of coil_to_thread() that still run: 0 is
     * 5 minutes, less than 0 not at all.
     */
    coil_time close_limit;
};

/* What a closed loop left behind: see coil_loop_close(). */
struct coil_loop_report {
    size_t tasks_cancelled; /* were still running */
    size_t errors_unseen;   /* ended with an error that nobody looked at */
    size_t timers_armed;
    size_t descriptors_open; /* of streams and listeners */
    /*
     * Have ended, and are still held: coil_task_release() was forgotten, or is
     * still to come.
     */
    size_t tasks_kept;
};

/*
 * Make a loop, run fn(arg) as its main task, and when that ends cancel the
 * other tasks, wait for them, and close the loop: coil_loop_close() says how.
 *
 * SIGINT and SIGTERM cancel the main task, which may clean up and wait while it
 * does.  In a program with several runs, in threads, that is the main task of
 * each.  The next SIGINT or SIGTERM ends the program.  A first one that comes
 * when fn has returned, while the other tasks end, changes nothing.  A signal
 * that the program handles, or ignores (as SIGINT in what a script starts with
 * `&`), is left alone.  A handler that was added by
 * coil_loop_add_signal_handler() takes the place of all this.
 *
 * Returns
 *   what fn returned, else
 *   COIL_ESIGNAL(SIGINT), COIL_ESIGNAL(SIGTERM)
 *             fn returned -ECANCELED, and that signal alone had asked for it
 *   -EINTR    the loop was stopped before fn had returned; fn was cancelled
 *   -EDEADLK  nothing could ever run again
 *   -EBUSY    a loop runs in this thread already
 *   -EBADF    in a child that fn forked
 *   -ENOMEM, -EMFILE and the like: the loop could not be made
 *   -EPERM and the like: the kernel refuses a call that has no second way, as a
 *             sandbox may; docs/debugging.md lists them
 *
 * `options` may be NULL.
 * asyncio: run(), which does so on SIGINT alone.
 */
COIL_API int coil_run(coil_fn fn, void *arg);
COIL_API int coil_run_with(coil_fn fn, void *arg,
                           const struct coil_loop_options *options);

/*
 * The exit status for what coil_run() returned, so that main() can end with
 *
 *     return coil_run_status(coil_run(start, argv));
 *
 *   0 to 255      the same: fn may choose the status of its program; 255 for
 *                 more
 *   COIL_ESIGNAL  128 and the number of the signal, as shells say it
 *   other errors  1, and "PROGRAM: ERROR" is written to standard error: the
 *                 name of the program, and coil_strerror()
 */
COIL_API int coil_run_status(int rc) COIL_ANY_THREAD;

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
 * what it returned.  A loop may do so many times; tasks left over go on in the
 * next run.
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
 * The same for a future or a task that exists, and is kept until the call
 * returns: what coil_future_result() then says, or as above.
 * asyncio: run_until_complete().
 */
COIL_API int coil_loop_run_until_done(struct coil_loop *loop,
                                      struct coil_future *future);

/*
 * Create a task that belongs to `loop`, which need not run yet: as
 * coil_task_create_with() otherwise, `options` may be NULL; an eager one needs
 * a loop that runs: -EINVAL.  To be called where the loop runs or, before it
 * does, where it will.  asyncio: loop.create_task().
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
 * End the run after the turn that runs now; if none does, the next run after
 * its first.  What is ready then stays so.
 *
 * coil_loop_stop_threadsafe() may be called from any thread, also while the loop
 * ends and is closed: closing waits until the call has returned.  Of a loop that
 * has been closed it does nothing: a loop that was freed is recognised, unless a
 * new one has come to lie where it was.  Not for signal handlers: coil/signal.h.
 * asyncio: stop().
 */
COIL_API void coil_loop_stop(struct coil_loop *loop);
COIL_API void coil_loop_stop_threadsafe(struct coil_loop *loop) COIL_ANY_THREAD;

/*
 * Cancel the tasks that are left, each once, run until they have ended, wait
 * for calls of coil_to_thread() that still run (for a limited time: struct
 * coil_loop_options), and free the loop.
 *
 * Calls that are due when the tasks have ended, done callbacks too, are still
 * made, and what they make due, for four turns.  All other handles, handlers of
 * signals and of descriptors, and what else was arranged, is the caller's
 * again.
 *
 * `report`, which may be NULL, says what was left behind; tasks with where they
 * were made, timers with what they call, streams and listeners with their
 * addresses are told to the exception handler as well.  (coil_run() ends tasks
 * and timers that are left as a matter of course: it tells of them only in
 * debug mode.)  In debug mode it is also told how many tasks have ended and were
 * not released, for each place where such tasks were made.
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
 * others.  While it still runs, a thread that watches writes to standard error
 * whose it is, and its backtrace; once more when it has taken ten times as
 * long, and so on.  It interrupts no system call.  Not on the simulator, whose
 * time stands still within a step.  In debug mode the exception handler is told
 * as well, when the step is over.
 * asyncio: slow_callback_duration, but without debug mode.
 */
COIL_API void coil_loop_set_slow_callback_duration(struct coil_loop *loop,
                                                   coil_time duration);
COIL_API coil_time
coil_loop_slow_callback_duration(const struct coil_loop *loop);

/* Whether it runs.  asyncio: is_running(). */
COIL_API bool coil_loop_is_running(const struct coil_loop *loop);

/*
 * Debug mode, which options or the environment begin with: calls from other
 * threads stop the program, and from the next turn on the exception handler is
 * told of slow steps, and of descriptors that were closed while coil waited for
 * them.  asyncio: set_debug(), get_debug().
 */
COIL_API void coil_loop_set_debug(struct coil_loop *loop, bool debug);
COIL_API bool coil_loop_is_debug(const struct coil_loop *loop);

/* The loop as a scheduler. */
COIL_API struct coil_scheduler *coil_loop_scheduler(struct coil_loop *loop);

/* ---- callbacks -------------------------------------------------------- */

/* Called by the loop, outside of any task.  May do anything but suspend. */
typedef void (*coil_callback_fn)(void *arg);

/* A loop's memory of what is to end with it.  The fields are private. */
struct coil_loop_hook {
    struct coil_loop_hook *next;
    struct coil_loop_hook **link;
    void (*fn)(struct coil_loop_hook *self);
};

/*
 * One arranged call: caller's memory, zeroed, kept until the call begins or is
 * cancelled; within the call it may be arranged anew.  The fields are private.
 */
struct coil_handle {
    struct coil_runnable runnable;
    struct coil_loop *loop;
    coil_callback_fn fn;
    void *arg;
    coil_time when;
    uint64_t sequence;
    struct coil_handle *child;
    struct coil_handle *sibling;
    struct coil_handle *back;
    struct coil_locals *locals;
    unsigned turn;
    unsigned char state;
};

/*
 * Call fn(arg) in the next turn.  0, or -EBUSY, changing nothing, if `handle`
 * is arranged already.  asyncio: call_soon().
 */
COIL_API int coil_loop_call_soon(struct coil_loop *loop,
                                 struct coil_handle *handle,
                                 coil_callback_fn fn, void *arg);

/*
 * Call fn(arg) after `delay`; zero or less: as soon as timers are looked at.
 * Returns as coil_loop_call_soon().  asyncio: call_later().
 */
COIL_API int coil_loop_call_later(struct coil_loop *loop,
                                  struct coil_handle *handle, coil_time delay,
                                  coil_callback_fn fn, void *arg);

/* The same when the loop's clock shows `when`.  asyncio: call_at(). */
COIL_API int coil_loop_call_at(struct coil_loop *loop,
                               struct coil_handle *handle, coil_time when,
                               coil_callback_fn fn, void *arg);

/*
 * As coil_loop_call_soon() from any thread, the loop's own included; not from a
 * signal handler.  Wakes a loop that waits.  A loop that only other threads can
 * wake must be told: coil_loop_hold().  `handle` is kept until the call has
 * begun, or the loop has been closed, and cannot be cancelled.
 *
 * Returns as coil_loop_call_soon(), and -ESHUTDOWN, changing nothing, if the loop
 * has been closed: as for coil_loop_stop_threadsafe().  While it is being closed
 * it takes calls until its tasks have ended; later ones are never made.
 * asyncio: call_soon_threadsafe().
 */
COIL_API int coil_loop_call_soon_threadsafe(struct coil_loop *loop,
                                            struct coil_handle *handle,
                                            coil_callback_fn fn, void *arg)
    COIL_ANY_THREAD;

/*
 * Do not make the call after all; `handle` is the caller's again.  Returns
 * whether it was still to come; if not, nothing happens.
 * asyncio: Handle.cancel().
 */
COIL_API bool coil_handle_cancel(struct coil_handle *handle);

/*
 * When a call made by coil_loop_call_later() or coil_loop_call_at() is due.
 * asyncio: TimerHandle.when().
 */
COIL_API coil_time coil_handle_when(const struct coil_handle *handle);

/*
 * Between hold and release the loop waits for other threads rather than report
 * -EDEADLK when nothing else can wake it.  Counted.  In the loop's thread only.
 */
COIL_API void coil_loop_hold(struct coil_loop *loop);
COIL_API void coil_loop_release(struct coil_loop *loop);

/* ---- errors nobody receives ------------------------------------------- */

/* What an exception handler is told; fields that do not apply are 0 or NULL. */
struct coil_exception {
    const char *message;
    int error;
    struct coil_task *task;     /* borrowed */
    struct coil_future *future; /* borrowed */
    const void *object;         /* the lock, queue … that was misused */
    const char *site;           /* where the task was made, "file.c:12" */
};

typedef void (*coil_exception_fn)(struct coil_loop *loop,
                                  const struct coil_exception *exception,
                                  void *arg);

/*
 * Have errors that nobody receives reported to fn instead of to standard error.
 * NULL restores that.  fn must not suspend.  It sees the task-local values of
 * the task that it is told of, else those of what runs.
 * asyncio: set_exception_handler().
 */
COIL_API void coil_loop_set_exception_handler(struct coil_loop *loop,
                                              coil_exception_fn fn, void *arg);

/*
 * Report to the handler of `loop`; NULL: of the running loop, or stderr.
 * asyncio: call_exception_handler().
 */
COIL_API void
coil_loop_call_exception_handler(struct coil_loop *loop,
                                 const struct coil_exception *exception);

/*
 * What the loop does where no handler is set: one line on standard error.
 * asyncio: default_exception_handler().
 */
COIL_API void
coil_loop_default_exception_handler(struct coil_loop *loop,
                                    const struct coil_exception *exception);

/*
 * Write to `fd` the tasks of the scheduler that runs in this thread: name,
 * where made, what they wait for, since when and who holds it, and a backtrace;
 * tasks that await others above them, cycles first, and of many that look the
 * same one and their number.  "Since when" is as exact as the loop's looks at
 * the clock, at the latest one budget apart.
 *
 * May be called anywhere, in signal handlers too.  With COIL_DUMP_SIGNAL=USR1
 * in the environment, coil_run() has that signal call it for every loop it
 * runs.
 * asyncio: print_call_graph(), for all tasks.
 */
COIL_API void coil_dump_tasks(int fd);

#ifdef __cplusplus
}
#endif

#endif
