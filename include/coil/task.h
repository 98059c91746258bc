/* SPDX-License-Identifier: MIT */
/*
 * coil/task.h - functions that run side by side on one thread
 *
 * A task runs a function on a stack of its own.  It runs until it waits for
 * something; then another runs.  A task is a future (coil_task_future()) that
 * is done when the function has returned.
 *
 *     static int fetch(void *arg)
 *     {
 *         const struct job *job = arg;
 *         ...
 *         return 0;
 *     }
 *
 *     struct coil_task *task;
 *     rc = coil_task_create_copy(&task, fetch, &(struct job){ .n = 3 });
 *     if (rc < 0)
 *         return rc;
 *     rc = coil_task_await(task);
 *     coil_task_release(task);
 *
 * Order      A new task takes its first step in the next turn of the loop;
 *            tasks start in the order in which they were created.  An eager one
 *            takes it at once.
 * Ownership  The loop owns its tasks until they end, so a task is never lost by
 *            dropping its pointer.  A pointer asked for at creation is a
 *            reference of the caller's own and is given back with
 *            coil_task_release(); until then the result stays readable.
 * Errors     If nobody has looked at an error when the last reference is given
 *            back, it is reported to the loop's exception handler.  -ECANCELED
 *            is not.
 * Cancel     A request is counted, and makes the task's pending or next
 *            suspending call return -ECANCELED, once: the operation did not
 *            happen.  A success that came first is returned; the request then
 *            waits for the next suspending call.  asyncio: Task.cancel().
 */
#ifndef COIL_TASK_H
#define COIL_TASK_H

#include <coil/base.h>
#include <coil/cancel.h>
#include <coil/dump.h>
#include <coil/future.h>
#include <coil/sleep.h>
#include <coil/task_owner.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How to make a task.  Zeroed is the default of everything. */
struct coil_task_options {
    const char *name; /* copied, at most 31 bytes; NULL: Task-N */
    /*
     * Usable bytes; 0: 48 KiB, some 3 of which coil takes; at most 1 GiB.
     * Memory is used as it is touched.  What coil itself does fits into the
     * default with room to spare: HTTP, TLS, printf(), a C++ exception;
     * docs/performance.md says what takes how much.  Ask for more for deep
     * recursion, and for code with large locals.  The main task of a run has 900
     * KiB.
     *
     * A task that needs more than it has ends the program: it runs into the
     * guard below its stack.  A local of 16 KiB or more can step over the guard,
     * unless the code is compiled with -fstack-clash-protection, as coil.pc and
     * the CMake targets have it; docs/debugging.md says how large the guard is.
     *
     * Built with a sanitizer, coil gives four times as much.
     */
    size_t stack_size;
    /*
     * Let the task live on one or two KiB, the task itself included, so that
     * two or three share a page: for very many tasks that do little.  It has
     * `stack_size` bytes for its function and what that calls: 768 are enough
     * for all that is named here but streams, and then a parked task takes 1.3
     * KiB altogether; 0: 1,400, with which it takes 2 KiB; at most 1,500.
     *
     * Such a task may call coil_sleep(), coil_yield(), and what waits for and
     * hands over locks, semaphores, events, queues, futures and tasks; timeouts;
     * coil_stream_read() and coil_stream_write() on sockets and on stream pairs;
     * and malloc() of glibc.  It may create tasks, and its error may be
     * reported.  It may not call printf() and its like, getaddrinfo() and coil's
     * look-ups of names, TLS, HTTP, files, processes, qsort(), regcomp(), nor
     * throw C++ exceptions, nor have large locals.
     *
     * There is no guard below.  Instead a canary is looked at whenever the task
     * waits or ends; a task that has used too much stops the program, with a
     * message that names it.  By then it may have written over its neighbour.
     * So try with a debug loop first: when it is closed, it says on stderr, for
     * each place where such tasks were made, how much of their stacks was used
     * at most.
     *
     * Signal handlers of the program need SA_ONSTACK; coil's have it, and coil
     * gives the thread an alternate stack.  The C library's own have not: do not
     * call pthread_cancel() on the thread that runs the loop, nor setuid() and
     * its like in another thread, while there are small stacks.
     *
     * An ordinary stack is taken instead where a small one would not do: under
     * sanitizers and Valgrind; if a larger stack_size or arg_size is asked for;
     * on processors other than x86-64 and AArch64; and if the program, or the
     * object with the task's function, does not bind its calls when it is
     * loaded (-Wl,-z,now), since the loader would bind them on the task's stack.
     */
    bool small_stack;
    /*
     * When not 0, the task gets a copy of arg's `arg_size` bytes (at most 1024)
     * and its function a pointer to that copy.
     */
    size_t arg_size;
    /*
     * Called with the function's argument when the task ends, also when it was
     * cancelled before it ran.  Must not suspend.  May be NULL.
     */
    void (*arg_destroy)(void *arg);
    /* Keep a floating-point environment (rounding mode) of the task's own. */
    bool own_fp_environment;
    /*
     * Run the task at once, within the call that creates it, until it first
     * waits; a task that ends without waiting is done when the call returns.
     * The task is the current one meanwhile.  For the creator that is like
     * calling a function: what the task changes is changed on return.  If such
     * a task has an owner, the owner is told of its end in a later step, as of
     * any other.  asyncio: eager_start.
     */
    bool eager;
    /*
     * Who is told when the task has ended (coil/task_owner.h).  NULL: nobody.  A
     * group is the owner of its tasks itself.
     */
    struct coil_task_owner *owner;
};

