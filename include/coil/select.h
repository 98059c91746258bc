/* SPDX-License-Identifier: MIT */
/*
 * coil/select.h - wait for several things, and get exactly one
 *
 *     struct coil_select_case cases[] = {
 *         coil_queue_get_case(&jobs, &job),
 *         coil_event_wait_case(&stop),
 *         coil_sleep_case(10 * COIL_SECOND),
 *     };
 *     int which = coil_select(cases, 3);
 *
 *     if (which == 0 && cases[0].result == 0)
 *         work_on(&job);
 *
 * Each case stands for a call that suspends, and is made by a function that has
 * the name of that call and ends in _case:
 *
 *     coil_queue_get_case(), coil_queue_put_case()        coil/queue.h
 *     coil_event_wait_case()                              coil/event.h
 *     coil_semaphore_acquire_case()                       coil/semaphore.h
 *     coil_lock_acquire_case()                            coil/lock.h
 *     coil_watch_changed_case()                           coil/watch.h
 *     coil_broadcast_receive_case()                       coil/broadcast.h
 *     coil_future_case(), for tasks too                   coil/future.h
 *     coil_sleep_case(), coil_sleep_until_case()          coil/sleep.h
 *     coil_wait_fd_case()                                 coil/fd.h
 *     coil_stream_wait_readable_case()                    coil/stream.h
 *
 * One     Exactly one case happens, the others have not happened at all: no item
 *         is taken from a queue that was not chosen, no permit of another
 *         semaphore, and an item that was to be put is still the caller's.  The
 *         wait has one outcome, decided once, by whoever hands something over.
 * Order   If several can go on at once, it is the first of them in the array; a
 *         descriptor comes after all others, and so does a stream whose input is
 *         still with the kernel.  So the order says what is more
 *         urgent.  A first case that is always ready starves those behind it:
 *         then change the order from call to call.  In each queue the task stands
 *         like any other, first come, first served.
 * Memory  Cases are caller's memory, kept until the call returns.  Six of them
 *         allocate nothing.
 * asyncio There is none for more than futures: coil_wait().  This is Go's select
 *         and tokio's `select! { biased; … }`.  Unlike asyncio.wait() over tasks
 *         that get from queues, nothing is lost by those that are not chosen.
 */
#ifndef COIL_SELECT_H
#define COIL_SELECT_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_select_kind;

/*
 * One thing to wait for.  A zeroed case is left out; so a case can be switched
 * off.  All fields but `result` are private.
 */
struct coil_select_case {
    const struct coil_select_kind *kind;
    void *object;
    void *item; /* of a queue */
    coil_time deadline;
    int fd;
    unsigned events;
    /*
     * Of the case that was chosen: what the call would have returned, such as
     * -EPIPE for a queue that is shut down.  Of the others it is unchanged.
     */
    int result;
};

/*
 * Wait until one of the cases happens.
 *
 * Returns its index, else with nothing taken, given or acquired
 *   -ECANCELED  the task was cancelled.  If a case happened before the
 *               cancellation came, its index is returned, and the next suspending
 *               call reports the cancellation
 *   -EINVAL     there is no case, or more than INT_MAX
 *   -ENOMEM     more than six cases need memory
 */
COIL_API int coil_select(struct coil_select_case *cases, size_t count)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
