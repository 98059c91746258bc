/* SPDX-License-Identifier: MIT */
/*
 * loop/handle.h - calls that are due, and how they become due
 */
#ifndef COIL_LOOP_HANDLE_H
#define COIL_LOOP_HANDLE_H

#include <coil/handle.h>

/* Arm a handle that is known to be unused. */
void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg);

/*
 * As coil_loop_call_soon_threadsafe().  The caller makes sure that the loop
 * stays open meanwhile.
 */
int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg);

/* Take the handles that coil_loop_call_soon_threadsafe() left in the inbox. */
void coil__loop_empty_inbox(struct coil_loop *loop);

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
