/* SPDX-License-Identifier: MIT */
#include "core/report.h"

#include <stdio.h>

#include <coil/error.h>

#include "core/callback.h"
#include "core/local.h"
#include "core/loop.h"
#include "core/task.h"
#include "core/wait.h"

void coil_loop_default_exception_handler(struct coil_loop *loop,
                                         const struct coil_exception *e)
{
    (void)loop;
    fprintf(stderr, "coil: %s", e->message);
    if (e->error < 0)
        fprintf(stderr, ": %s", coil_strerror(e->error));
    if (e->task)
        fprintf(stderr, " (task '%s'", coil_task_name(e->task));
    if (e->task && e->site)
        fprintf(stderr, " made at %s", e->site);
    if (e->task)
        fputc(')', stderr);
    if (e->object)
        fprintf(stderr, " [%p]", e->object);
    fputc('\n', stderr);
}

void coil_loop_set_exception_handler(struct coil_loop *loop,
                                     coil_exception_fn fn, void *arg)
{
    loop->scheduler.exception_fn = fn;
    loop->scheduler.exception_arg = arg;
}

struct call {
    struct coil_loop *loop;
    const struct coil_exception *exception;
};

static void call_function(void *arg)
{
    const struct call *call = arg;

    call->loop->scheduler.exception_fn(call->loop, call->exception,
                                       call->loop->scheduler.exception_arg);
}

/* What it is about may be another than what runs. */
static void call_handler(struct coil_loop *loop,
                         const struct coil_exception *exception)
{
    bool is_other = exception->task && exception->task != coil_current_task();
    struct coil_locals *before = NULL;
    struct call call = { loop, exception };

    if (is_other)
        before = coil__locals_swap(exception->task->co.locals);
    coil__guard_void(call_function, &call);
    if (is_other)
        coil__locals_put_back(before);
}

void coil_loop_call_exception_handler(struct coil_loop *loop,
                                      const struct coil_exception *exception)
{
    if (!loop)
        loop = coil_loop_current();
    if (loop && loop->scheduler.exception_fn)
        call_handler(loop, exception);
    else
        coil_loop_default_exception_handler(loop, exception);
}

#define ABANDONED "error in a shielded future nobody waits for"

void coil__report_abandoned(struct coil_future *future, int error)
{
    struct coil_loop *loop = coil_loop_current();
    const struct coil_exception exception = {
        .message = ABANDONED,
        .error = error,
        .future = future,
    };

    if (loop)
        loop->scheduler.errors_unseen++;
    coil_loop_call_exception_handler(loop, &exception);
}

void coil__report_unseen(struct coil_task *task, int error)
{
    struct coil_loop *loop = coil_loop_current();
    const struct coil_exception exception = {
        .message = task->future.abandoned
                       ? ABANDONED
                       : "a task's error was never looked at",
        .error = error,
        .task = task,
        .future = &task->future,
        .site = task->site,
    };

    if (loop)
        loop->scheduler.errors_unseen++;
    coil_loop_call_exception_handler(loop, &exception);
}

void coil__report_misuse(const char *message, int error, const void *object)
{
    struct coil_task *task = coil_current_task();
    const struct coil_exception exception = {
        .message = message,
        .error = error,
        .task = task,
        .object = object,
        .site = task ? task->site : NULL,
    };

    coil_loop_call_exception_handler(NULL, &exception);
}

void coil__report_lost(struct coil_poll *poll, int fd)
{
    char message[96];
    const struct coil_exception exception = {
        .message = message,
        .error = -EBADF,
    };

    (void)poll;
    snprintf(message, sizeof message,
             "descriptor %d was closed by somebody else while it was in use",
             fd);
    coil_loop_call_exception_handler(NULL, &exception);
}

const char *coil__report_who(void)
{
    static _Thread_local char text[COIL_TASK_NAME + 16];
    struct coil_task *task = coil_current_task();

    if (!task)
        return NULL;
    snprintf(text, sizeof text, "task '%s'", coil_task_name(task));
    return text;
}
