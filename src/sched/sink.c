/* SPDX-License-Identifier: MIT */
#include "sched/sink.h"

#include <stdatomic.h>
#include <stdio.h>

#include <coil/error.h>
#include <coil/scheduler.h>

#include "context/switch.h"
#include "sched/call.h"
#include "sched/coroutine.h"
#include "sched/local.h"

static const char *name_of(struct coil_coroutine *co)
{
    return co->driver->name(co);
}

void coil__sink_write(const struct coil_exception *e)
{
    fputs("coil: ", stderr);
    if (e->function)
        fprintf(stderr, "%s: ", e->function);
    fputs(e->message, stderr);
    if (e->place)
        fprintf(stderr, ", %s", e->place);
    /* The text of an error says nothing more of a mistake. */
    if (e->error < 0 && !e->function)
        fprintf(stderr, ": %s", coil_strerror(e->error));
    if (e->task)
        fprintf(stderr, " (task '%s'",
                name_of(coil__coroutine_of_task(e->task)));
    if (e->task && e->site)
        fprintf(stderr, " made at %s", e->site);
    if (e->task)
        fputc(')', stderr);
    if (e->object)
        fprintf(stderr, " [%p]", e->object);
    if (e->cure)
        fprintf(stderr, ": %s", e->cure);
    fputc('\n', stderr);
}

struct call {
    struct coil_scheduler *scheduler;
    const struct coil_exception *exception;
};

static void call_function(void *arg)
{
    const struct call *call = arg;

    call->scheduler->exception_fn(call->scheduler->loop, call->exception,
                                  call->scheduler->exception_arg);
}

static struct coil_coroutine *current(void)
{
    return coil__thread()->current;
}

/*
 * The exception may concern a task other than the running one: the function sees
 * the values of that task.
 */
static void call_behind_guard(struct coil_scheduler *scheduler,
                              const struct coil_exception *exception)
{
    struct coil_task *running = current() ? current()->task : NULL;
    bool is_other = exception->task && exception->task != running;
    struct coil_locals *before = NULL;
    struct call call = { scheduler, exception };

    if (is_other)
        before =
            coil__locals_swap(coil__coroutine_of_task(exception->task)->locals);
    coil__guard_void(call_function, &call);
    if (is_other)
        coil__locals_put_back(before);
}

static void tell(void *arg)
{
    const struct call *call = arg;

    if (call->scheduler && call->scheduler->exception_fn)
        call_behind_guard(call->scheduler, call->exception);
    else
        coil__sink_write(call->exception);
}

/* Handlers print, as a rule, which takes more than a small stack has. */
void coil__sink_tell(struct coil_scheduler *scheduler,
                     const struct coil_exception *exception)
{
    struct call call = { scheduler, exception };

    coil__coroutine_call_off(tell, &call);
}

void coil__sink_tell_unseen(const struct coil_exception *exception)
{
    struct coil_scheduler *scheduler = coil_scheduler_current();

    if (scheduler)
        scheduler->errors_unseen++;
    coil__sink_tell(scheduler, exception);
}

void coil__report(struct coil_scheduler *scheduler, const char *message,
                  int error, const void *object)
{
    const struct coil_exception exception =
        coil__exception(message, error, object);

    coil__sink_tell(scheduler ? scheduler : coil_scheduler_current(),
                    &exception);
}

/* ---- mistakes ------------------------------------------------------------- */

struct mistake {
    const struct coil_misuse *misuse;
    const void *object;
};

/*
 * The place of a call is looked for some times only: a program may make the same
 * mistake for ever.
 */
static bool may_look_for_place(void)
{
    enum { TIMES = 100 };
    static atomic_uint times;

    return atomic_load_explicit(&times, memory_order_relaxed) < TIMES &&
           atomic_fetch_add_explicit(&times, 1, memory_order_relaxed) < TIMES;
}

static void tell_misuse(void *arg)
{
    const struct mistake *mistake = arg;
    const struct coil_misuse *misuse = mistake->misuse;
    struct coil_coroutine *co = current();
    struct coil_call call = { .function = "" };
    struct coil_exception exception =
        coil__exception(misuse->message, misuse->error, mistake->object);

    if (may_look_for_place())
        coil__call_find(&call, misuse->function);
    exception.function = call.function[0] ? call.function : misuse->function;
    exception.place = call.place[0] ? call.place : NULL;
    exception.cure = misuse->cure;
    if (co) {
        exception.task = co->task;
        exception.site = co->site;
    }
    coil__sink_tell(coil_scheduler_current(), &exception);
}

void coil__report_misuse(const struct coil_misuse *misuse, const void *object)
{
    struct mistake mistake = { misuse, object };

    coil__coroutine_call_off(tell_misuse, &mistake);
}

void coil__report_in_debug(const struct coil_misuse *misuse, const void *object)
{
    const struct coil_scheduler *scheduler = coil_scheduler_current();

    if (scheduler && scheduler->debug)
        coil__report_misuse(misuse, object);
}

const char *coil__report_who(void)
{
    static _Thread_local char text[64];
    struct coil_coroutine *co = current();

    if (!co || !co->task)
        return NULL;
    snprintf(text, sizeof text, "task '%s'", name_of(co));
    return text;
}
