/* SPDX-License-Identifier: MIT */
#include "inspect/deadlock.h"

#include <stdio.h>
#include <unistd.h>

#include "loop/circle.h"
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
    coil__dump_with_lines(&loop->scheduler, STDERR_FILENO, NULL);
}

void coil__report_deadlock_between(const struct coil_circle *circle)
{
    size_t tasks = 0;
    size_t loops = 0;

    for (const struct coil_loop *loop = circle->loops; loop;
         loop = loop->next_in_circle) {
        tasks += loop->scheduler.task_count;
        loops++;
    }
    fflush(NULL);
    dprintf(STDERR_FILENO,
            "coil: deadlock: nothing can ever run again; %zu task%s of %zu "
            "loop%s wait%s\n",
            tasks, tasks == 1 ? "" : "s", loops, loops == 1 ? "" : "s",
            tasks == 1 ? "s" : "");
    for (struct coil_loop *loop = circle->loops; loop;
         loop = loop->next_in_circle) {
        dprintf(STDERR_FILENO, "loop %u:\n", loop->place_in_circle);
        coil__dump_with_lines(&loop->scheduler, STDERR_FILENO, circle);
    }
}
