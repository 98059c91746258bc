/* SPDX-License-Identifier: MIT */
/*
 * run.c - coil_run(): a loop, a main task, and the signals that end it
 */
#include <coil/run.h>

#include <errno.h>
#include <stdio.h>

#include <coil/error.h>
#include <coil/loop.h>

#include "base/platform.h"
#include "run/close.h"
#include "run/endings.h"
#include "loop/loop.h"
#include "sched/sink.h"
#include "task/task.h"
#include "inspect/dump_signal.h"
#include "inspect/overflow.h"

/* `ended_by`: the signal that cancelled the main task, if that ended it. */
struct main_call {
    struct coil_loop *loop;
    coil_fn fn;
    void *arg;
    bool begun;
    int ended_by;
};

static int call_main(void *arg)
{
    struct main_call *call = arg;
    struct coil_task *task = coil_current_task();
    int number;
    int rc;

    call->begun = true;
    rc = call->fn(call->arg);
    number = atomic_load(&call->loop->interrupted_by);
    if (rc == -ECANCELED && number != 0 && coil_task_uncancel(task) == 0)
        call->ended_by = number;
    return rc;
}

static const struct coil_misuse within_a_run = {
    .function = "coil_run_with",
    .message = "a loop runs in this thread already",
    .error = -EBUSY,
    .cure = "call the function itself, or make a task of it with "
            "coil_task_create()",
};

int coil_run_with(coil_fn fn, void *arg,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    struct main_call call = { .fn = fn, .arg = arg };
    struct coil_signal_handler handlers[COIL__ENDINGS];
    struct coil_loop *loop;
    bool catching;
    int rc;

    if (!options)
        options = &defaults;
    if (coil_scheduler_current()) {
        coil__report_misuse(&within_a_run, NULL);
        return -EBUSY;
    }
    rc = coil_loop_new(&loop, options);
    if (rc < 0)
        return rc;
    call.loop = loop;
    /* This comes first: a signal for dumps was chosen by name. */
    coil__dump_signal_begin();
    coil__endings_watch(loop, handlers, options);
    catching = !options->keep_sigsegv && coil__overflow_catch();
    rc = coil_loop_run_until_complete(loop, call_main, &call);
    /* Before its first step, only a signal can cancel the main task. */
    if (rc == -ECANCELED && !call.begun)
        call.ended_by = atomic_load(&loop->interrupted_by);
    coil__loop_close(loop, NULL, loop->scheduler.debug);
    coil__dump_signal_end();
    if (catching)
        coil__overflow_release();
    return call.ended_by ? COIL_ESIGNAL(call.ended_by) : rc;
}

int coil_run(coil_fn fn, void *arg)
{
    return coil__keep_frame(coil_run_with(fn, arg, NULL));
}

/* ---- the exit status ------------------------------------------------------ */

int coil_run_status(int rc)
{
    int number = coil_error_signal(rc);

    if (number != 0)
        return 128 + number;
    if (rc >= 0)
        return rc < 255 ? rc : 255;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name,
            coil_strerror(rc));
    return 1;
}
