/* SPDX-License-Identifier: MIT */
/*
 * close.c - the end of a loop, and what it finds left behind
 *
 * All that is left behind is reported to the exception handler while it still
 * exists.  coil_run() ends the tasks and timers that are left when the main
 * task has ended: that is normal, so it reports them in debug mode only.
 */
#include "run/close.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cross/shared.h"
#include "trace/symbols.h"
#include "task/cancel.h"
#include "run/drive.h"
#include "run/kept.h"
#include "run/record.h"
#include "loop/handle.h"
#include "loop/hooks.h"
#include "loop/circle.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/task.h"
#include "testing/testing.h"
#include "sched/closed.h"
#include "sched/sink.h"
#include "sched/small.h"
#include "sched/thread.h"
#include "threads/threadsafe.h"
#include "inspect/deadlock.h"
#include "inspect/watchdog.h"
#include "backend/open.h"

enum { TOLD_MAX = 10, LAST_TURNS = 4 };

/* ---- telling -------------------------------------------------------------- */

static void tell(struct coil_loop *loop, const char *message,
                 const void *object, const char *cure)
{
    struct coil_exception exception = coil__exception(message, 0, object);

    exception.cure = cure;
    coil__sink_tell(&loop->scheduler, &exception);
}

static void tell_of_task(struct coil_loop *loop, const char *message,
                         struct coil_task *task, const char *cure)
{
    struct coil_exception exception = coil__task_exception(message, 0, task);

    exception.cure = cure;
    coil__sink_tell(&loop->scheduler, &exception);
}

static void tell_how_many_more(struct coil_loop *loop, size_t count,
                               const char *what)
{
    char message[96];

    if (count <= TOLD_MAX)
        return;
    snprintf(message, sizeof message, "%zu more %s left when the loop closed",
             count - TOLD_MAX, what);
    tell(loop, message, NULL, NULL);
}

static void tell_of_tasks(struct coil_loop *loop)
{
    size_t count = 0;

    for (struct coil_task *t = coil__task_first(&loop->scheduler); t;
         t = coil__task_next(t)) {
        if (++count <= TOLD_MAX)
            tell_of_task(loop, "a task had not ended when the loop was closed",
                         t, "await it, or make it in a task group");
    }
    tell_how_many_more(loop, count, "tasks");
}

/* Report the function that the timer calls: who armed it is unknown. */
static void tell_of_timer(struct coil_loop *loop,
                          const struct coil_handle *handle)
{
    struct coil_symbols symbols = { .count = 0 };
    struct coil_symbol symbol;
    char message[256];
    uintptr_t fn = (uintptr_t)handle->call.fn;

    if (coil__symbols_find(&symbols, fn, &symbol))
        snprintf(message, sizeof message,
                 "a timer was armed when the loop was closed: it calls %s "
                 "(%s+0x%llx)",
                 symbol.name ? symbol.name : "?", symbol.object,
                 (unsigned long long)symbol.offset);
    else
        snprintf(message, sizeof message,
                 "a timer was armed when the loop was closed: it calls 0x%llx",
                 (unsigned long long)fn);
    tell(loop, message, handle, "coil_handle_cancel() is missing");
    coil__symbols_fini(&symbols);
}

