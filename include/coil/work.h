/* SPDX-License-Identifier: MIT */
/*
 * coil/work.h - a queue of jobs that many processes and machines share
 *
 *     struct coil_work *work;
 *     struct coil_job job;
 *
 *     rc = coil_work_open(&work, "redis://queue.example/", NULL);
 *     if (rc < 0)
 *         return rc;
 *     while ((rc = coil_work_get(work, &job)) == 0) {
 *         rc = fetch(job.body);
 *         rc = rc < 0 ? coil_job_retry(&job, COIL_MINUTE)
 *                     : coil_job_done(&job);
 *         if (rc < 0 && rc != -ESTALE)
 *             break;
 *     }
 *     coil_work_close(work);
 *
 * A job has an id, a group (such as a host), a priority, a time before which it
 * does not begin, and a body.  The jobs lie in an engine, which the URL names: in
 * this process, in a file, or in a Redis that all workers reach.  The program is the
 * same.
 *
 * Promise  What coil_work_put() has returned 0 or 1 for is done at least once, or
 *          lies among the dead, as long as the engine keeps what it has
 *          acknowledged.  coil_work_open() asks a Redis whether it does, and
 *          refuses one that may forget, unless allow_volatile is set.  Memory
 *          keeps it as long as the process lives.  A file keeps it over the death of
 *          the process and of the machine, at any moment.
 * Lease    coil_work_get() leases a job to the task that called it: at any time a
 *          job has one holder at most, by the clock of the engine.  The lease is
 *          renewed in the background, at each third of it.  It begins a scope of
 *          that task, as coil_timeout_begin() does: if no renewal has succeeded
 *          by a margin before the lease ends, the task is cancelled, before the
 *          engine gives the job to anybody else.  coil_job_done(), _retry(),
 *          _bury() and _return() end the scope and return -ESTALE then.  So jobs
 *          end in the reverse order of their begin in a task, and before scopes
 *          that were begun outside of them.
 * Fence    Work that does not wait is not interrupted.  Each lease has a number,
 *          which is greater than that of every lease before.  Whoever writes to a
 *          place that keeps the greatest number it has seen, and refuses smaller
 *          ones, is safe then as well.
 * Crash    A job whose holder has died is given to another when the lease has
 *          ended; in a file, when the next process opens it.  That counts as a
 *          delivery.  After max_deliveries a job is buried: it lies among the dead.
 *          Other jobs are not touched by that.
 * Groups   group_limit and group_delay hold over all workers, since the engine
 *          keeps them.  All workers of a queue must give the same.
 * Order    Of the groups that may begin a job, that with the job of the smallest
 *          priority; of its jobs, that with the smallest priority; of equal ones
 *          the first that was put.
 * Clocks   All times of jobs are those of the engine.  The clock of a worker's
 *          machine may be wrong.  A file has the times of delays and pauses by the
 *          clock on the wall, which counts only when it is opened: if that clock was
 *          put forward meanwhile, they end so much earlier; if it was put back, they
 *          last so much longer, but never longer than was left when they were
 *          noted last.
 * Unknown  Everything here may be repeated, and is repeated by the library until
 *          the answer is known.  COIL_EUNKNOWN is returned only if a cancellation
 *          or a timeout has ended the call before; coil/redis.h says more.
 * Threads  A queue that was opened belongs to its loop, and is closed before it.
 *          Other loops and processes open it as well.
 * Link     libcoil-work (coil-work.pc, coil::work).
 * After    asyncio.Queue for the verbs; Gray and Cheriton, Leases (1989);
 *          Kleppmann, How to do distributed locking (2016), for the fence.
 */
#ifndef COIL_WORK_H
#define COIL_WORK_H

#include <coil/base.h>
#include <coil/list.h>
#include <coil/time.h>
#include <coil/timeout.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_redis_options;
struct coil_work;
struct coil_work_held;
struct coil_work_right;

/* ---- a queue ---------------------------------------------------------- */

/* How to open a queue.  Zeroed is the default of everything. */
struct coil_work_options {
    /* The name of the queue within the engine; NULL: "work".  No { and no }. */
    const char *name;
    /* The name of this worker, for those who look; NULL: host and process. */
    const char *worker;
    /* How long a lease lasts; 0: 30 s; at least 10 ms. */
    coil_time lease;
    /* How long before its end the task is cancelled; 0: an eighth of it. */
    coil_time margin;
    /* How often a job is given to a worker, in all; 0: 3. */
    unsigned max_deliveries;
    /* How many jobs of one group run at a time; 0: as many as you like. */
    unsigned group_limit;
    /*
     * How long after a job of a group another may begin: after the end of that, if
     * group_limit is 1, else after its begin.  With a delay, group_limit 0 is 1.
     */
    coil_time group_delay;
    /*
     * How many jobs are asked for at once, at most; 0: 64, which is the most.  As many
     * are asked for as there are tasks that wait, up to this limit.
     */
    unsigned batch;
    /* Open an engine that may forget what it has acknowledged. */
    bool allow_volatile;
    /* For an engine that is a Redis; NULL: the default of everything. */
    const struct coil_redis_options *redis;
    void *reserved[4]; /* zero */
};

