/* SPDX-License-Identifier: MIT */
/*
 * loop/handle.h - calls that are due, and how they become due
 */
#ifndef COIL_LOOP_HANDLE_H
#define COIL_LOOP_HANDLE_H

#include <coil/handle.h>

#include "loop/loop.h"
#include "loop/timers.h"
#include "sched/callback.h"
#include "sched/scheduler.h"

/* Where a handle stands whose call is not due yet. */
enum {
    COIL__HANDLE_ARMED = COIL__CALLBACK_ELSEWHERE,
    COIL__HANDLE_POSTED,
    COIL__HANDLE_NOTED,
};

/* Arm a handle that is known to be unused. */
void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg);

/*
 * Note a timer (loop/timers.h).  The handle is unused, and may be uninitialised
 * memory.  `since`: the time from which `when` counts, or COIL__NOTED_EXACTLY.
 */
static inline void coil__loop_note(struct coil_loop *loop,
                                   struct coil_handle *handle, coil_time when,
                                   coil_time since, coil_callback_fn fn,
                                   void *arg)
{
    coil__callback_set(&handle->call, &loop->scheduler, fn, arg);
    handle->call.locals = NULL;
    handle->call.uncalled = NULL;
    handle->call.state = COIL__HANDLE_NOTED;
    handle->when = when;
    handle->since = since;
    coil__timers_note(&loop->timers, handle);
}

static inline bool coil__handle_is_noted(const struct coil_handle *handle)
{
    return handle->call.state == COIL__HANDLE_NOTED;
}

/* Strike out a timer that is noted. */
static inline void coil__handle_strike(struct coil_handle *handle)
{
    coil__timers_strike(&coil__loop_of(handle->call.scheduler)->timers, handle);
    handle->call.state = COIL__CALLBACK_IDLE;
}

/* Arm the timers that are noted.  The clock shows `now`. */
void coil__loop_arm_noted(struct coil_loop *loop, coil_time now);

/*
 * As coil_loop_call_soon_threadsafe().  The caller makes sure that the loop
 * stays open meanwhile.
 */
int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg);

/* Take the handles that coil_loop_call_soon_threadsafe() left in the inbox. */
void coil__loop_empty_inbox(struct coil_loop *loop);

/*
 * The loop is going to wait.  Returns whether the inbox is empty; otherwise it must
 * not wait.  From now on whoever posts wakes the loop.
 */
bool coil__loop_may_wait(struct coil_loop *loop);

/* From now on it will look into the inbox before it waits, so nobody need wake it. */
void coil__loop_stays_awake(struct coil_loop *loop);

/*
 * On the loop's thread: take back a handle that may have been posted.  The
 * caller makes sure that nobody posts it meanwhile.
 */
void coil__loop_take_back(struct coil_loop *loop, struct coil_handle *handle);

/* Look at the clock, and append the handles of due timers. */
void coil__loop_fire_timers(struct coil_loop *loop);

/* Give the calls that are due back to their owners, uncalled. */
void coil__loop_drop_handles(struct coil_loop *loop);

#endif
