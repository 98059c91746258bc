/* SPDX-License-Identifier: MIT */
/*
 * coil/callback.h - a function that a loop calls, outside of any task
 *
 * A struct coil_handle is one that is arranged by itself or by a time, a struct
 * coil_future_callback one that is arranged by a future.
 */
#ifndef COIL_CALLBACK_H
#define COIL_CALLBACK_H

#include <coil/base.h>
#include <coil/scheduler.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called by the loop, outside of any task.  May do anything but suspend. */
typedef void (*coil_callback_fn)(void *arg);

/* One call: a private part of public structs.  Zeroed, it is not arranged. */
struct coil_callback {
    struct coil_runnable runnable; /* first */
    struct coil_scheduler *scheduler;
    coil_callback_fn fn;
    void *arg;
    struct coil_locals *locals;
    /* It was due and will not be called.  NULL: nothing else is to be done. */
    void (*uncalled)(struct coil_callback *self);
    unsigned turn; /* in which it became due */
    unsigned char state;
    void *reserved;
};

#ifdef __cplusplus
}
#endif

#endif
