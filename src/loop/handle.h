/* SPDX-License-Identifier: MIT */
/*
 * loop/handle.h - calls that are due, and how they come to be
 */
#ifndef COIL_LOOP_HANDLE_H
#define COIL_LOOP_HANDLE_H

#include <coil/handle.h>

/* Arm a handle that is known to be free. */
void coil__loop_arm(struct coil_loop *loop, struct coil_handle *handle,
                    coil_time when, coil_callback_fn fn, void *arg);

/*
 * coil_loop_call_soon_threadsafe() by somebody who keeps the loop from being
 * closed meanwhile.
 */
int coil__loop_post(struct coil_loop *loop, struct coil_handle *handle,
                    coil_callback_fn fn, void *arg);

/* Take the handles that coil_loop_call_soon_threadsafe() left. */
void coil__loop_empty_inbox(struct coil_loop *loop);

/* Look at the clock, and append the timers that are due. */
void coil__loop_fire_timers(struct coil_loop *loop);

/* Take back the handles that were ready and not called. */
void coil__loop_drop_handles(struct coil_loop *loop);

#endif
