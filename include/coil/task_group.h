/* SPDX-License-Identifier: MIT */
/*
 * coil/task_group.h - tasks that end before the scope that started them
 *
 *     struct coil_task_group group;
 *
 *     rc = coil_task_group_begin(&group);
 *     if (rc < 0)
 *         return rc;
 *     for (int n = 0; rc == 0 && n < 12; n++)
 *         rc = coil_task_group_create_copy(&group, NULL, fetch, &n);
 *     rc = coil_task_group_end(&group, rc);
 *
 * coil_task_group_end() waits for all of them.  When one fails, or the body
 * does, the others and the body are cancelled; the first error is returned and
 * the rest can be read.  A single task that is cancelled is not a failure.
 *
 * Memory   A group is a local variable.  Its tasks are allocated as all are.
 * asyncio  TaskGroup, with cancel() as in 3.15.
 */
#ifndef COIL_TASK_GROUP_H
#define COIL_TASK_GROUP_H

#include <coil/base.h>
#include <coil/task.h>
#include <coil/timeout.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many errors a group keeps; those beyond are counted. */
#define COIL_TASK_GROUP_ERRORS 8

/* The fields are private. */
struct coil_task_group {
    struct coil_task_owner owner;
    struct coil_list waiter;
    struct coil_cancel_request request;
    size_t error_count;
    int errors[COIL_TASK_GROUP_ERRORS];
    const struct coil_cancel_request *requests_before;
    unsigned user_requests_before;
    unsigned cancelling_before;
    unsigned char state;
    bool aborting;
    bool parent_cancelled;
    struct coil_list starting; /* coil_task_group_start() */
};

/*
 * Begin a group of the running task.  `group` is uninitialised memory, kept
 * until coil_task_group_end(), which must be called whatever happens.
 *
 * Returns 0, or -ENOTSUP, with no group begun, in a coroutine that no coil task
 * drives.
 */
COIL_API int coil_task_group_begin(struct coil_task_group *group)
    COIL_MUST_CHECK;

/*
 * Create a task of the group, from the body or from one of its tasks.  As
 * coil_task_create_with(), `out` and `options` may be NULL; and
 *   -EPERM   the group is shutting down or has ended; no task was made
 *   -EINVAL  the options name an owner; no task was made
 */
#define coil_task_group_create(group, out, fn, arg)                            \
    coil_task_group_create_at((group), (out), (fn), (arg), NULL, COIL_SITE)
#define coil_task_group_create_with(group, out, fn, arg, ...)                  \
    coil_task_group_create_at((group), (out), (fn), (arg), (__VA_ARGS__),      \
                              COIL_SITE)
#define coil_task_group_create_copy(group, out, fn, ...)                       \
    coil_task_group_create_copy_at((group), (out), (fn), (__VA_ARGS__),        \
                                   sizeof *(__VA_ARGS__), COIL_SITE)

COIL_API int coil_task_group_create_at(struct coil_task_group *group,
                                       struct coil_task **out, coil_fn fn,
                                       void *arg,
                                       const struct coil_task_options *options,
                                       const char *site) COIL_MUST_CHECK;
COIL_API int coil_task_group_create_copy_at(struct coil_task_group *group,
                                            struct coil_task **out, coil_fn fn,
                                            const void *arg, size_t arg_size,
                                            const char *site) COIL_MUST_CHECK;

/*
 * Create a task of the group and wait until it says that it is ready, by
 * coil_task_started(); so that a server listens before its clients begin:
 *
 *     rc = coil_task_group_start(&group, NULL, serve, &server, NULL);
 *
 * `*value` receives what the task has said, and may be NULL; the other parameters
 * are those of coil_task_group_create_with().
 *
 * Returns 0; or what coil_task_group_create() returns; or, with the task ended,
 *   what its function returned, a negative code.  This is then no error of the
 *               group, and cancels nobody else
 *   -ENODATA    it has returned 0 or more without saying that it is ready
 *   -ECANCELED  the waiting task was cancelled, and so was the new one.  If that
 *               said that it is ready all the same, 0 is returned, and the next
 *               suspending call reports the cancellation.
 * trio: nursery.start().
 */
#define coil_task_group_start(group, out, fn, arg, value)                      \
    coil_task_group_start_at((group), (out), (fn), (arg), (value), NULL,       \
                             COIL_SITE)
#define coil_task_group_start_with(group, out, fn, arg, value, ...)            \
    coil_task_group_start_at((group), (out), (fn), (arg), (value),             \
                             (__VA_ARGS__), COIL_SITE)

COIL_API int coil_task_group_start_at(struct coil_task_group *group,
                                      struct coil_task **out, coil_fn fn,
                                      void *arg, void **value,
                                      const struct coil_task_options *options,
                                      const char *site) COIL_SUSPENDS;

/*
 * The running task is ready, and whoever waits for that in coil_task_group_start()
 * gets `value`.  Returns 0, or -EALREADY: nobody waits for it; the task was made in
 * another way, or has said so already.  trio: task_status.started().
 */
COIL_API int coil_task_started(void *value);

/*
 * End the body, whose result is `rc`, and wait until every task of the group
 * has ended.  A negative `rc` other than the group's own cancellation cancels
 * them first.
 *
 * Returns the first error of a task or of the body, in the order in which they
 * came; else -ECANCELED if the task was cancelled from outside; else `rc`, or 0
 * if the group itself was cancelled.  If an error is returned in spite of a
 * cancellation from outside, the next suspending call reports that
 * cancellation.
 *
 * Cancelling a task that waits here cancels the tasks of the group; the wait
 * goes on until they have ended.
 */
COIL_API int coil_task_group_end(struct coil_task_group *group, int rc)
    COIL_SUSPENDS;

/*
 * Cancel the tasks and the body; coil_task_group_end() then returns 0 if nobody
 * failed.  Nothing happens if the group has ended.
 */
COIL_API void coil_task_group_cancel(struct coil_task_group *group);

/*
 * How many errors there were, the body's included, and the first of them:
 * error(i) for i below both the count and COIL_TASK_GROUP_ERRORS, else 0.
 */
COIL_API size_t
coil_task_group_error_count(const struct coil_task_group *group);
COIL_API int coil_task_group_error(const struct coil_task_group *group,
                                   size_t i);

#ifdef __cplusplus
}
#endif

#endif
