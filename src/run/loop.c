/* SPDX-License-Identifier: MIT */
/*
 * loop.c - a loop is made and run
 */
#include <coil/loop.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/introspection.h>

#include "base/memory.h"
#include "base/panic.h"
#include "run/close.h"
#include "run/drive.h"
#include "loop/circle.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "run/endings.h"
#include "sched/sink.h"
#include "task/task.h"
#include "task/task_life.h"
#include "testing/testing.h"
#include "sched/thread.h"
#include "threads/threadsafe.h"
#include "loop/turn.h"
#include "inspect/cycles.h"
#include "inspect/deadlock.h"
#include "run/record.h"
#include "backend/simulator.h"
#include "backend/history_recorder.h"
#include "backend/replayer.h"
#include "backend/epoll.h"
#include "backend/uring.h"

#define SLOW_CALLBACK_DURATION (100 * COIL_MILLISECOND)

/* How long closing a loop waits for calls in other threads. */
#define CLOSE_LIMIT (5 * COIL_MINUTE)

/* ---- making --------------------------------------------------------------- */

static enum coil_backend backend_by_environment(void)
{
    const char *name = getenv("COIL_BACKEND");

    if (name && strcmp(name, "simulator") == 0)
        return COIL_BACKEND_SIMULATOR;
    if (name && strcmp(name, "uring") == 0)
        return COIL_BACKEND_URING;
    return COIL_BACKEND_EPOLL;
}

static bool is_debug(const struct coil_loop_options *options)
{
    const char *debug = getenv("COIL_DEBUG");

    return options->debug || (debug && strcmp(debug, "1") == 0);
}

/* Without a ring epoll has to do. */
static int open_ring(struct coil_loop *loop, bool debug)
{
    int rc = coil__uring_open(&loop->backend);

    if (rc == 0)
        return 0;
    /* Whoever looks for mistakes is told why. */
    if (debug)
        fprintf(stderr, "coil: no io_uring, epoll instead: %s\n",
                coil_strerror(rc));
    return coil__epoll_open(&loop->backend);
}

static int open_simulator(struct coil_loop *loop,
                          const struct coil_loop_options *options)
{
    int rc = coil__simulator_open(&loop->backend, options->seed);

    if (rc < 0)
        return rc;
    rc = coil__testing_open(loop, options->seed);
    if (rc < 0)
        loop->backend->ops->close(loop->backend);
    return rc;
}

static int open_kernel(struct coil_loop *loop, enum coil_backend backend,
                       bool debug)
{
    if (backend == COIL_BACKEND_EPOLL)
        return coil__epoll_open(&loop->backend);
    if (backend == COIL_BACKEND_URING)
        return open_ring(loop, debug);
    return -EINVAL;
}

/* ---- histories ------------------------------------------------------------ */

/*
 * The file that the environment names is that of the first loop of the process.  The
 * next ones have a number at its end.
 */
static const char *history_by_environment(const char *variable,
                                          atomic_uint *count, char *path,
                                          size_t size)
{
    const char *name = getenv(variable);
    unsigned n = name && *name ? atomic_fetch_add(count, 1) + 1 : 0;

    if (n > 1)
        snprintf(path, size, "%s.%u", name, n);
    else if (n == 1)
        snprintf(path, size, "%s", name);
    return n > 0 ? path : NULL;
}

static int record(struct coil_loop *loop, const char *path)
{
    int rc = coil__history_recorder_open(&loop->backend, path);

    if (rc < 0)
        loop->backend->ops->close(loop->backend);
    return rc;
}

static int complain(const char *variable, const char *path, int rc)
{
    coil__complain(variable, "%s: %s", path, coil_strerror(rc));
    return rc;
}

static int open_with_history(struct coil_loop *loop,
                             const struct coil_loop_options *options,
                             enum coil_backend backend, bool debug)
{
    static atomic_uint histories, replays;
    char path[PATH_MAX];
    const char *name;
    int rc;

    if (options->replay)
        return coil__replayer_open(&loop->backend, options->replay);
    name = history_by_environment("COIL_REPLAY", &replays, path, sizeof path);
    if (name) {
        rc = coil__replayer_open(&loop->backend, name);
        return rc < 0 ? complain("COIL_REPLAY", name, rc) : 0;
    }
    rc = open_kernel(loop, backend, debug);
    if (rc < 0)
        return rc;
    if (options->history)
        return record(loop, options->history);
    name =
        history_by_environment("COIL_HISTORY", &histories, path, sizeof path);
    if (!name)
        return 0;
    /* The program is what counts: it runs without. */
    rc = coil__history_recorder_open(&loop->backend, name);
    if (rc < 0)
        complain("COIL_HISTORY", name, rc);
    return 0;
}

static int open_backend(struct coil_loop *loop,
                        const struct coil_loop_options *options, bool debug)
{
    enum coil_backend backend = options->backend;

    if (backend == COIL_BACKEND_DEFAULT)
        backend = backend_by_environment();
    if (backend == COIL_BACKEND_SIMULATOR)
        return options->history || options->replay
                   ? -ENOTSUP
                   : open_simulator(loop, options);
    return open_with_history(loop, options, backend, debug);
}

