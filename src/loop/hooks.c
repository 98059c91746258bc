/* SPDX-License-Identifier: MIT */
#include "loop/hooks.h"

#include "loop/loop.h"

void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook)
{
    coil__hook_push(&loop->hooks, &hook->hook);
}

void coil__loop_unhook(struct coil_loop_hook *hook)
{
    coil__hook_remove(&hook->hook);
}
