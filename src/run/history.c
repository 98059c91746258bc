/* SPDX-License-Identifier: MIT */
#include <coil/history.h>

#include "loop/loop.h"

void coil_history_remember(void *data, size_t size)
{
    const struct coil_loop *loop = coil_loop_current();

    if (loop && loop->backend->ops->remember)
        loop->backend->ops->remember(loop->backend, data, size);
}

bool coil_history_is_kept(void)
{
    const struct coil_loop *loop = coil_loop_current();

    return loop && loop->backend->ops->remember;
}
