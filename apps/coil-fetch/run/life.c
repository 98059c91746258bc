/* SPDX-License-Identifier: MIT */
#include "run/life.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include <coil/loop.h>

#include "run/run.h"
#include "run/state.h"
#include "run/world.h"

/* Descriptors that a request may need: a connection, a file, and an idle one. */
enum { PER_REQUEST = 3, SPARE = 64, PER_LOOP = 8 };

/* Descriptors that are not for requests. */
static size_t spare(const struct run *run)
{
    return SPARE + (run->crew ? PER_LOOP * (size_t)run->crew->loops : 0);
}

void life_fit(struct run *run)
{
    const struct options *o = run->options;
    struct rlimit limit;
    size_t most;

    run->concurrency = o->concurrency;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur == RLIM_INFINITY)
        return;
    most = limit.rlim_cur > spare(run)
               ? (limit.rlim_cur - spare(run)) / PER_REQUEST
               : 0;
    if (most == 0)
        most = 1;
    if (o->concurrency <= most)
        return;
    run->concurrency = most;
    if (!o->is_silent || o->shows_errors)
        fprintf(stderr,
                "coil-fetch: %zu at a time, not %zu: there are %llu "
                "descriptors (ulimit -n)\n",
                most, o->concurrency, (unsigned long long)limit.rlim_cur);
}

static void stop(void *arg)
{
    struct run *run = arg;

    /* Whatever has stopped it: nothing more begins already. */
    if (run->stop != STOP_NOT) {
        coil_task_group_cancel(&run->workers);
        return;
    }
    run_say(run,
            "nothing more begins; %zu under way are finished (again: at once)",
            run_active(run));
    run_stop(run, STOP_INTERRUPTED);
}

static void end_at_deadline(void *arg)
{
    struct run *run = arg;

    run_say(run, "the deadline has come");
    run_stop(run, STOP_DEADLINE);
    coil_task_group_cancel(&run->workers);
}

static void show_state(void *arg)
{
    state_print(arg);
}

static int hear(struct life *life)
{
    struct coil_loop *loop = coil_loop_current();
    int rc = coil_loop_add_signal_handler(loop, &life->interrupted, SIGINT,
                                          stop, life->run);

    if (rc < 0)
        return rc;
    rc = coil_loop_add_signal_handler(loop, &life->terminated, SIGTERM, stop,
                                      life->run);
    if (rc == 0) {
        rc = coil_loop_add_signal_handler(loop, &life->asked, SIGUSR1,
                                          show_state, life->run);
        if (rc == 0)
            return 0;
        coil_loop_remove_signal_handler(loop, &life->terminated);
    }
    coil_loop_remove_signal_handler(loop, &life->interrupted);
    return rc;
}

int life_begin(struct life *life, struct run *run, bool hears_signals)
{
    coil_time deadline = run->options->deadline;
    int rc;

    *life = (struct life){ .run = run, .hears_signals = hears_signals };
    rc = hears_signals ? hear(life) : 0;
    if (rc == 0 && deadline > 0)
        rc = coil_loop_call_later(coil_loop_current(), &life->deadline,
                                  deadline, end_at_deadline, run);
    return rc;
}

void life_end(struct life *life)
{
    struct coil_loop *loop = coil_loop_current();

    coil_handle_cancel(&life->deadline);
    if (!life->hears_signals)
        return;
    coil_loop_remove_signal_handler(loop, &life->interrupted);
    coil_loop_remove_signal_handler(loop, &life->terminated);
    coil_loop_remove_signal_handler(loop, &life->asked);
}
