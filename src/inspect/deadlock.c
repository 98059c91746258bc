/* SPDX-License-Identifier: MIT */
#include "inspect/deadlock.h"

#include <stdio.h>
#include <unistd.h>

#include "loop/loop.h"
#include "inspect/dump.h"

void coil__report_deadlock(struct coil_loop *loop)
{
    fflush(NULL);
    dprintf(STDERR_FILENO,
            "coil: deadlock: nothing can ever run again; %zu task%s wait%s\n",
            loop->scheduler.task_count,
            loop->scheduler.task_count == 1 ? "" : "s",
            loop->scheduler.task_count == 1 ? "s" : "");
    coil__dump_with_lines(&loop->scheduler, STDERR_FILENO);
}
