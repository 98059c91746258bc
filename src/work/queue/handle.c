/* SPDX-License-Identifier: MIT */
#include "work/queue/handle.h"

#include <errno.h>

#include <coil/sleep.h>

#include "base/memory.h"

void coil__work_release(struct coil_work *work)
{
    if (--work->references == 0)
        coil__free(work);
}

int coil__work_enter(struct coil_work *work)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (!coil_current_task() || coil_loop_current() != work->loop)
        return -ENOTSUP;
    if (work->is_closing)
        return -EPIPE;
    work->calls++;
    return 0;
}

void coil__work_leave(struct coil_work *work)
{
    if (--work->calls == 0)
        coil_event_set(&work->idle);
}
