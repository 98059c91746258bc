/* SPDX-License-Identifier: MIT */
/*
 * coil/run.h - run a program: a loop, a main task, and the signals that end it
 *
 *     int main(void)
 *     {
 *         return coil_run_status(coil_run(start, NULL));
 *     }
 */
#ifndef COIL_RUN_H
#define COIL_RUN_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_backend {
    /* What COIL_BACKEND in the environment says: epoll, uring or simulator. */
    COIL_BACKEND_DEFAULT,
    COIL_BACKEND_EPOLL,
    COIL_BACKEND_SIMULATOR, /* virtual clock, no kernel: coil/testing.h */
    /*
     * io_uring, from Linux 6.1 on.  Where the library was built without it, or
     * the kernel or a sandbox forbids it, this means epoll; in debug mode a line
     * says why.
     */
    COIL_BACKEND_URING,
};

/* How to make a loop.  Zeroed is the default of everything. */
struct coil_loop_options {
    enum coil_backend backend;
    uint64_t seed; /* the simulator's random choices */
    /*
     * coil_run() makes SIGINT and SIGTERM cancel the main task, and reports a
     * stack overflow with the name of the task.  It leaves a signal alone that
     * the program handles or ignores.  These options switch it off.
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
    /*
     * Write down in this new file all that the loop is told from outside, or answer
     * from such a file (coil/history.h).  NULL: what COIL_HISTORY or COIL_REPLAY in the
     * environment says.  Not on the simulator, which repeats itself by its seed.
     */
    const char *history;
    const char *replay;
};

/*
 * Make a loop, run fn(arg) as its main task, and when that ends cancel the
 * other tasks, wait for them, and close the loop: coil_loop_close() says how.
 *
 * SIGINT and SIGTERM cancel the main task, which may clean up and wait while it
 * does.  In a program with several runs, in threads, that is the main task of
 * each.  The next SIGINT or SIGTERM ends the program.  If the first one comes
 * after fn has returned, while the other tasks end, it changes nothing.  A
 * signal that the program handles, or ignores (as SIGINT in what a script
 * starts with `&`), is left alone.  A handler that was added by
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

#ifdef __cplusplus
}
#endif

#endif