/*
 * Open a queue, and make it if it is not there.  `url` is
 *
 *     memory:              in this process, of this handle only
 *     memory:NAME          in this process: all that open the same name share it,
 *                          in any loop; it is gone with the last one
 *     file:PATH  file:///PATH   in a folder, of one process at a time: all its
 *                          handles share the queues in it, in any loop.  The folder
 *                          is made, and not what it lies in.  PATH is as it is,
 *                          without %.  The queue `name`, of at most 200 bytes
 *                          and without "/", is PATH/name.journal
 *     redis://… rediss://… unix://…   as coil_redis_open()
 *
 * An operation on a file returns when what it has changed, and what it says, is on the
 * disk; those of several tasks wait for it together.  With allow_volatile it is
 * written and not waited for: it survives the process, and not a power cut.  Rights
 * and rates of coil/work_right.h end with the process, and fences go on growing.
 * Opening a file takes as long as reading it, and is not cut short by a cancellation.
 *
 * `options` may be NULL.  `*out` is returned: release it with coil_work_close().
 *
 * Returns 0, else, with nothing left open:
 *   -ECANCELED  cancelled
 *   -EINVAL     no such URL, a bad name, a negative time, a margin that is not
 *               shorter than two thirds of the lease
 *   -EBUSY      another process has the file
 *   -EBADMSG    the file is no journal, or is damaged elsewhere than at its end,
 *               where a write may have been cut short.  It is as it was
 *   -EPERM      the engine may forget what it has acknowledged: a Redis without
 *               "appendonly yes", "appendfsync always" and "maxmemory-policy
 *               noeviction", or that is a replica, or that does not say so; a file
 *               that another handle of the process has opened with allow_volatile
 *   -ENOTSUP    there is no such engine in this build; not in a task of a loop; a
 *               journal of another version
 *   -ENOMEM; what coil_redis_open() returns; an error of a file, such as -EACCES
 */
COIL_API int coil_work_open(struct coil_work **out, const char *url,
                            const struct coil_work_options *options)
    COIL_SUSPENDS;

/*
 * Close the queue; NULL is allowed.  Jobs that are held are given back, without a
 * delivery: their tasks are cancelled, and ending them returns -ESTALE.  Calls that
 * wait for a job return -EPIPE; other calls are waited for.
 *
 * Returns 0, or -ECANCELED: the queue is closed, too.
 */
COIL_API int coil_work_close(struct coil_work *work) COIL_SUSPENDS;

/* ---- put -------------------------------------------------------------- */

/* What is put.  Zeroed except for the body is enough. */
struct coil_work_item {
    const char *id;    /* NULL: another one for each; at most 65,535 bytes */
    const char *group; /* NULL: none, and no limit; at most 1,024 bytes */
    int16_t priority;  /* the smaller, the sooner */
    coil_time delay;   /* not before so long from now */
    const void *body;
    size_t size;
};

/*
 * Put a job into the queue, unless one with the same id was ever put.  What is in
 * `item` is borrowed.
 *
 * Returns 1 if it was put, 0 if the id is known; else
 *   -ECANCELED  cancelled, and nothing was sent
 *   COIL_EUNKNOWN  see above: put it again
 *   -EINVAL     an id or a group that is too long or has a NUL; a negative delay
 *   -EPIPE      the queue was closed meanwhile
 *   -ENOMEM, -ENOSPC  the engine has no room: nothing was put
 *   what coil_redis_eval() returns
 *   of a file: -EIO, -ENOSPC, -EDQUOT …: it cannot be written.  From then on each call
 *   on it returns that error, until all handles are closed and it is opened
 *   again; what failed is not there then, unless the disk kept it all the same
 * After a connection has broken, 0 may also mean that this call has put it.
 */
COIL_API int coil_work_put(struct coil_work *work,
                           const struct coil_work_item *item) COIL_SUSPENDS;

/* The same with `n`, in one step.  Returns how many of them were put. */
COIL_API int coil_work_put_many(struct coil_work *work,
                                const struct coil_work_item *items, size_t n)
    COIL_SUSPENDS;

/* ---- get -------------------------------------------------------------- */

/* What a lease is made of; private. */
struct coil_work_lease {
    struct coil_timeout scope;
    struct coil_work *work;
    struct coil_link link;         /* in the queue's list of leases */
    struct coil_work_right *right; /* NULL: a job */
    uint64_t key;                  /* of the job, in the engine */
    uint64_t token;
    coil_time end; /* of the lease, by this machine's monotonic clock */
    bool is_listed;
    bool is_stale;
    struct coil_work_lease **renewal; /* where the renewer notes it */
};

/* A job that is leased.  The texts are the job's, until it ends. */
struct coil_job {
    const char *id;
    const char *group; /* "": none */
    int16_t priority;
    unsigned delivery; /* 1: the first */
    const void *body;  /* with a NUL behind it */
    size_t size;
    uint64_t fence;               /* see above */
    struct coil_work_lease lease; /* from here on private */
    struct coil_work_held *held;
};

