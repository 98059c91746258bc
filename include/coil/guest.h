/* SPDX-License-Identifier: MIT */
/*
 * coil/guest.h - a loop that another loop drives
 *
 * A program that has a loop already (that of a GUI, of libuv, a poll(2) of its
 * own) runs coil's as a guest: it waits for one descriptor, no longer than the
 * guest may sleep, and then lets the guest take one turn.
 *
 *     coil_loop_new(&loop, NULL);
 *     coil_loop_create_task(loop, &task, serve, NULL);
 *     struct pollfd fds[] = { { .fd = coil_loop_fd(loop), .events = POLLIN },
 *                             ... };
 *     while (!coil_task_is_done(task)) {
 *         coil_time time = coil_loop_timeout(loop);
 *         poll(fds, n, time == COIL_NEVER ? -1
 *                                         : (int)((time + 999999) / 1000000));
 *         rc = coil_loop_run_once(loop, 0);
 *         ...                                     // what else was ready
 *     }
 *     coil_task_release(task);
 *     coil_loop_close(loop, NULL);
 *
 * The host may be a loop of coil's too, a callback or a task of it.
 *
 * asyncio  has this in private: BaseEventLoop._run_once().
 */
#ifndef COIL_GUEST_H
#define COIL_GUEST_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A descriptor that becomes readable when the guest has something to do: I/O is
 * ready, another thread or a signal has called.  It stays the same as long as
 * the loop lives, and belongs to the loop: the host may only wait for it.
 *
 * -ENOTSUP where the kernel has none for it: on the simulator.  -EBADF in a
 * child after fork().
 */
COIL_API int coil_loop_fd(const struct coil_loop *loop);

/*
 * How long the host may wait for the descriptor: 0 if something is ready, until
 * the first timer is due or many idle stacks can give their memory back, or
 * COIL_NEVER.  To be asked right before each wait, since whatever the host does
 * with the loop in between may change it.
 */
COIL_API coil_time coil_loop_timeout(struct coil_loop *loop);

/*
 * Take one turn: wait for `timeout` at most, not at all when it is 0 or less or
 * something is ready; then run what is ready, once.
 *
 * Returns 0, else
 *   -EINTR    coil_loop_stop() was called during the turn, or before it
 *   -EBUSY    the loop runs already
 *   -EDEADLK  `timeout` is COIL_NEVER and nothing could ever end the wait
 *   -EBADF    the loop is that of the parent process
 *   -ENOMEM
 */
COIL_API int coil_loop_run_once(struct coil_loop *loop, coil_time timeout);

#ifdef __cplusplus
}
#endif

#endif
