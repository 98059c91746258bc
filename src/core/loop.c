/* SPDX-License-Identifier: MIT */
#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/panic.h"
#include "core/coroutine.h"
#include "core/future.h"
#include "core/inspect.h"
#include "core/loops.h"
#include "core/operation.h"
#include "core/report.h"
#include "core/task.h"
#include "core/thread.h"

enum { STEPS_BETWEEN_POLLS = 256 };

#define SLOW_CALLBACK_DURATION (100 * COIL_MILLISECOND)

/* How long to wait for calls in other threads when a loop is closed. */
#define CLOSE_LIMIT (5 * COIL_MINUTE)

/* ---- making --------------------------------------------------------------- */

static enum coil_backend backend_by_environment(void)
{
    const char *name = getenv("COIL_BACKEND");

    if (name && strcmp(name, "simulator") == 0)
        return COIL_BACKEND_SIMULATOR;
    return COIL_BACKEND_EPOLL;
}

static int open_poll(struct coil_loop *loop, enum coil_backend backend,
                     uint64_t seed)
{
    int rc;

    if (backend == COIL_BACKEND_DEFAULT)
        backend = backend_by_environment();
    if (backend == COIL_BACKEND_EPOLL)
        return coil__epoll_open(&loop->poll);
    if (backend != COIL_BACKEND_SIMULATOR)
        return -EINVAL;

    rc = coil__simulator_open(&loop->poll, seed);
    if (rc < 0)
        return rc;
    rc = coil__testing_open(loop, seed);
    if (rc < 0)
        loop->poll->ops->close(loop->poll);
    return rc;
}

/* The environment says how many milliseconds. */
static coil_time slow_callback_duration(void)
{
    const char *text = getenv("COIL_WATCHDOG");
    long n = text ? strtol(text, NULL, 10) : 0;

    if (!text || n < 0 || n > INT_MAX)
        return SLOW_CALLBACK_DURATION;
    return n * COIL_MILLISECOND;
}

int coil_loop_new(struct coil_loop **out,
                  const struct coil_loop_options *options)
{
    static const struct coil_loop_options defaults;
    const char *debug = getenv("COIL_DEBUG");
    struct coil_loop *loop;
    int rc;

    if (!options)
        options = &defaults;
    loop = coil__alloc(sizeof *loop);
    if (!loop)
        return -ENOMEM;
    rc = open_poll(loop, options->backend, options->seed);
    if (rc < 0)
        goto free_loop;
    loop->scheduler.loop = loop;
    loop->debug = options->debug || (debug && strcmp(debug, "1") == 0);
    loop->stepwise = loop->testing || loop->debug;
    loop->no_watchdog = options->no_watchdog;
    /* Odd: it does not run. */
    loop->watched.looks = 1;
    loop->watched.limit = slow_callback_duration();
    loop->close_limit =
        options->close_limit ? options->close_limit : CLOSE_LIMIT;
    coil__loops_add(loop);
    coil__panic_ask(coil__report_who);
    *out = loop;
    return 0;

free_loop:
    coil__free(loop);
    return rc;
}

/* ---- asking --------------------------------------------------------------- */

struct coil_loop *coil_loop_current(void)
{
    return coil__loop_of(coil_scheduler_current());
}

bool coil_loop_is_running(const struct coil_loop *loop)
{
    return loop->running;
}

void coil__loop_check_thread(const struct coil_loop *loop, const char *function)
{
    if (loop->forked)
        coil__panic(function, "the loop belongs to the parent process");
    if (loop->running && !pthread_equal(loop->thread, pthread_self()))
        coil__panic(function, "the loop belongs to another thread; use "
                              "coil_loop_call_soon_threadsafe()");
}

struct coil_scheduler *coil_loop_scheduler(struct coil_loop *loop)
{
    return &loop->scheduler;
}

struct coil_poll *coil__poll_current(void)
{
    struct coil_loop *loop = coil_loop_current();

    return loop ? loop->poll : NULL;
}

void coil_loop_set_slow_callback_duration(struct coil_loop *loop,
                                          coil_time duration)
{
    atomic_store_explicit(&loop->watched.limit, duration > 0 ? duration : 0,
                          memory_order_relaxed);
}

coil_time coil_loop_slow_callback_duration(const struct coil_loop *loop)
{
    return atomic_load_explicit(&loop->watched.limit, memory_order_relaxed);
}

coil_time coil__loop_now(struct coil_loop *loop)
{
    return loop->poll->ops->now(loop->poll);
}

void coil_loop_hold(struct coil_loop *loop)
{
    COIL_CHECK_THREAD(loop);
    loop->poll->holds++;
}

