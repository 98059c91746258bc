/* SPDX-License-Identifier: MIT */
/*
 * threadsafe.c - calls that other threads make of a loop
 *
 * The mutex of the list of all loops guards all calls and those who wait for
 * them.  While it is held no loop is closed, and a call that has a loop is in
 * that loop's list.  When a call is in no queue of its loop any more, the
 * loop's thread takes it out of the list.  Then the call is done, and its
 * memory may be gone as soon as the mutex is released.  So those who wait get
 * the result under the mutex, and afterwards each looks only at its own record.
 */
#include "threads/threadsafe.h"

#include <errno.h>

#include "base/list.h"
#include "loop/circle.h"
#include "loop/handle.h"
#include "loop/hooks.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "sched/sink.h"
#include "task/task.h"
#include "task/task_owner.h"
#include "sched/wait.h"
#include "threads/cond.h"
#include "backend/sys.h"

/* Lies on the stack of a thread that waits, or of a task of another loop. */
struct coil_thread_waiter {
    struct coil_thread_call *call;
    struct coil_link link; /* in the call's list */
    bool is_told;          /* out of the list; the call may be gone */
    int result;
    pthread_cond_t *woken;  /* of a thread that waits, or NULL */
    struct coil_loop *loop; /* of a task that waits */
    struct coil_handle handle;
    struct coil_loop_hook hook; /* if the loop ends before the task */
    struct coil_waiter waiter;
};

static struct coil_thread_call *call_of(struct coil_hook *hook)
{
    return hook ? coil__container_of(hook, struct coil_thread_call, hook)
                : NULL;
}

/* ---- the end of a call ---------------------------------------------------- */

/* The call is done: only its owner may touch it now. */
static void wake_task(void *arg)
{
    struct coil_thread_waiter *w = arg;

    coil__decide(&w->waiter, w->result == -ECANCELED ? -ECANCELED : 0);
}

/*
 * The mutex is held.  A task of another loop goes on without it, and the call may
 * be gone as soon as the first one is told.
 */
static void complete(struct coil_thread_call *call, int result)
{
    struct coil_list waiters = call->waiters;
    struct coil_link *first;

    coil__hook_remove(&call->hook);
    call->waiters = (struct coil_list)COIL_LIST_INIT;
    call->loop = NULL;
    call->result = result;
    while ((first = coil__list_pop(&waiters))) {
        struct coil_thread_waiter *w =
            coil__container_of(first, struct coil_thread_waiter, link);

        w->is_told = true;
        w->result = result;
        if (w->woken)
            pthread_cond_signal(w->woken);
        else
            coil__loop_post(w->loop, &w->handle, wake_task, w);
    }
}

static void finish(struct coil_thread_call *call, int result)
{
    coil__loops_lock();
    if (call->is_cancelled)
        coil__loop_take_back(call->loop, &call->cancel);
    complete(call, result);
    coil__loops_unlock();
}

void coil__thread_calls_close(struct coil_loop *loop)
{
    struct coil_thread_call *call;

    coil__loops_lock();
    while ((call = call_of(loop->thread_calls))) {
        coil__loop_take_back(loop, &call->begin);
        coil__loop_take_back(loop, &call->cancel);
        if (call->task)
            coil__task_owner_remove(call->task);
        complete(call, -ECANCELED);
    }
    coil__loops_unlock();
}

/* The thread of the loop ends within a run: nothing of the loop runs now. */
void coil__thread_calls_lost(struct coil_loop *loop)
{
    coil__loops_lock();
    loop->shut = true;
    while (loop->thread_calls)
        complete(call_of(loop->thread_calls), -EOWNERDEAD);
    coil__loops_unlock();
}

/*
 * In a child of fork().  The list is sound, because the parent held the mutex
 * when it forked.  The stacks of the parent's other threads are still in place
 * here; they are reused later, when nothing here refers to them any more.
 */
void coil__thread_calls_forked(struct coil_loop *loop)
{
    for (struct coil_hook *at = loop->thread_calls; at; at = at->next) {
        struct coil_thread_call *call = call_of(at);

        call->loop = NULL;
        call->result = -ECANCELED;
        call->waiters = (struct coil_list)COIL_LIST_INIT;
        /*
         * The task is in order, and can end here, only if this thread was
         * running the loop.
         */
        if (loop->scheduler.running && call->task)
            coil__task_owner_remove(call->task);
    }
    loop->thread_calls = NULL;
}

/* ---- on the loop's thread ------------------------------------------------- */

static void ended(struct coil_task_owner *self, struct coil_task *task, int rc)
{
    (void)task;
    finish(coil__container_of(self, struct coil_thread_call, owner), rc);
}

static void report_failure(struct coil_loop *loop, int error, const char *site)
{
    struct coil_exception exception = coil__exception(
        "a call from another thread could not begin", error, NULL);

    exception.site = site;
    coil__sink_tell(&loop->scheduler, &exception);
}

static int make_task(struct coil_thread_call *call)
{
    const struct coil_task_options options = { .owner = &call->owner };
    int rc = coil_loop_create_task_at(call->loop, &call->task, call->fn,
                                      call->arg, &options, call->site);

    /* The loop has a reference, until the task has ended. */
    if (rc == 0)
        coil_task_release(call->task);
    return rc;
}

static void begin(void *arg)
{
    struct coil_thread_call *call = arg;
    struct coil_loop *loop = call->loop;
    bool is_cancelled;
    int rc;

    coil__loops_lock();
    is_cancelled = call->is_cancelled || loop->scheduler.closing;
    coil__loops_unlock();
    rc = is_cancelled ? -ECANCELED : make_task(call);
    if (rc < 0 && !is_cancelled)
        report_failure(loop, rc, call->site);
    if (rc < 0 && !loop->scheduler.forked)
        finish(call, rc);
}

