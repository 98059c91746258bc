/* SPDX-License-Identifier: MIT */
/*
 * coil/exception.h - errors that nobody receives
 *
 * For example, a task has failed and nobody waits for it, or a lock was
 * released twice.  Such an error goes to the exception handler of the loop,
 * which writes a line to standard error unless the program has set another
 * handler.
 */
#ifndef COIL_EXCEPTION_H
#define COIL_EXCEPTION_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What an exception handler is told; fields that do not apply are 0 or NULL.
 * All texts are borrowed, until the handler returns.
 */
struct coil_exception {
    const char *message;
    int error;
    struct coil_task *task;     /* borrowed */
    struct coil_future *future; /* borrowed */
    const void *object;         /* the lock, queue … that was misused */
    const char *site;           /* where the task was made, "file.c:12" */
    /* Of a mistake, as far as it is known: */
    const char *function; /* that was called: "coil_lock_release" */
    const char *place;    /* of that call: "by main at main.c:7" */
    const char *cure;     /* what to do about it, in a few words */
};

typedef void (*coil_exception_fn)(struct coil_loop *loop,
                                  const struct coil_exception *exception,
                                  void *arg);

/*
 * Have errors that nobody receives reported to fn instead of to standard error.
 * NULL restores that.  fn must not suspend.  It sees the task-local values of
 * the task that the error concerns; if there is none, of what runs.
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

#ifdef __cplusplus
}
#endif

#endif
