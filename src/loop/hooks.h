/* SPDX-License-Identifier: MIT */
/*
 * loop/hooks.h - what is to end with a loop
 */
#ifndef COIL_LOOP_HOOKS_H
#define COIL_LOOP_HOOKS_H

#include <coil/handle.h>

/*
 * Have hook->fn, which is set, called on the loop's thread when the loop is
 * closed and its tasks have ended, the last hook first.  It is unhooked by then.
 */
void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook);
void coil__loop_unhook(struct coil_loop_hook *hook);

#endif
