/* SPDX-License-Identifier: MIT */
/*
 * work/queue/handle.h - an open queue, and the tasks that speak to its engine
 *
 *     getters   tasks in coil_work_get()          -> claimer   -> engine: claim
 *     endings   tasks in coil_job_done() and kin  -> finisher  -> engine: finish
 *     leases    jobs that are held                -> renewer   -> engine: renew
 *
 * Each of the three has one task, which asks the engine for all that has come
 * together meanwhile.  A fourth, the listener, waits for the engine's bell while the
 * last claim gave fewer jobs than were wanted.
 */
#ifndef COIL_WORK_HANDLE_H
#define COIL_WORK_HANDLE_H

#include <coil/cancel.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "base/list.h"
#include "base/platform.h"
#include "work/engine/engine.h"

enum {
    COIL__WORK_CLAIMS = 64,   /* at once, at most */
    COIL__WORK_ENDINGS = 64,  /* … */
    COIL__WORK_RENEWALS = 64, /* … */
};

/* The tasks of a queue; the finisher is the last to end. */
enum {
    COIL__WORK_CLAIMER,
    COIL__WORK_LISTENER,
    COIL__WORK_RENEWER,
    COIL__WORK_FINISHER,
    COIL__WORK_TASKS
};

struct coil_work {
    struct coil__work_engine *engine;
    struct coil_loop *loop;
    coil_time lease;
    coil_time margin;
    size_t batch;
    size_t references; /* the handle, and each lease */

    struct coil_list getters; /* struct coil__work_getter */
    size_t getter_count;
    struct coil_event call;  /* the claimer has to look at them */
    struct coil_event empty; /* the engine has nothing: the listener listens */

    struct coil_list endings; /* struct coil_work_held */
    struct coil_event ended;

    struct coil_list
        leases;             /* struct coil_work_lease, the first to end first */
    struct coil_event held; /* there is one */

    uint64_t last_ticket;   /* of a right */
    struct coil_event rung; /* whoever waits for a right looks again */

    struct coil_task *tasks[COIL__WORK_TASKS];
    bool is_closing;
    bool is_told; /* no job ends any more: the finisher may */
    size_t calls; /* of other tasks, which are with the engine */
    struct coil_event idle;
};

/* What the engine is told of a right. */
static inline struct coil__work_wish
coil__work_wish(const struct coil_work_right *right)
{
    return (struct coil__work_wish){ .name = right->name,
                                     .permits = right->permits,
                                     .ticket = right->ticket };
}

/* For an operation of a task: -EPIPE, if the queue is being closed, or -ECANCELED. */
int coil__work_enter(struct coil_work *work) COIL_SUSPENDS;
void coil__work_leave(struct coil_work *work);

/* The last reference frees it. */
void coil__work_release(struct coil_work *work);

#endif