/*
 * Create a task that runs fn(arg) on the scheduler that runs in this thread.
 * `arg` is kept until the task ends, or copied: see struct coil_task_options.
 * `out`, if not NULL, receives a reference (coil_task_release()); with NULL
 * only the loop has a reference.
 *
 * Returns 0, else, with no task made and arg_destroy not called:
 *   -ENOMEM  no memory for a stack
 *   -EINVAL  no loop runs in this thread, it is closing, or an option is out of
 *            range
 * `*out` is set before an eager task runs.
 * asyncio: create_task().
 */
#define coil_task_create(out, fn, arg)                                         \
    coil_task_create_at((out), (fn), (arg), NULL, COIL_SITE)
/* The last parameter, options or pointer, may be a compound literal. */
#define coil_task_create_with(out, fn, arg, ...)                               \
    coil_task_create_at((out), (fn), (arg), (__VA_ARGS__), COIL_SITE)

/* The short form of arg_size: the task gets a copy of *pointer. */
#define coil_task_create_copy(out, fn, ...)                                    \
    coil_task_create_copy_at((out), (fn), (__VA_ARGS__),                       \
                             sizeof *(__VA_ARGS__), COIL_SITE)

/* What the macros call; `site` says in reports where the task was made. */
COIL_API int coil_task_create_at(struct coil_task **out, coil_fn fn, void *arg,
                                 const struct coil_task_options *options,
                                 const char *site) COIL_MUST_CHECK;
COIL_API int coil_task_create_copy_at(struct coil_task **out, coil_fn fn,
                                      const void *arg, size_t arg_size,
                                      const char *site) COIL_MUST_CHECK;

/*
 * Wait until `task` has ended and return what its function returned, or
 * -ECANCELED if it was cancelled before it ran.  Any number of tasks may wait,
 * any number of times.
 *
 * Cancelling a task that waits here cancels `task`, and the wait goes on until
 * that has ended: what it returned is the outcome, -ECANCELED as a rule.
 * -EDEADLK if a task awaits itself.  asyncio: await task.
 */
COIL_API int coil_task_await(struct coil_task *task) COIL_SUSPENDS;

/* Give a reference back.  NULL is allowed.  The task itself runs on. */
COIL_API void coil_task_release(struct coil_task *task);

/* Take one more reference; returns `task`. */
COIL_API struct coil_task *coil_task_retain(struct coil_task *task);

/* The task as a future, for coil_wait(), callbacks and the like. */
COIL_API struct coil_future *coil_task_future(struct coil_task *task);

/* Whether the task has ended.  asyncio: done(). */
COIL_API bool coil_task_is_done(const struct coil_task *task);

/*
 * Whether the task ended by returning -ECANCELED or never ran.
 * asyncio: cancelled().
 */
COIL_API bool coil_task_is_cancelled(const struct coil_task *task);

/*
 * What the function returned; -EAGAIN while the task is not done (see
 * coil_task_is_done()).  Counts as having looked at an error.
 * asyncio: result(), exception().
 */
COIL_API int coil_task_result(struct coil_task *task);

/*
 * The name; valid until the task is renamed or freed.  A new one is copied, at
 * most 31 bytes of it.  asyncio: get_name(), set_name().
 */
COIL_API const char *coil_task_name(struct coil_task *task);
COIL_API void coil_task_set_name(struct coil_task *task, const char *name);

/* A number that no other task of this process has had. */
COIL_API uint64_t coil_task_id(const struct coil_task *task);

/*
 * The running task; NULL in callbacks and outside of tasks.  Borrowed.
 * asyncio: current_task().
 */
COIL_API struct coil_task *coil_current_task(void);

/*
 * Store the tasks of the running scheduler that are not done, oldest first, in
 * tasks[0 … capacity-1], and return how many there are, which may be more.  The
 * pointers are borrowed: valid until the caller suspends.
 * asyncio: all_tasks().
 */
COIL_API size_t coil_all_tasks(struct coil_task **tasks, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
