/* SPDX-License-Identifier: MIT */
#include "inspect/deadlock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loop/circle.h"
#include "loop/loop.h"
#include "sched/wait.h"
#include "task/task.h"
#include "inspect/dump.h"

/* What would have ended a wait of this kind. */
static const struct {
    const char *reason;
    const char *cure;
} cures[] = {
    { "lock", "release a lock on every way out; take several locks in the "
              "same order everywhere" },
    { "semaphore", "release a semaphore on every way out" },
    { "queue get", "when no more is put, say so by coil_queue_shutdown()" },
    { "queue put", "let a task get what is put" },
    { "queue join", "call coil_queue_task_done() for each item that was got" },
    { "event", "call coil_event_set(); in another thread, by "
               "coil_loop_call_soon_threadsafe()" },
    { "future", "give the future its result: coil_future_set_result()" },
};

static bool is_waited_for(const struct coil_scheduler *scheduler,
                          const char *reason)
{
    for (const struct coil_task *t = coil__task_first(scheduler); t;
         t = coil__task_next(t))
        if (t->co.parked && strcmp(t->co.parked->reason->name, reason) == 0)
            return true;
    return false;
}

static void write_cures(const struct coil_scheduler *scheduler)
{
    for (size_t i = 0; i < sizeof cures / sizeof *cures; i++)
        if (is_waited_for(scheduler, cures[i].reason))
            dprintf(STDERR_FILENO, "  cure for %s: %s\n", cures[i].reason,
                    cures[i].cure);
}

void coil__report_deadlock(struct coil_loop *loop)
{
    fflush(NULL);
    dprintf(STDERR_FILENO,
            "coil: deadlock: nothing can ever run again; %zu task%s wait%s\n",
            loop->scheduler.task_count,
            loop->scheduler.task_count == 1 ? "" : "s",
            loop->scheduler.task_count == 1 ? "s" : "");
    coil__dump_with_lines(&loop->scheduler, STDERR_FILENO, NULL);
    write_cures(&loop->scheduler);
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
