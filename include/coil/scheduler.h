/* SPDX-License-Identifier: MIT */
/*
 * coil/scheduler.h - the ready queue: all that a task needs of a loop
 *
 * A task that can run stands in the ready queue of its scheduler; a loop takes
 * what is ready and runs it.  coil's own loop is a scheduler with timers and
 * I/O.  Whoever wants another loop embeds a struct coil_scheduler and writes
 * these lines (examples/loop.c is a whole one):
 *
 *     coil_scheduler_enter(&mine);
 *     while ((r = coil_scheduler_pop(&mine)))
 *         coil_runnable_run(r);
 *     coil_scheduler_leave(&mine);
 *
 * coil's tasks, futures, locks and queues work on such a loop unchanged; what
 * needs a clock or I/O (coil_sleep, streams, timeouts) returns -ENOTSUP there.
 *
 * Order   First in, first out.  What becomes ready while a loop works through
 *         what was ready is appended, and nothing is ever run at once.
 * Memory  Nothing is allocated: entries are links in tasks and handles.
 */
#ifndef COIL_SCHEDULER_H
#define COIL_SCHEDULER_H

#include <coil/base.h>
#include <coil/exception.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Something to run, once each time it is appended.  Embed it in what `run`
 * needs and set `run`; the links are private.
 */
struct coil_runnable {
    struct coil_link link; /* first */
    void (*run)(struct coil_runnable *self);
};

/* All zeroes is an empty scheduler.  The fields are private. */
struct coil_scheduler {
    struct coil_list ready;
    size_t ready_count;
    size_t fuel; /* steps that tasks may take among themselves */
    /* Asked for more fuel when there is none; NULL without a loop. */
    bool (*refuel)(struct coil_scheduler *self);
    struct coil_loop *loop; /* around it; NULL in a scheduler of a user */
    size_t turn_left;       /* steps of this turn, beyond the fuel granted */
    coil_time looked;       /* when the loop last looked at the clock */

    struct coil_list tasks;
    size_t task_count;
    struct coil_hook *kept; /* ended, and not released */
    unsigned turn;          /* the number of this turn */
    bool debug;             /* threads are checked */
    bool running;
    bool closing;               /* tasks are no longer made */
    bool forked;                /* the parent's: this process must not run it */
    struct coil_thread *thread; /* that runs it */
    /* Who is told of errors that nobody receives; NULL: standard error. */
    coil_exception_fn exception_fn;
    void *exception_arg;
    size_t errors_unseen;
    /* Counted for coil/loop_stats.h. */
    size_t tasks_ended;
    size_t tasks_cancelled;
    size_t tasks_failed;
    size_t kept_count;                  /* how many are in `kept` */
    struct coil_recorder *recorder;     /* NULL: nothing is recorded */
    struct coil_closed_objects *closed; /* coil/closed.h; NULL: none */
    void *reserved[2];
};

#ifdef __cplusplus
#define COIL_SCHEDULER_INIT                                                    \
    {                                                                          \
    }
#else
#define COIL_SCHEDULER_INIT                                                    \
    {                                                                          \
        .ready = COIL_LIST_INIT                                                \
    }
#endif

/*
 * Make `scheduler` the one that runs in this thread, until
 * coil_scheduler_leave().  Tasks created meanwhile belong to it.
 *
 * Returns 0, or -EBUSY if a scheduler runs in this thread already.
 * asyncio: events._set_running_loop().
 */
COIL_API int coil_scheduler_enter(struct coil_scheduler *scheduler)
    COIL_MUST_CHECK;
COIL_API void coil_scheduler_leave(struct coil_scheduler *scheduler);

/* The scheduler that runs in this thread, or NULL. */
COIL_API struct coil_scheduler *coil_scheduler_current(void);

/*
 * Append `runnable`, which must not stand in any queue; it is kept until it
 * runs.  asyncio: the deque behind loop.call_soon().
 */
COIL_API void coil_scheduler_append(struct coil_scheduler *scheduler,
                                    struct coil_runnable *runnable);

/* Take the longest ready entry off the queue; NULL if nothing is ready. */
COIL_API struct coil_runnable *
coil_scheduler_pop(struct coil_scheduler *scheduler);

/* How many entries are ready. */
COIL_API size_t
coil_scheduler_ready_count(const struct coil_scheduler *scheduler);

/*
 * Run `runnable`, which has been popped: a task takes its next step, a handle
 * calls its function.  Returns when the task waits again.
 */
COIL_API void coil_runnable_run(struct coil_runnable *runnable);

#ifdef __cplusplus
}
#endif

#endif