void coil_loop_release(struct coil_loop *loop)
{
    COIL_CHECK_THREAD(loop);
    loop->poll->holds--;
}

/* ---- turns ---------------------------------------------------------------- */

/* The watchdog reads it. */
static void set_steps_left(struct coil_loop *loop, size_t steps)
{
    __atomic_store_n(&loop->steps_left, steps, __ATOMIC_RELAXED);
}

/* Steps are accounted when they are granted, not when they are made. */
bool coil__loop_refuel(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    size_t grant;

    if (loop->stepwise)
        return false;
    if (loop->turn_left == 0) {
        if (loop->stopping || loop->guest)
            return false;
        loop->turn_left = s->ready_count;
    }
    grant =
        loop->turn_left < loop->steps_left ? loop->turn_left : loop->steps_left;
    loop->turn_left -= grant;
    set_steps_left(loop, loop->steps_left - grant);
    coil__scheduler_fill(s, grant);
    return grant > 0;
}

static void run_ready(struct coil_loop *loop)
{
    struct coil_scheduler *s = &loop->scheduler;
    struct coil_runnable *r;

    while (s->fuel > 0 || coil__loop_refuel(loop)) {
        coil__scheduler_burn(s);
        r = coil__scheduler_pop(s);
        if (!r) {
            /* Cancelled handles left the turn shorter than it was. */
            coil__scheduler_fill(s, 0);
            loop->turn_left = 0;
            return;
        }
        r->run(r);
    }
}

static void check_step(struct coil_loop *loop, coil_time duration)
{
    coil_time limit = coil_loop_slow_callback_duration(loop);
    struct coil_exception exception = { .error = 0 };
    char message[96];

    if (limit <= 0 || duration <= limit)
        return;
    snprintf(message, sizeof message,
             "a step took %lld ms, more than slow_callback_duration, %lld ms",
             (long long)(duration / COIL_MILLISECOND),
             (long long)(limit / COIL_MILLISECOND));
    exception.message = message;
    coil_loop_call_exception_handler(loop, &exception);
}

/* One turn in which every step returns to the loop, to be looked at. */
static void run_stepwise(struct coil_loop *loop)
{
    size_t turn = loop->scheduler.ready_count;

    for (; turn > 0 && !loop->forked; turn--) {
        coil_time before = loop->debug ? coil__loop_now(loop) : 0;
        struct coil_runnable *r = loop->testing
                                      ? coil__testing_pick(loop)
                                      : coil__scheduler_pop(&loop->scheduler);

        if (!r)
            return;
        coil__watched_look(&loop->watched);
        coil__watched_look(&loop->watched);
        r->run(r);
        if (loop->debug)
            check_step(loop, coil__loop_now(loop) - before);
        if (loop->testing)
            coil__testing_after_step(loop);
    }
}

static void see_signals(struct coil_loop *loop)
{
    if (atomic_exchange_explicit(&loop->stop_requested, false,
                                 memory_order_acquire))
        loop->stopping = true;
    if (atomic_exchange_explicit(&loop->signalled, 0, memory_order_relaxed) >
            0 &&
        loop->main_task && coil_task_cancel(loop->main_task))
        loop->interrupts++;
    /* An exchange is dear, and signals are rare. */
    if (atomic_load_explicit(&loop->signals_pending, memory_order_relaxed) &&
        atomic_exchange_explicit(&loop->signals_pending, false,
                                 memory_order_acquire))
        coil__signals_deliver(loop);
}

/* Nothing is ready: wait, until `limit` at most.  Else only look. */
static int look_outside(struct coil_loop *loop, coil_time limit)
{
    const struct coil_poll_ops *ops = loop->poll->ops;
    struct coil_handle *first = coil__timers_first(&loop->timers);
    coil_time deadline = first && first->when < limit ? first->when : limit;
    int rc;

    coil__loop_empty_inbox(loop);
    if (loop->scheduler.head || loop->stopping)
        deadline = INT64_MIN;
    else if (loop->testing && coil__testing_settled(loop))
        deadline = INT64_MIN;
    else
        coil__stack_trim(coil__thread()->stacks);

    coil__watched_look(&loop->watched);
    rc = ops->wait(loop->poll, deadline);
    set_steps_left(loop, STEPS_BETWEEN_POLLS);
    coil__watched_look(&loop->watched);
    coil__watchdog_is_needed();
    coil__loop_empty_inbox(loop);
    see_signals(loop);
    coil__loop_fire_timers(loop);
    return rc;
}

static bool is_over(const struct coil_loop *loop)
{
    if (loop->closing)
        return loop->scheduler.task_count == 0;
    return loop->stopping && loop->turn_left == 0 && loop->scheduler.fuel == 0;
}

