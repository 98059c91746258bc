/* SPDX-License-Identifier: MIT */
/*
 * run.c - coil_run(): a loop, a main task, and the two signals it cares about
 *
 * Signal dispositions belong to the process.  The first loop that runs through
 * coil_run() installs the handlers where the program has none, and takes them
 * away when it ends.
 */
#include <errno.h>
#include <signal.h>

#include "core/inspect.h"
#include "core/loop.h"
#include "core/signal.h"
#include "core/task.h"

/* In the signal handler.  The second one, which is not for the loop, ends the
   program, even one that hangs. */
static void interrupt(struct coil_signal_handler *self)
{
    struct coil_loop *loop = self->loop;

    if (atomic_fetch_add(&loop->signalled, 1) > 0 || loop->interrupts > 0) {
        signal(SIGINT, SIG_DFL);
        raise(SIGINT);
    }
}

/* `interrupted`: the cancellation that ended the main task was SIGINT's alone. */
struct main_call {
    struct coil_loop *loop;
    coil_fn fn;
    void *arg;
    bool begun;
    bool interrupted;
};

static int call_main(void *arg)
{
    struct main_call *call = arg;
    struct coil_task *task = coil_current_task();
    int rc;

    call->begun = true;
    rc = call->fn(call->arg);
    call->interrupted = rc == -ECANCELED && call->loop->interrupts > 0 &&
                        coil_task_uncancel(task) == 0;
    return rc;
}

int coil_run_with(coil_fn fn, void *arg,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    struct main_call call = { .fn = fn, .arg = arg };
    struct coil_signal_handler sigint;
    struct coil_loop *loop;
    bool watching;
    bool catching;
    int rc;

    if (!options)
        options = &defaults;
    if (coil_scheduler_current())
        return -EBUSY;
    rc = coil_loop_new(&loop, options);
    if (rc < 0)
        return rc;
    call.loop = loop;
    watching = !options->keep_sigint &&
               coil__signal_watch(loop, &sigint, SIGINT, interrupt);
    catching = !options->keep_sigsegv && coil__overflow_catch();
    coil__dump_signal_begin();
    rc = coil_loop_run_until_complete(loop, call_main, &call);
    if (watching)
        coil__signal_unwatch(&sigint);
    /* Nobody but SIGINT can cancel the main task before its first step. */
    if (rc == -ECANCELED && !call.begun)
        call.interrupted = true;
    coil__loop_close(loop, NULL, loop->debug);
    coil__dump_signal_end();
    if (catching)
        coil__overflow_release();
    return call.interrupted ? -EINTR : rc;
}

int coil_run(coil_fn fn, void *arg)
{
    return coil_run_with(fn, arg, NULL);
}
