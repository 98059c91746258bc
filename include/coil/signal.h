/* SPDX-License-Identifier: MIT */
/*
 * coil/signal.h - signals as callbacks of a loop, or as something to wait for
 *
 *     static struct coil_signal_handler on_hup;
 *
 *     rc = coil_loop_add_signal_handler(loop, &on_hup, SIGHUP, reload,
 *                                       &config);
 *
 *     rc = coil_wait_signal(SIGTERM);              // in a task: until it comes
 *
 * The loop calls these callbacks like any others, between the steps of tasks.
 * They may do whatever others may: they do not run in the signal handler.  A
 * loop that waits in the kernel is woken.
 *
 * Scope    Signals belong to the process.  Any loop, in any thread, may handle
 *          any of them; each handler of each loop is called, in the order in
 *          which they were added.  While a loop has a handler it waits for
 *          signals rather than report -EDEADLK.
 * Count    One call for each time the signal was delivered.  If a signal comes
 *          again before it is delivered, the kernel merges the two, and there
 *          is one call.
 * Before   The first handler of a number replaces what the program had arranged
 *          for it; removing the last restores that, unless the program has
 *          arranged something else since.  In a child after fork() all of it is
 *          as it was before coil, and nothing reaches the parent's loops.
 * Masks    are left alone: a signal that every thread blocks never comes.
 *          Calls that block in other threads are restarted.
 *
 * asyncio  add_signal_handler(), for more threads than the main one.
 */
#ifndef COIL_SIGNAL_H
#define COIL_SIGNAL_H

#include <coil/base.h>
#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One handler: caller's memory, zeroed, kept until it is removed or the loop is
 * closed.  The fields are private.
 */
struct coil_signal_handler {
    struct coil_handle handle;
    struct coil_loop_hook hook;
    struct coil_link link;  /* of the same number */
    struct coil_loop *loop; /* NULL: not added */
    coil_callback_fn fn;
    void *arg;
    void (*raised)(struct coil_signal_handler *self);
    unsigned pending;
    int number;
};

/*
 * Have fn(arg) called in `loop` whenever the signal `number` has come.  A
 * handler of SIGINT or SIGTERM takes the place of what coil_run() does with
 * them.
 *
 * Returns 0; -EBUSY if `handler` is added already; -EINVAL if fn is NULL or
 * `number` is not that of a signal that can be handled later: SIGKILL, SIGSTOP,
 * SIGSEGV, SIGBUS, SIGFPE and SIGILL are not.
 */
COIL_API int coil_loop_add_signal_handler(struct coil_loop *loop,
                                          struct coil_signal_handler *handler,
                                          int number, coil_callback_fn fn,
                                          void *arg) COIL_MUST_CHECK;

/*
 * fn is not called any more, even if a signal has come and the call was due.
 * Returns whether `handler` was added to `loop`.
 */
COIL_API bool
coil_loop_remove_signal_handler(struct coil_loop *loop,
                                struct coil_signal_handler *handler);

/*
 * Wait until the signal `number` comes.  A signal that comes while no task waits
 * for it, and that has no handler, has the effect that it would have otherwise:
 * SIGINT and SIGTERM cancel the main task of coil_run(), and most of the others
 * end the program.  To miss none, add a handler that releases a semaphore, and
 * acquire that.
 *
 * Returns `number`, else -ECANCELED, -EINVAL as above, or -ENOTSUP on a user's
 * scheduler.
 */
COIL_API int coil_wait_signal(int number) COIL_SUSPENDS;

/*
 * The same for the first of `count` signals, at most 8: -EINVAL.  Returns its
 * number.
 */
COIL_API int coil_wait_signals(const int *numbers, size_t count) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
