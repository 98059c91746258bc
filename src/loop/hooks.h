/* SPDX-License-Identifier: MIT */
/*
 * loop/hooks.h - what has to end together with a loop
 */
#ifndef COIL_LOOP_HOOKS_H
#define COIL_LOOP_HOOKS_H

#include <coil/handle.h>

/*
 * Call hook->fn, which the caller has set, on the loop's thread when the loop
 * is closed and its tasks have ended.  The last hook is called first.  A hook
 * is removed before its function is called.
 */
void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook);
void coil__loop_unhook(struct coil_loop_hook *hook);

#endif
