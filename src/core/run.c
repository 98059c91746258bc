/* SPDX-License-Identifier: MIT */
/*
 * run.c - coil_run(): a loop, a main task, and the signals that end it
 *
 * Signal dispositions belong to the process.  The first loop that runs through
 * coil_run() installs the handlers where the program has none, the others join
 * it, and the last one takes them away when it ends.
 */
#include "core/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <coil/error.h>

#include "core/close.h"
#include "core/hooks.h"
#include "core/loop.h"
#include "core/signal.h"
#include "core/task.h"
#include "inspect/dump_signal.h"
#include "inspect/overflow.h"

static const int endings[] = { SIGINT, SIGTERM };
enum { ENDINGS = sizeof endings / sizeof *endings };

/* ---- signals -------------------------------------------------------------- */

/*
 * As the signal itself would have done: the shell is to see it.  The raised one
 * comes when the handler returns.  The first process of a container is not
 * ended by a signal that it does not handle.
 */
static void end_program(int number)
{
    if (getpid() == 1)
        _exit(128 + number);
    signal(number, SIG_DFL);
    raise(number);
}

/* In the signal handler.  The second signal, whichever it is, is not for the
   loop: it ends the program, even one that hangs. */
static void interrupt(struct coil_signal_handler *self)
{
    struct coil_loop *loop = self->loop;
    int none = 0;

    if (!atomic_compare_exchange_strong(&loop->signalled, &none,
                                        self->number) ||
        atomic_load(&loop->interrupted_by) != 0)
        end_program(self->number);
}

void coil__run_interrupted(struct coil_loop *loop)
{
    int number = atomic_load(&loop->signalled);

    /* In this order: the handler always finds one of them, if not both. */
    atomic_store(&loop->interrupted_by, number);
    atomic_store(&loop->signalled, 0);
    /* Without it everything is ending already. */
    if (loop->main_task)
        coil_task_cancel(loop->main_task);
}

static void unwatch(struct coil_loop_hook *hook)
{
    coil__signal_unwatch(
        coil__container_of(hook, struct coil_signal_handler, hook));
}

/* Until the loop is closed: what ends may take its time. */
static void watch(struct coil_loop *loop, struct coil_signal_handler *handler,
                  int number)
{
    if (!coil__signal_watch(loop, handler, number, interrupt))
        return;
    handler->hook.fn = unwatch;
    coil__loop_at_close(loop, &handler->hook);
}

/* ---- running -------------------------------------------------------------- */

static bool keeps(const struct coil_loop_options *options, int number)
{
    return number == SIGINT ? options->keep_sigint : options->keep_sigterm;
}

/* `ended_by`: the cancellation that ended the main task was this signal's. */
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

int coil_run_with(coil_fn fn, void *arg,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    struct main_call call = { .fn = fn, .arg = arg };
    struct coil_signal_handler handlers[ENDINGS];
    struct coil_loop *loop;
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
    /* First: a signal that is to dump is asked for by name. */
    coil__dump_signal_begin();
    for (int i = 0; i < ENDINGS; i++)
        if (!keeps(options, endings[i]))
            watch(loop, &handlers[i], endings[i]);
    catching = !options->keep_sigsegv && coil__overflow_catch();
    rc = coil_loop_run_until_complete(loop, call_main, &call);
    /* Nobody but a signal can cancel the main task before its first step. */
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
    return coil_run_with(fn, arg, NULL);
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
