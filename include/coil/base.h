/* SPDX-License-Identifier: MIT */
/*
 * coil/base.h - the words every other header is written in
 *
 *   COIL_SUSPENDS    May switch to other tasks before it returns, and reports a
 *                    pending cancellation on entry, on every call, even when it
 *                    need not wait.  Always check the result: a task that
 *                    ignores it never notices that it was cancelled.  If the
 *                    task was cancelled before the call, the call returns
 *                    -ECANCELED at once and has no effect, unless its comment
 *                    says more.  In particular it does not cancel the task that
 *                    you wanted to await.  Call it from a coroutine; anywhere
 *                    else it stops the program with a message.
 *   COIL_MUST_CHECK  Ignoring the result is a compiler warning.
 *   COIL_ANY_THREAD  May be called from any thread.  Everything else belongs to
 *                    the thread that runs the loop, except for questions about
 *                    the calling thread itself: coil_now(),
 *                    coil_stack_remaining(), and functions that end in
 *                    _current() or begin with coil_current_.
 *
 * A function without COIL_SUSPENDS never switches and never reports a
 * cancellation: the code between two marked calls is atomic.
 *
 * Functions that can fail return 0, or a count, on success and a negative errno
 * value on failure (coil/error.h).  None of them sets errno.
 *
 * Ownership, in the comments of all headers: memory passed in is borrowed until
 * the call returns; "kept until X" means the caller must keep it alive and
 * unchanged until X; "returned" names the function that releases it.  After a
 * failure `*out` is NULL where the function suspends, else untouched, unless
 * the comment says otherwise.
 */
#ifndef COIL_BASE_H
#define COIL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/list.h>

#define COIL_VERSION_MAJOR 0
#define COIL_VERSION_MINOR 2
#define COIL_VERSION_PATCH 0
#define COIL_VERSION_STRING "0.2.0"

#if defined(__GNUC__)
#define COIL_API __attribute__((visibility("default")))
#define COIL_MUST_CHECK __attribute__((warn_unused_result))
#define COIL_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define COIL_NEVER_RETURNS __attribute__((noreturn))
#else
#define COIL_API
#define COIL_MUST_CHECK
#define COIL_PRINTF(text, first)
#define COIL_NEVER_RETURNS
#endif

#define COIL_SUSPENDS COIL_MUST_CHECK
#define COIL_ANY_THREAD

/* "file.c:12" of the place where it is written, for reports. */
#define COIL_SITE_STRING(line) #line
#define COIL_SITE_EXPAND(line) COIL_SITE_STRING(line)
#define COIL_SITE __FILE__ ":" COIL_SITE_EXPAND(__LINE__)

struct coil_coroutine;
struct coil_future;
struct coil_locals;
struct coil_loop;
struct coil_recorder;
struct coil_scheduler;
struct coil_task;
struct coil_waiter;

/*
 * A function that runs as a coroutine or as a task.  Returns 0 or a positive
 * number on success and a negative error code on failure; -ECANCELED says that
 * it ended because it was cancelled.
 */
typedef int (*coil_fn)(void *arg);

#endif
