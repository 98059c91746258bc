/* SPDX-License-Identifier: MIT */
/*
 * coil/future.h - a result that arrives later
 *
 * A future is pending, then done, once: with a value, with an error, or
 * cancelled.  Any number of tasks may await it and any number of callbacks be
 * called when it is done.  A task is a future (coil_task_future()).
 *
 *     static struct coil_future ready = COIL_FUTURE_INIT;
 *
 *     void on_answer(void *answer)
 *     {
 *         coil_future_set_result(&ready, answer);
 *     }
 *     int ask(void **answer)
 *     {
 *         send_question(on_answer);
 *         return coil_future_await(&ready, answer);
 *     }
 *
 * Order   Callbacks run and tasks resume in the order in which they were added
 *         or began to wait.  They do so in a later step of the loop, never
 *         inside the call that completes the future.  Those who wait for many
 *         futures (coil_wait(), coil_gather() and the like) come after them.
 * Memory  A future is caller's memory, valid when zeroed, kept until it is done
 *         and nobody waits for it.  Callbacks that are due still get its
 *         address: if they look at the future, keep it until they have run.
 *         Nothing here allocates.
 */
#ifndef COIL_FUTURE_H
#define COIL_FUTURE_H

#include <coil/base.h>
#include <coil/callback.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_future_callback;
struct coil_future_ops;

/* The fields are private. */
struct coil_future {
    struct coil_list waiters;
    struct coil_list callbacks;
    const struct coil_future_ops *ops; /* of a task; NULL: a plain future */
    void *value;
    int status;
    bool done;
    bool retrieved;
    bool abandoned; /* a coil_shield() was cancelled */
    void *reserved;
};

#define COIL_FUTURE_INIT                                                       \
    {                                                                          \
        COIL_LIST_INIT, COIL_LIST_INIT, NULL, NULL, 0, false, false, false,    \
            NULL                                                               \
    }

/* Called by the loop, outside of any task.  May do anything but suspend. */
typedef void (*coil_future_fn)(struct coil_future *future, void *arg);

/* One registered callback: caller's memory, zeroed; the fields are private. */
struct coil_future_callback {
    struct coil_callback call;
    struct coil_link link; /* of the future's callbacks */
    struct coil_future *future;
    coil_future_fn fn;
    void *arg;
    unsigned order;
    bool holds_task; /* the call is due, and has a reference to the task */
};

/* Make `future` a pending one; what COIL_FUTURE_INIT does, at run time. */
COIL_API void coil_future_init(struct coil_future *future);

/*
 * Complete a pending future with `value`, which the future only passes on.
 * Returns 0, or -EALREADY, changing nothing, if it is done or cancelled.
 * For a task: -EPERM (asyncio: RuntimeError).  asyncio: set_result().
 */
COIL_API int coil_future_set_result(struct coil_future *future, void *value);

/*
 * Complete a pending future with `error`, a negative code; -ECANCELED cancels
 * it.  Returns 0, -EALREADY or -EPERM as above, or -EINVAL if `error` is not
 * negative.  asyncio: set_exception().
 */
COIL_API int coil_future_set_error(struct coil_future *future, int error);

/*
 * Cancel: those who await the future get -ECANCELED.  For a task's future this
 * is coil_task_cancel().  Returns whether it was pending; if not, nothing
 * happens.
 */
COIL_API bool coil_future_cancel(struct coil_future *future);

/* Whether the future is done, and whether it was cancelled. */
COIL_API bool coil_future_is_done(const struct coil_future *future);
COIL_API bool coil_future_is_cancelled(const struct coil_future *future);

/*
 * The outcome, without waiting: 0 (for a task: what its function returned) with
 * the value in `*value` (which may be NULL), the error, -ECANCELED, or -EAGAIN
 * while it is pending.  Without a value `*value` is set to NULL; while pending
 * it is left as it is.  Looking at an error counts as having dealt with it.
 */
COIL_API int coil_future_result(struct coil_future *future, void **value);

/*
 * Wait until the future is done; at once if it is.  Returns what
 * coil_future_result() then returns; -EDEADLK if a task awaits itself.
 *
 * Cancelling a task that waits here cancels the future, as in asyncio, and the
 * task gets what the future then says: -ECANCELED.  To let the future live,
 * wait with coil_wait(), which cancels nothing.
 */
COIL_API int coil_future_await(struct coil_future *future, void **value)
    COIL_SUSPENDS;

/*
 * A future or a task as a case of coil_select(): it happens when the future is
 * done.  As with coil_wait(), nothing is cancelled whatever happens, and its result,
 * which is the case's too, is not looked at: ask the future.
 */
COIL_API struct coil_select_case coil_future_case(struct coil_future *future);

/*
 * Have fn(future, arg) called when the future is done, in a later step of the
 * loop that runs in this thread now; if it is done already, in the next one.
 * `callback` is kept until it has been called or removed.
 *
 * Returns 0; -EBUSY if `callback` is registered already; -EINVAL without a
 * running loop.
 */
COIL_API int
coil_future_add_done_callback(struct coil_future *future,
                              struct coil_future_callback *callback,
                              coil_future_fn fn, void *arg);

/*
 * Undo coil_future_add_done_callback(): fn is not called any more, even if the
 * future is done and the call was due, and the memory of `callback` is free again.
 * Returns whether there was anything to undo.  (asyncio cannot retract a call
 * that is due; caller's memory demands it.)
 */
COIL_API bool
coil_future_remove_done_callback(struct coil_future *future,
                                 struct coil_future_callback *callback);

#ifdef __cplusplus
}
#endif

#endif
