/* SPDX-License-Identifier: MIT */
#include "loop/hooks.h"

#include "loop/loop.h"

void coil__loop_at_close(struct coil_loop *loop, struct coil_loop_hook *hook)
{
    hook->next = loop->hooks;
    hook->link = &loop->hooks;
    if (hook->next)
        hook->next->link = &hook->next;
    loop->hooks = hook;
}

void coil__loop_unhook(struct coil_loop_hook *hook)
{
    *hook->link = hook->next;
    if (hook->next)
        hook->next->link = hook->link;
}
