/* SPDX-License-Identifier: MIT */
#include "sched/foreign.h"

#include "sched/call.h"
#include "sched/thread.h"

void coil__scheduler_check_thread(const struct coil_scheduler *s,
                                  const char *function)
{
    if (s->forked)
        coil__panic_call(function, "the loop belongs to the parent process",
                         "let the child make a loop of its own");
    if (s->running && s->thread != coil__thread())
        coil__panic_call(
            function, "the loop belongs to another thread",
            "use coil_loop_call_soon_threadsafe() or coil_run_threadsafe()");
}