/* The environment variable gives milliseconds. */
static coil_time slow_callback_duration(void)
{
    const char *text = getenv("COIL_WATCHDOG");
    long n = text ? strtol(text, NULL, 10) : 0;

    if (!text || n < 0 || n > INT_MAX)
        return SLOW_CALLBACK_DURATION;
    return n * COIL_MILLISECOND;
}

/* Somebody else has closed `fd`, which the backend is using. */
static void tell_lost(struct coil__backend *backend, int fd)
{
    struct coil_exception exception;
    char message[96];

    (void)backend;
    snprintf(message, sizeof message,
             "descriptor %d was closed by somebody else while it was in use",
             fd);
    exception = coil__exception(message, -EBADF, NULL);
    exception.cure = "close it when no task waits for it any more";
    coil__sink_tell(coil_scheduler_current(), &exception);
}

static const struct coil_loop_listener listener = {
    .interrupted = coil__run_interrupted,
    .forked = coil__thread_calls_forked,
    .search_cycles = coil__cycles_search,
};

/*
 * Every program with a loop must contain this table: other processes read it.
 */
__attribute__((used)) static const struct coil_introspection *const table =
    &coil_introspection;

enum coil_backend coil_loop_backend(const struct coil_loop *loop)
{
    return loop->backend->ops->kind;
}

int coil_loop_new(struct coil_loop **out,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    struct coil_loop *loop;
    bool debug;
    int rc;

    if (!options)
        options = &defaults;
    loop = coil__alloc(sizeof *loop);
    if (!loop)
        return -ENOMEM;
    debug = is_debug(options);
    rc = open_backend(loop, options, debug);
    if (rc < 0)
        goto free_loop;
    loop->scheduler.loop = loop;
    loop->scheduler.refuel = coil__turn_refuel;
    loop->listener = &listener;
    loop->backend->lost = tell_lost;
    coil_loop_set_debug(loop, debug);
    loop->no_watchdog = options->no_watchdog;
    /* An odd number: the loop does not run. */
    loop->watched.looks = 1;
    loop->watched.limit = slow_callback_duration();
    loop->close_limit =
        options->close_limit ? options->close_limit : CLOSE_LIMIT;
    coil__loops_add(loop);
    coil__panic_ask(coil__report_who);
    coil__record_by_environment(loop);
    *out = loop;
    return 0;

free_loop:
    coil__free(loop);
    return rc;
}

/* ---- running -------------------------------------------------------------- */

int coil_loop_run_forever(struct coil_loop *loop)
{
    int rc = coil__loop_run(loop);

    if (rc == -EDEADLK && !coil__circle_has_told(loop))
        coil__report_deadlock(loop);
    return rc;
}

static void stop_when_done(struct coil_future *future, void *arg)
{
    (void)future;
    coil_loop_stop(arg);
}

/* As coil_future_add_done_callback(), which needs a loop that runs. */
static void arrange_stop(struct coil_loop *loop, struct coil_future *future,
                         struct coil_future_callback *callback)
{
    struct coil_thread *self = coil__thread();
    struct coil_scheduler *running = self->scheduler;

    self->scheduler = &loop->scheduler;
    coil_future_add_done_callback(future, callback, stop_when_done, loop);
    self->scheduler = running;
}

int coil_loop_run_until_done(struct coil_loop *loop, struct coil_future *future)
{
    struct coil_future_callback callback = { .fn = NULL };
    int rc;

    if (loop->scheduler.forked)
        return -EBADF;
    if (coil_scheduler_current())
        return -EBUSY;
    arrange_stop(loop, future, &callback);
    rc = coil_loop_run_forever(loop);
    coil_future_remove_done_callback(future, &callback);
    if (future->done)
        return coil_future_result(future, NULL);
    return rc < 0 ? rc : -EINTR;
}

int coil_loop_run_until_complete(struct coil_loop *loop, coil_fn fn, void *arg)
{
    const struct coil_task_options options = {
        .stack_size = COIL_MAIN_STACK_SIZE,
    };
    struct coil_task *task;
    int rc;

    if (loop->scheduler.forked)
        return -EBADF;
    if (coil_scheduler_current())
        return -EBUSY;
    rc = coil_loop_create_task_at(loop, &task, fn, arg, &options,
                                  "coil_loop_run_until_complete()");
    if (rc < 0)
        return rc;
    loop->main_task = task;
    rc = coil_loop_run_until_done(loop, &task->future);
    loop->main_task = NULL;
    coil_task_release(task);
    return rc;
}

int coil_loop_close(struct coil_loop *loop, struct coil_loop_report *report)
{
    return coil__loop_close(loop, report, true);
}

void coil_loop_stop_threadsafe(struct coil_loop *loop)
{
    coil__loops_lock();
    if (coil__loops_find(loop)) {
        atomic_store_explicit(&loop->stop_requested, true,
                              memory_order_release);
        loop->backend->ops->wake(loop->backend);
    }
    coil__loops_unlock();
}
