/* SPDX-License-Identifier: MIT */
/*
 * coil/coroutine.h - a function that can be suspended: send, throw, yield
 *
 * The lowest layer: a function with a stack of its own, driven by hand.  It is
 * Python's generator, from which the tutorial builds its Task, and
 * examples/task.c does the same here.  Programs use tasks (coil/task.h).
 *
 *     static int count(void *arg)
 *     {
 *         for (intptr_t i = 0; i < 3; i++) {
 *             int rc = coil_coroutine_yield((void *)i, NULL);
 *             if (rc < 0)
 *                 return rc;
 *         }
 *         return 0;
 *     }
 *     ...
 *     coil_coroutine_new(&co, count, NULL, 0);
 *     while (coil_coroutine_send(co, NULL, &value) > 0)
 *         printf("%d\n", (int)(intptr_t)value);
 *     coil_coroutine_free(co);
 *
 * A suspending call of coil (a lock, a sleep) inside a coroutine that no coil
 * task drives yields a struct coil_future *: whoever drives the coroutine adds
 * a done callback to it and sends its result, or throws its error, when it is
 * done.  That is what asyncio's awaitables yield to a Task.  The future lives
 * until the coroutine goes on.  Whoever sends or throws before the callback was
 * called must first remove the callback, with
 * coil_future_remove_done_callback().
 *
 * Threads  A coroutine belongs to the thread that made it.
 */
#ifndef COIL_COROUTINE_H
#define COIL_COROUTINE_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make a coroutine that will run fn(arg), on a stack with at least `stack_size`
 * usable bytes (0: the default, 48 KiB).  Nothing runs yet.  `*out` is
 * returned: release it with coil_coroutine_free().
 *
 * Returns 0; -ENOMEM; -EINVAL if `stack_size` exceeds 1 GiB.
 */
COIL_API int coil_coroutine_new(struct coil_coroutine **out, coil_fn fn,
                                void *arg, size_t stack_size) COIL_MUST_CHECK;

/*
 * Run the coroutine until it yields or returns.  `value` is what the pending
 * coil_coroutine_yield() delivers; the first send starts the function and its
 * value is ignored.
 *
 * Returns 1 if the coroutine yielded, with the value in `*yielded`; 0, with
 * NULL there, if its function returned (coil_coroutine_result()); else, with
 * `*yielded` untouched,
 *   -EALREADY  it had returned before
 *   -EBUSY     it is running, or belongs to a task
 * `yielded` may be NULL.
 * generator.send(); 0 is StopIteration.
 */
COIL_API int coil_coroutine_send(struct coil_coroutine *co, void *value,
                                 void **yielded) COIL_MUST_CHECK;

/*
 * Like coil_coroutine_send(), but the pending suspending call in the coroutine
 * fails with `error`, a negative code.  If what it waited for had already been
 * granted, the call succeeds and the next suspending call fails instead.  A
 * coroutine that has not started never runs its function: it has returned
 * `error`.  -EINVAL if `error` is not negative.  generator.throw().
 */
COIL_API int coil_coroutine_throw(struct coil_coroutine *co, int error,
                                  void **yielded) COIL_MUST_CHECK;

/*
 * Suspend the calling coroutine and hand `value` to whoever drives it.
 *
 * Returns 0 with what was sent in `*sent` (which may be NULL), or the error
 * that was thrown in.  In a coroutine driven by a coil task: -ENOTSUP.
 */
COIL_API int coil_coroutine_yield(void *value, void **sent) COIL_SUSPENDS;

/* Whether the function has returned. */
COIL_API bool coil_coroutine_is_done(const struct coil_coroutine *co);

/* What the function returned; -EAGAIN while it has not. */
COIL_API int coil_coroutine_result(const struct coil_coroutine *co);

/*
 * Release a coroutine.  One that is suspended is first ended: -ECANCELED is
 * thrown into it, again and again, until its function has returned, so that it
 * can release what it holds (generator.close()).  NULL is allowed; a running
 * coroutine must not free itself.
 */
COIL_API void coil_coroutine_free(struct coil_coroutine *co);

/* The running coroutine, that of a task included; NULL outside of any. */
COIL_API struct coil_coroutine *coil_coroutine_current(void);

/*
 * How many bytes of stack the running coroutine has left, or SIZE_MAX outside
 * of any.  For recursive code that must stop in time.
 */
COIL_API size_t coil_stack_remaining(void);

#ifdef __cplusplus
}
#endif

#endif