/*
 * What was here before the loop runs: nothing, unless it is a guest, or runs in
 * a child that was forked by a task.
 */
struct before {
    struct coil_scheduler *scheduler;
    struct coil_coroutine *current;
    struct coil_context *base;
};

static int enter(struct coil_loop *loop, struct before *before)
{
    struct coil_thread *self = coil__thread();

    if (loop->forked)
        return -EBADF;
    if (loop->running)
        return -EBUSY;
    if (!coil__thread_stacks())
        return -ENOMEM;
    *before = (struct before){ self->scheduler, self->current, self->base };
    self->scheduler = &loop->scheduler;
    if (self->current)
        self->base = &self->current->context;
    self->current = NULL;
    loop->running = true;
    loop->thread = pthread_self();
    loop->turn_left = 0;
    coil__scheduler_fill(&loop->scheduler, 0);
    coil__watchdog_add(loop, __builtin_frame_address(0));
    coil__watched_look(&loop->watched);
    return 0;
}

static void leave(struct coil_loop *loop, const struct before *before)
{
    struct coil_thread *self = coil__thread();

    coil__watched_look(&loop->watched);
    loop->stopping = false;
    loop->running = false;
    self->scheduler = before->scheduler;
    self->current = before->current;
    self->base = before->base;
    if (loop->forked)
        self->forked = before->scheduler;
    if (!before->scheduler)
        coil__thread_free_stacks();
}

static int turn(struct coil_loop *loop, coil_time limit)
{
    int rc = look_outside(loop, limit);

    if (rc < 0 && !loop->scheduler.head)
        return rc;
    /* A stop from before the run leaves it one turn. */
    if (loop->turn_left == 0)
        loop->turn_left = loop->scheduler.ready_count;
    if (loop->stepwise) {
        loop->turn_left = 0;
        run_stepwise(loop);
    } else {
        run_ready(loop);
    }
    return loop->forked ? -EBADF : 0;
}

int coil__loop_run(struct coil_loop *loop)
{
    struct before before;
    int rc;

    if (coil_scheduler_current())
        return -EBUSY;
    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    if (!loop->closing || !is_over(loop)) {
        do
            rc = turn(loop, COIL_NEVER);
        while (rc == 0 && !is_over(loop));
    }
    leave(loop, &before);
    return rc;
}

int coil__loop_run_once(struct coil_loop *loop, coil_time limit)
{
    struct before before;
    bool stopped;
    int rc;

    rc = enter(loop, &before);
    if (rc < 0)
        return rc;
    loop->guest = true;
    rc = turn(loop, limit);
    loop->guest = false;
    stopped = loop->stopping;
    leave(loop, &before);
    return rc == 0 && stopped ? -EINTR : rc;
}

/* ---- running -------------------------------------------------------------- */

void coil_loop_stop(struct coil_loop *loop)
{
    COIL_CHECK_THREAD(loop);
    loop->stopping = true;
}

int coil_loop_run_forever(struct coil_loop *loop)
{
    int rc = coil__loop_run(loop);

    if (rc == -EDEADLK)
        coil__report_deadlock(loop);
    return rc;
}

static void stop_when_done(struct coil_future *future, void *arg)
{
    (void)future;
    coil_loop_stop(arg);
}

/* As coil_future_add_done_callback(), before the loop runs. */
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
    struct coil_future_callback callback = { .next = NULL };
    int rc;

    if (loop->forked)
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

int coil_loop_create_task_at(struct coil_loop *loop, struct coil_task **out,
                             coil_fn fn, void *arg,
                             const struct coil_task_options *options,
                             const char *site)
{
    struct coil_thread *self = coil__thread();
    struct coil_scheduler *running = self->scheduler;
    int rc;

    COIL_CHECK_THREAD(loop);
    self->scheduler = &loop->scheduler;
    rc = coil__task_create(out, fn, arg, options, site, NULL);
    self->scheduler = running;
    return rc;
}

int coil_loop_run_until_complete(struct coil_loop *loop, coil_fn fn, void *arg)
{
    struct coil_task *task;
    int rc;

    if (loop->forked)
        return -EBADF;
    if (coil_scheduler_current())
        return -EBUSY;
    rc = coil_loop_create_task_at(loop, &task, fn, arg, NULL,
                                  "coil_loop_run_until_complete()");
    if (rc < 0)
        return rc;
    loop->main_task = task;
    rc = coil_loop_run_until_done(loop, &task->future);
    loop->main_task = NULL;
    coil_task_release(task);
    return rc;
}
