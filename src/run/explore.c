/* SPDX-License-Identifier: MIT */
/*
 * explore.c - one function under many schedules
 *
 * One loop serves all schedules, as long as each leaves the loop as it was,
 * since a new loop takes time.  If a schedule leaves something behind, closing
 * the loop belongs to that schedule.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/coroutine.h>
#include <coil/explore.h>
#include <coil/loop.h>

#include "testing/testing.h"
#include "sched/thread.h"
#include "backend/simulator.h"

struct explorer {
    coil_fn fn;
    void *arg;
    struct coil_choices *choices; /* NULL: by seed */
    struct coil_loop *loop;
    bool debug; /* of a new loop */
    coil_time limit;
    struct coil_coroutine *keeper; /* never runs: it keeps the pool of stacks */
};

static bool is_as_new(const struct explorer *e)
{
    struct coil_loop *loop = e->loop;

    return loop->scheduler.debug == e->debug &&
           coil_loop_slow_callback_duration(loop) == e->limit &&
           loop->scheduler.task_count == 0 &&
           coil__scheduler_is_idle(&loop->scheduler) &&
           coil__timers_count(&loop->timers) == 0 && !loop->hooks &&
           loop->backend->sockets == 0 && loop->backend->pending == 0 &&
           loop->backend->holds == 0 && !atomic_load(&loop->inbox);
}

static void rewind_loop(struct coil_loop *loop, uint64_t seed)
{
    coil__simulator_reset(loop->backend, seed);
    coil__testing_reset(loop->testing, seed);
    loop->report = (struct coil_loop_report){ .tasks_cancelled = 0 };
    loop->scheduler.errors_unseen = 0;
    loop->scheduler.exception_fn = NULL;
}

static int prepare_loop(struct explorer *e, uint64_t seed)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
        .seed = seed,
    };
    int rc;

    if (e->loop) {
        rewind_loop(e->loop, seed);
        return 0;
    }
    rc = coil_loop_new(&e->loop, &options);
    if (rc < 0)
        return rc;
    e->loop->testing->choices = e->choices;
    e->debug = e->loop->scheduler.debug;
    e->limit = coil_loop_slow_callback_duration(e->loop);
    return 0;
}

static int close_loop(struct explorer *e)
{
    int rc = e->loop ? coil_loop_close(e->loop, NULL) : 0;

    e->loop = NULL;
    return rc;
}

static void say_which(struct explorer *e, uint64_t seed)
{
    dprintf(STDERR_FILENO, "coil: it failed with ");
    if (e->choices) {
        dprintf(STDERR_FILENO, "COIL_CHOICES=");
        coil__choices_dump(e->choices, STDERR_FILENO);
    } else {
        dprintf(STDERR_FILENO, "COIL_SEED=%llu", (unsigned long long)seed);
    }
    dprintf(STDERR_FILENO, "\n");
}

static int run_once(struct explorer *e, uint64_t seed)
{
    int closed = 0;
    int rc;

    rc = prepare_loop(e, seed);
    if (rc < 0)
        return rc;
    rc = coil_loop_run_until_complete(e->loop, e->fn, e->arg);
    if (!is_as_new(e))
        closed = close_loop(e);
    if (rc >= 0)
        rc = closed;
    if (rc < 0)
        say_which(e, seed);
    return rc;
}

static int begin(struct explorer *e)
{
    if (coil_scheduler_current())
        return -EBUSY;
    return coil_coroutine_new(&e->keeper, e->fn, NULL, 0);
}

static void end(struct explorer *e)
{
    close_loop(e);
    coil_coroutine_free(e->keeper);
    coil__thread_free_stacks();
}

int coil_test_run(coil_fn fn, void *arg, uint64_t seed)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
        .seed = seed,
    };

    return coil_run_with(fn, arg, &options);
}

/* ---- by seed -------------------------------------------------------------- */

int coil_test_run_seeds(coil_fn fn, void *arg, uint64_t first, uint64_t count)
{
    struct explorer e = { .fn = fn, .arg = arg };
    const char *text = getenv("COIL_SEED");
    int rc;

    rc = begin(&e);
    if (rc < 0)
        return rc;
    if (text) {
        first = strtoull(text, NULL, 10);
        count = 1;
    }
    for (uint64_t i = 0; rc >= 0 && i < count; i++)
        rc = run_once(&e, first + i);
    end(&e);
    return rc < 0 ? rc : 0;
}

/* ---- by choices ----------------------------------------------------------- */

/*
 * Run all schedules, or the one that `text` describes.  0; 1: there are more;
 * or an error.
 */
static int explore(struct explorer *e, const char *text, uint64_t max_runs,
                   uint64_t *runs)
{
    int rc;

    if (text) {
        rc = coil__choices_parse(e->choices, text);
        if (rc < 0)
            return rc;
        max_runs = 1;
    }
    do {
        rc = run_once(e, 0);
        if (e->choices->failed)
            return -ENOMEM;
        if (rc < 0)
            return rc;
        ++*runs;
        if (!coil__choices_advance(e->choices))
            return 0;
    } while (*runs != max_runs);
    return text ? 0 : 1;
}

int coil_test_explore(coil_fn fn, void *arg, uint64_t max_runs, uint64_t *runs)
{
    struct coil_choices choices;
    struct explorer e = { .fn = fn, .arg = arg, .choices = &choices };
    uint64_t count = 0;
    int rc;

    rc = begin(&e);
    if (rc < 0)
        return rc;
    rc = coil__choices_init(&choices);
    if (rc == 0)
        rc = explore(&e, getenv("COIL_CHOICES"), max_runs, &count);
    end(&e);
    coil__choices_fini(&choices);
    if (runs)
        *runs = count;
    return rc;
}