/* "127.0.0.1 port 80". */
static void print_address(const struct coil_address *address, char *text,
                          size_t size)
{
    char host[128];
    char port[16];

    if (getnameinfo((const struct sockaddr *)&address->storage, address->length,
                    host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, size, "%s port %s", host, port);
}

static void tell_of_socket(struct coil_loop *loop, const struct coil_open *open)
{
    struct coil__backend *backend = loop->backend;
    struct coil_address address;
    char where[160] = "an unknown address";
    char message[256];
    const char *word = "connected to";

    if (backend->ops->peer_address(backend, open->fd, &address) == 0) {
        print_address(&address, where, sizeof where);
    } else if (backend->ops->local_address(backend, open->fd, &address) == 0) {
        word = "on";
        print_address(&address, where, sizeof where);
    }
    snprintf(message, sizeof message,
             "a %s was left open when the loop was closed: descriptor %d, %s "
             "%s",
             open->kind, open->fd, word, where);
    tell(loop, message, NULL, "close it before the loop ends");
}

static void tell_of_sockets(struct coil_loop *loop)
{
    size_t count = 0;

    for (struct coil_hook *at = loop->backend->open; at; at = at->next) {
        if (++count <= TOLD_MAX)
            tell_of_socket(
                loop, coil__container_of(at, const struct coil_open, hook));
    }
    tell_how_many_more(loop, count, "streams and listeners");
}

/* ---- ending --------------------------------------------------------------- */

static void tell_of_unending(void *arg)
{
    struct coil_loop *loop = arg;
    size_t count = 0;

    for (struct coil_task *t = coil__task_first(&loop->scheduler);
         t && count++ < TOLD_MAX; t = coil__task_next(t))
        tell_of_task(loop, "a task goes on, one second after it was cancelled",
                     t, "return when a call returns -ECANCELED");
}

/* In a child of fork() the loop is the parent's, and yet the handle must leave it. */
static void give_up(struct coil_loop *loop, struct coil_handle *handle)
{
    if (!loop->scheduler.forked)
        coil_handle_cancel(handle);
    else if (handle->call.state == COIL__HANDLE_ARMED)
        coil__timers_remove(&loop->timers, handle);
}

/* All tasks are cancelled: run until they have ended. */
static int run_to_end(struct coil_loop *loop)
{
    struct coil_handle patience = { .when = 0 };
    int rc;

    if (loop->scheduler.debug)
        coil_loop_call_later(loop, &patience, COIL_SECOND, tell_of_unending,
                             loop);
    rc = coil__loop_run(loop);
    give_up(loop, &patience);
    return rc;
}

static int end_tasks(struct coil_loop *loop, bool tells)
{
    int rc;

    if (tells)
        tell_of_tasks(loop);
    loop->report.tasks_cancelled = loop->scheduler.task_count;
    coil__cancel_all(&loop->scheduler);
    loop->scheduler.closing = true;
    /* A run needs memory; a loop without tasks must close without. */
    rc = loop->scheduler.task_count > 0 ? run_to_end(loop) : 0;
    if (rc == -EDEADLK && !coil__circle_has_told(loop))
        coil__report_deadlock(loop);
    return rc;
}

static bool has_calls(const struct coil_loop *loop)
{
    return !coil__scheduler_is_idle(&loop->scheduler) ||
           atomic_load_explicit(&loop->inbox, memory_order_relaxed);
}

/*
 * Calls that the last steps have made due are still made, and calls that become
 * due by those, for as many turns as asyncio.run() takes to shut down
 * generators and threads.
 */
static void run_last_turns(struct coil_loop *loop)
{
    int rc = 0;

    for (int n = 0; n < LAST_TURNS && rc == 0 && has_calls(loop); n++)
        rc = coil__loop_run_turn(loop);
}

/* The tasks that are left can neither be cancelled nor run any more. */
static void abandon_tasks(struct coil_loop *loop)
{
    for (struct coil_task *t = coil__task_first(&loop->scheduler); t;
         t = coil__task_next(t)) {
        t->co.state = COIL_COROUTINE_DONE;
        t->co.scheduler = NULL;
    }
}

static void call_hooks(struct coil_loop *loop)
{
    while (loop->hooks) {
        struct coil_loop_hook *hook =
            coil__container_of(loop->hooks, struct coil_loop_hook, hook);

        coil__loop_unhook(hook);
        hook->fn(hook);
    }
}

/* Disarm all timers: the handles belong to their owners again. */
static void end_timers(struct coil_loop *loop, bool tells)
{
    struct coil_handle *first;
    size_t count = 0;

    coil__loop_arm_noted(loop, coil__loop_now(loop));
    while ((first = coil__timers_first(&loop->timers))) {
        if (++count <= TOLD_MAX && tells)
            tell_of_timer(loop, first);
        coil_handle_cancel(first);
    }
    if (tells)
        tell_how_many_more(loop, count, "timers");
    loop->report.timers_armed = count;
}

/* The loop belongs to the parent: its parts may be locked for ever. */
static int forget_all(struct coil_loop *loop)
{
    abandon_tasks(loop);
    return -EBADF;
}

static int end_all(struct coil_loop *loop, bool tells)
{
    int rc;

    rc = end_tasks(loop, tells);
    if (rc == 0)
        run_last_turns(loop);
    /* A task has forked, and this is the child. */
    if (loop->scheduler.forked)
        return forget_all(loop);
    abandon_tasks(loop);
    coil__thread_calls_close(loop);
    coil__shared_end(loop);
    call_hooks(loop);
    coil__watchdog_remove(loop);
    coil__loop_empty_inbox(loop);
    end_timers(loop, tells);
    coil__loop_drop_handles(loop);
    tell_of_sockets(loop);
    return rc;
}

int coil__loop_close(struct coil_loop *loop, struct coil_loop_report *report,
                     bool tells)
{
    int rc;

    if (loop->scheduler.running || coil_scheduler_current())
        return -EBUSY;
    coil__loops_shut(loop);
    rc = loop->scheduler.forked ? forget_all(loop) : end_all(loop, tells);
    coil__kept_count(loop);
    if (loop->scheduler.debug && !loop->scheduler.forked)
        coil__small_tell();
    loop->report.errors_unseen = loop->scheduler.errors_unseen;
    loop->report.descriptors_open = loop->backend->sockets;
    if (report)
        *report = loop->report;
    coil__record_end(loop);
    coil__loops_remove(loop);
    /* Drop what was posted since.  Nobody can post any more. */
    if (!loop->scheduler.forked)
        coil__loop_drop_handles(loop);
    loop->backend->ops->close(loop->backend);
    coil__testing_close(loop);
    coil__timers_fini(&loop->timers);
    coil__closed_drop(&loop->scheduler);
    coil__free(loop);
    coil__thread_free_stacks();
    return rc;
}