/*
 * Wait for a job, and take it.  Its scope begins.  `*job` is the caller's memory,
 * kept until one of the four calls below has ended the job; the same task ends it.
 *
 * Returns 0; else, with no job and no scope:
 *   -ECANCELED  cancelled: no job was taken, or the one that was is given back
 *   -EPIPE      the queue was closed
 *   -ENOMEM; -ENOTSUP: not in a task
 *   what coil_redis_eval() returns, if the engine is away for longer than its
 *   `patience`; call again
 *   an error of a file, as coil_work_put()
 */
COIL_API int coil_work_get(struct coil_work *work, struct coil_job *job)
    COIL_SUSPENDS;

/* The same without waiting for a job to come: -EAGAIN, if there is none. */
COIL_API int coil_work_try_get(struct coil_work *work, struct coil_job *job)
    COIL_SUSPENDS;

/*
 * Whether the lease stands, by the clock now.  To be asked before what cannot be
 * undone, by work that does not wait.
 */
COIL_API bool coil_job_is_held(const struct coil_job *job);

/*
 * End the job: it is done, and never comes back.
 *
 * Returns 0; else, and the job and its scope are over in each case:
 *   -ESTALE     the lease had ended: the job is or will be another's
 *   -ECANCELED  cancelled before anything was sent: the job is given back
 *   COIL_EUNKNOWN  cancelled while the answer was awaited.  The outcome is told to
 *               the engine in the background all the same
 *   -EPIPE      the queue was closed
 *   what coil_redis_eval() returns: the lease ends by itself, and the job comes
 *   back
 *   an error of a file, as coil_work_put(): it comes back when that is opened again
 */
COIL_API int coil_job_done(struct coil_job *job) COIL_SUSPENDS;

/*
 * End the job: it has failed, and may be tried again after `delay`; or is buried,
 * if that was its last delivery.  Returns as coil_job_done().
 */
COIL_API int coil_job_retry(struct coil_job *job, coil_time delay)
    COIL_SUSPENDS;

/*
 * End the job: it is of no use to try again.  It lies among the dead, with the
 * reason, of which 1,024 bytes are kept; NULL is "".  Returns as coil_job_done(),
 * and -ENOMEM: there is no memory for the reason, and the job is given back.
 */
COIL_API int coil_job_bury(struct coil_job *job, const char *reason)
    COIL_SUSPENDS;

/*
 * End the job: it was not begun, or not far, and this does not count as a delivery.  The
 * delay of its group is kept all the same.  Returns as coil_job_done().
 */
COIL_API int coil_job_return(struct coil_job *job) COIL_SUSPENDS;

/* ---- groups ----------------------------------------------------------- */

/*
 * No job of the group begins for `duration`: a host that has said Retry-After.  A
 * shorter pause than one that stands changes nothing.  Returns as coil_work_put(),
 * but 0.
 */
COIL_API int coil_work_pause(struct coil_work *work, const char *group,
                             coil_time duration) COIL_SUSPENDS;

/* ---- looking ---------------------------------------------------------- */

struct coil_work_stats {
    uint64_t put;     /* jobs that were put, ever */
    uint64_t done;    /* of them, ever */
    uint64_t queued;  /* that may begin when their group may */
    uint64_t delayed; /* that have to wait for a time of their own */
    uint64_t leased;
    uint64_t dead;
    uint64_t retried; /* deliveries that ended in coil_job_retry(), ever */
    uint64_t expired; /* deliveries whose lease has ended by itself, ever */
};

/* Ask the engine.  Returns 0; else as coil_work_put(). */
COIL_API int coil_work_stats(struct coil_work *work,
                             struct coil_work_stats *stats) COIL_SUSPENDS;

/*
 * Wait until no job is queued, delayed or leased, with whomever: each is done, or
 * dead.  The engine is asked again and again, after pauses of up to half a second.
 * asyncio: Queue.join().
 *
 * Returns 0; -EPIPE: the queue was closed; else as coil_work_put().
 */
COIL_API int coil_work_join(struct coil_work *work) COIL_SUSPENDS;

/* A job among the dead.  What it holds is freed by coil_work_dead_free(). */
struct coil_work_dead {
    char *id;
    char *group;
    char *reason; /* "": it had its last delivery */
    void *body;
    size_t size;
    unsigned deliveries;
};

/*
 * List `n` of the dead at most, from the `first` one, in the order in which they
 * were buried.  Returns how many were written to `dead`; else as coil_work_put().
 */
COIL_API int coil_work_list_dead(struct coil_work *work, uint64_t first,
                                 struct coil_work_dead *dead, size_t n)
    COIL_SUSPENDS;
COIL_API void coil_work_dead_free(struct coil_work_dead *dead);

/*
 * Let a dead job begin anew, with all its deliveries; NULL: all of them.  Returns
 * how many there were, or fewer after a connection has broken; else as coil_work_put().
 */
COIL_API int coil_work_revive(struct coil_work *work, const char *id)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
