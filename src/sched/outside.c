/* SPDX-License-Identifier: MIT */
/*
 * outside.c - a suspending function was called where nothing can be suspended
 *
 * The message names the function that the program has called, the place of the
 * call, and what to do instead.
 */
#include "sched/outside.h"

#include <string.h>

#include "base/panic.h"
#include "sched/call.h"
#include "sched/thread.h"

COIL_COLD void coil__panic_outside(void)
{
    struct coil_call call;

    coil__call_find(&call, NULL);
    if (!call.function[0])
        strcpy(call.function, "a suspending function");
    if (coil__thread()->scheduler)
        coil__panic(call.function,
                    "called in a callback, outside of a task%s%s: let the "
                    "callback create a task that calls it, with "
                    "coil_task_create()",
                    call.place[0] ? ", " : "", call.place);
    coil__panic(call.function,
                "called outside of a task%s%s: call it in a function that is "
                "given to coil_run() or coil_task_create()",
                call.place[0] ? ", " : "", call.place);
}
