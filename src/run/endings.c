/* SPDX-License-Identifier: MIT */
/*
 * endings.c - from a signal to the main task
 *
 * Signal handlers belong to the process.  The first loop in coil_run() installs
 * them where the program has none, further loops join it, and the last one
 * removes them.
 */
#include "run/endings.h"

#include <signal.h>
#include <unistd.h>

#include "loop/hooks.h"
#include "loop/loop.h"
#include "loop/signal.h"
#include "task/task.h"

static const int endings[] = { SIGINT, SIGTERM };
_Static_assert(sizeof endings / sizeof *endings == COIL__ENDINGS,
               "one handler for each");

/*
 * End the program as the signal itself would, so that a shell sees it.  The
 * raised signal arrives when this handler returns.  A signal that the first
 * process of a container does not handle would not end that process.
 */
static void end_program(int number)
{
    if (getpid() == 1)
        _exit(128 + number);
    signal(number, SIG_DFL);
    raise(number);
}

/*
 * Runs in the signal handler.  A second signal, whichever it is, ends the
 * program, even one that hangs.
 */
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

    /* In this order: the signal handler always finds one of the two set. */
    atomic_store(&loop->interrupted_by, number);
    atomic_store(&loop->signalled, 0);
    /* Without a main task, everything is ending already. */
    if (loop->main_task)
        coil_task_cancel(loop->main_task);
}

static void unwatch(struct coil_loop_hook *hook)
{
    coil__signal_unwatch(
        coil__container_of(hook, struct coil_signal_handler, hook));
}

/* The signal is watched until the loop is closed, as ending may take long. */
static void watch(struct coil_loop *loop, struct coil_signal_handler *handler,
                  int number)
{
    /* A replay gets the signals of its history; one of today ends it. */
    if (coil__backend_replays(loop->backend) ||
        !coil__signal_watch(loop, handler, number, interrupt))
        return;
    handler->hook.fn = unwatch;
    coil__loop_at_close(loop, &handler->hook);
}

static bool keeps(const struct coil_loop_options *options, int number)
{
    return number == SIGINT ? options->keep_sigint : options->keep_sigterm;
}

void coil__endings_watch(struct coil_loop *loop,
                         struct coil_signal_handler handlers[COIL__ENDINGS],
                         const struct coil_loop_options *options)
{
    for (int i = 0; i < COIL__ENDINGS; i++)
        if (!keeps(options, endings[i]))
            watch(loop, &handlers[i], endings[i]);
}
