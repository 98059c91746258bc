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
#include <stdatomic.h>

#include "core/dump_signal.h"
#include "core/loop.h"
#include "core/overflow.h"
#include "core/task.h"

/* The loop that SIGINT is for. */
static _Atomic(struct coil_loop *) interruptible;

static void on_sigint(int number)
{
    struct coil_loop *loop = atomic_load(&interruptible);
    int saved = errno;

    if (!loop || atomic_fetch_add(&loop->signalled, 1) > 0 ||
        loop->interrupts > 0) {
        /* The second one, or nobody to ask: the program ends. */
        signal(number, SIG_DFL);
        raise(number);
    } else {
        loop->poll->ops->wake(loop->poll);
    }
    errno = saved;
}

static bool watch_sigint(struct coil_loop *loop)
{
    struct coil_loop *nobody = NULL;
    struct sigaction action;

    if (sigaction(SIGINT, NULL, &action) < 0 || action.sa_flags & SA_SIGINFO ||
        action.sa_handler != SIG_DFL)
        return false;
    if (!atomic_compare_exchange_strong(&interruptible, &nobody, loop))
        return false;
    action = (struct sigaction){ .sa_handler = on_sigint };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    return true;
}

/* Not if the program has put a handler of its own in the place of ours. */
static void unwatch_sigint(void)
{
    struct sigaction action;

    if (sigaction(SIGINT, NULL, &action) == 0 &&
        !(action.sa_flags & SA_SIGINFO) && action.sa_handler == on_sigint)
        signal(SIGINT, SIG_DFL);
    atomic_store(&interruptible, NULL);
}

/* `interrupted`: the cancellation that ended the main task was SIGINT's alone. */
struct main_call {
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
    call->interrupted = rc == -ECANCELED &&
                        coil_loop_current()->interrupts > 0 &&
                        coil_task_uncancel(task) == 0;
    return rc;
}

int coil_run_with(coil_fn fn, void *arg,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    struct main_call call = { .fn = fn, .arg = arg };
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
    watching = !options->keep_sigint && watch_sigint(loop);
    catching = !options->keep_sigsegv && coil__overflow_catch();
    coil__dump_signal_begin();
    rc = coil_loop_run_until_complete(loop, call_main, &call);
    if (watching)
        unwatch_sigint();
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