static void cancel_task(void *arg)
{
    struct coil_thread_call *call = arg;

    coil_task_cancel(call->task);
}

/* ---- from any thread ------------------------------------------------------ */

int coil_run_threadsafe_at(struct coil_loop *loop,
                           struct coil_thread_call *call, coil_fn fn, void *arg,
                           const char *site)
{
    bool is_open;

    *call = (struct coil_thread_call){
        .owner.ended = ended, .loop = loop, .fn = fn, .arg = arg, .site = site
    };
    coil__loops_lock();
    is_open = coil__loops_has(loop);
    if (is_open) {
        coil__hook_push(&loop->thread_calls, &call->hook);
        coil__loop_post(loop, &call->begin, begin, call);
    }
    coil__loops_unlock();
    return is_open ? 0 : -ESHUTDOWN;
}

/* The mutex is held. */
static bool request_cancel(struct coil_thread_call *call)
{
    if (!call->loop)
        return false;
    if (!call->is_cancelled) {
        call->is_cancelled = true;
        coil__loop_post(call->loop, &call->cancel, cancel_task, call);
    }
    return true;
}

bool coil_thread_call_cancel(struct coil_thread_call *call)
{
    bool is_pending;

    coil__loops_lock();
    is_pending = request_cancel(call);
    coil__loops_unlock();
    return is_pending;
}

bool coil_thread_call_is_done(const struct coil_thread_call *call)
{
    bool is_done;

    coil__loops_lock();
    is_done = !call->loop;
    coil__loops_unlock();
    return is_done;
}

/* ---- waiting -------------------------------------------------------------- */

/* The mutex is held. */
static void link_waiter(struct coil_thread_waiter *w)
{
    coil__list_append(&w->call->waiters, &w->link);
}

/* The same, if the call is not done. */
static void unlink_waiter(struct coil_thread_waiter *w)
{
    if (!w->is_told)
        coil__list_remove(&w->call->waiters, &w->link);
}

/* The waiting thread is being cancelled, and holds the mutex again. */
static void stop_blocking(void *arg)
{
    struct coil_thread_waiter *w = arg;

    unlink_waiter(w);
    pthread_cond_destroy(w->woken);
    coil__loops_unlock();
}

/* The mutex is held, but not while waiting. */
static COIL_NOINLINE void await_word(struct coil_thread_waiter *w,
                                     coil_time deadline)
{
    bool in_time = true;

    while (!w->is_told && in_time)
        in_time = coil__cond_wait(w->woken, coil__loops_mutex(), deadline);
}

/* The thread can be cancelled here. */
static COIL_NOINLINE void block_until(struct coil_thread_waiter *w,
                                      coil_time deadline)
{
    pthread_cleanup_push(stop_blocking, w);
    await_word(w, deadline);
    pthread_cleanup_pop(0);
}

/* The mutex is held, but not while the thread blocks. */
static int block(struct coil_thread_call *call, coil_time deadline)
{
    struct coil_thread_waiter w = { .call = call, .result = -ETIMEDOUT };
    pthread_cond_t woken;

    coil__cond_init(&woken);
    w.woken = &woken;
    link_waiter(&w);
    block_until(&w, deadline);
    unlink_waiter(&w);
    pthread_cond_destroy(&woken);
    return w.result;
}

int coil_thread_call_wait(struct coil_thread_call *call, coil_time timeout)
{
    struct coil_loop *here = coil_loop_current();
    int rc;

    coil__loops_lock();
    if (call->loop && call->loop == here) {
        coil__loops_unlock();
        return -EDEADLK;
    }
    /* The clock of the system counts: a simulated loop does not change it. */
    if (call->loop && timeout > 0)
        rc = block(call, coil__time_add(coil__sys_now(), timeout));
    else
        rc = call->loop ? -ETIMEDOUT : call->result;
    coil__loops_unlock();
    return rc;
}

/*
 * Pass the request to the call, whose end decides the wait.  The request may
 * come too late there; then it stays untold here.
 */
static void cancel_awaited(struct coil_waiter *self)
{
    const struct coil_thread_waiter *w =
        coil__container_of(self, struct coil_thread_waiter, waiter);

    coil__loops_lock();
    if (!w->is_told)
        request_cancel(w->call);
    coil__loops_unlock();
}

/* The task will never go on: its loop ends first. */
static void forget_waiter(struct coil_loop_hook *hook)
{
    struct coil_thread_waiter *w =
        coil__container_of(hook, struct coil_thread_waiter, hook);

    coil__loops_lock();
    unlink_waiter(w);
    coil__loops_unlock();
}

int coil_thread_call_await(struct coil_thread_call *call)
{
    static const struct coil_wait_reason reason = { .name = "call" };
    struct coil_list queue = COIL_LIST_INIT;
    struct coil_thread_waiter w = { .call = call,
                                    .waiter = COIL_WAITER(&reason, call) };
    bool is_done;
    int rc;

    rc = coil__checkpoint_in_loop(&w.loop);
    if (rc < 0)
        return rc;
    w.waiter.cancel = cancel_awaited;
    w.hook.fn = forget_waiter;

    coil__loops_lock();
    is_done = !call->loop;
    if (is_done)
        w.result = call->result;
    else
        link_waiter(&w);
    coil__loops_unlock();
    if (is_done)
        return w.result;
    coil__loop_await_others(w.loop);
    coil__loop_at_close(w.loop, &w.hook);
    rc = coil__wait(&queue, &w.waiter);
    coil__loop_unhook(&w.hook);
    coil__loop_stop_awaiting(w.loop);
    return rc == 0 ? w.result : rc;
}
