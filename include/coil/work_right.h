/* SPDX-License-Identifier: MIT */
/*
 * coil/work_right.h - locks, semaphores and rates that many machines share
 *
 *     struct coil_work_right right;
 *
 *     rc = coil_work_lock_acquire(&right, work, "index");
 *     if (rc < 0)
 *         return rc;
 *     rc = build_index(right.fence);
 *     ended = coil_work_right_release(&right);     // -ESTALE: it was lost
 *
 * They lie in the engine of a queue (coil/work.h), and have a name there.  A right is
 * leased, as a job is: it is renewed in the background, and what is said there of
 * leases, scopes, fences, clocks and threads holds here.  A holder that has died loses
 * its right when the lease ends.
 *
 * Order    First come, first served, over all workers.  Who waits and has died is
 *          passed over after one lease's time.
 * Cost     A call to the engine each; and while it waits, one at each ring of the
 *          engine's bell, and one at each third of a lease.
 * After    asyncio.Lock, asyncio.Semaphore; for rates the generic cell rate algorithm
 *          (ITU-T I.371).
 */
#ifndef COIL_WORK_RIGHT_H
#define COIL_WORK_RIGHT_H

#include <coil/work.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A lock or a permit that is held: the caller's memory, kept until it is released. */
struct coil_work_right {
    uint64_t fence;               /* greater than that of every lease before */
    struct coil_work_lease lease; /* from here on private */
    const char *name;
    unsigned permits;
    uint64_t ticket;
};

/*
 * Wait for the lock `name`, and take it.  A scope of the running task begins, as in
 * coil_work_get(); the same task releases the right.  `name` is kept until then; it has
 * 1,024 bytes at most.
 *
 * Returns 0; else, with no right and no scope:
 *   -ECANCELED  cancelled.  What was granted meanwhile is given back
 *   -EINVAL     a name that is empty or too long; no permits
 *   -EPIPE      the queue was closed
 *   -ENOMEM, -ENOSPC  the engine has no room
 *   -ENOTSUP    not in a task of the queue's loop
 *   what coil_redis_eval() returns, if the engine is away
 */
COIL_API int coil_work_lock_acquire(struct coil_work_right *right,
                                    struct coil_work *work, const char *name)
    COIL_SUSPENDS;

/*
 * The same with a semaphore of so many permits.  All who use the name give the same
 * number; a lock is a semaphore with one.
 */
COIL_API int coil_work_semaphore_acquire(struct coil_work_right *right,
                                         struct coil_work *work,
                                         const char *name, unsigned permits)
    COIL_SUSPENDS;

/* Whether the lease stands, by the clock now: coil_job_is_held(). */
COIL_API bool coil_work_right_is_held(const struct coil_work_right *right);

/*
 * Give the right to whoever is next, and end the scope.
 *
 * Returns 0; else, and the right and its scope are over in each case:
 *   -ESTALE     the lease had ended: somebody else has or had the right meanwhile
 *   -ECANCELED  cancelled; the right is released, too
 *   what coil_redis_eval() returns: the lease ends by itself
 */
COIL_API int coil_work_right_release(struct coil_work_right *right)
    COIL_SUSPENDS;

/*
 * Wait until this call may go on, so that all calls with this name, of all workers,
 * are at least `interval` apart, except for `burst` of them that may come at once after a
 * pause.  A burst of 1 keeps the distance always; 0 is 1.  All who use the name give
 * the same.
 *
 * Returns 0; else
 *   -ECANCELED  cancelled.  A turn that was given is lost
 *   -EINVAL     a negative interval; a name that is empty or too long
 *   and what coil_work_lock_acquire() returns
 */
COIL_API int coil_work_rate_acquire(struct coil_work *work, const char *name,
                                    coil_time interval, unsigned burst)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
