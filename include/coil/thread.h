/* SPDX-License-Identifier: MIT */
/*
 * coil/thread.h - run what blocks in another thread
 *
 *     struct job { char path[64]; off_t size; } job = { .path = "/etc/fstab" };
 *
 *     rc = coil_to_thread_copy(measure, &job);    // other tasks run meanwhile
 *     if (rc == 0)
 *         printf("%jd\n", (intmax_t)job.size);
 *
 * At most 32 threads (COIL_MAX_THREADS in the environment says otherwise) serve
 * all loops of the process, made when needed.  Names are resolved by other
 * threads; coil/executor.h makes further ones.
 *
 * A loop that is closed waits until its calls have ended, for 5 minutes at most
 * (struct coil_loop_options), so that none uses `arg` any more when coil_run()
 * has returned.
 *
 * asyncio  to_thread().
 */
#ifndef COIL_THREAD_H
#define COIL_THREAD_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Run fn(arg) in a thread and wait for it.  fn must not call coil, except for
 * functions marked COIL_ANY_THREAD.  It sees the task's values (coil/local.h);
 * values that it sets are gone when it returns.
 *
 * Returns what fn returned, else
 *   -ECANCELED  cancelled.  A call that has not begun never will.  A call that
 *               has begun goes on, unobserved, and still uses `arg`: if that
 *               must not be, use coil_to_thread_copy().
 *   -EOWNERDEAD  fn ended its thread (pthread_exit(), or the thread was
 *               cancelled): some of its work may be done.  Other calls are not
 *               disturbed: another thread is made for them.
 *   -ENOMEM, -EAGAIN  no memory, or no thread can be made
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_to_thread(coil_fn fn, void *arg) COIL_SUSPENDS;

/*
 * The same with a copy of `*pointer`, which is copied back when fn has
 * returned: a call that goes on after a cancellation touches only the copy.
 */
#define coil_to_thread_copy(fn, ...)                                           \
    coil_to_thread_sized((fn), (__VA_ARGS__), sizeof *(__VA_ARGS__))
COIL_API int coil_to_thread_sized(coil_fn fn, void *arg, size_t arg_size)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
