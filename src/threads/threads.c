/* SPDX-License-Identifier: MIT */
#include "threads/threads.h"

#include <errno.h>
#include <signal.h>

#include "base/memory.h"
#include "base/platform.h"
#include "sched/local.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "loop/operation.h"
#include "sched/thread.h"
#include "threads/link.h"
#include "base/fork.h"

/* ---- the threads ------------------------------------------------------ */

/* What the parent's threads left in the memory of a child is nothing to it. */
static void renew(struct coil__threads *t)
{
    unsigned forks = coil__fork_count();

    if (atomic_load(&t->forks) == forks)
        return;
    coil__links_lock();
    if (atomic_load(&t->forks) != forks) {
        pthread_mutex_init(&t->mutex, NULL);
        pthread_cond_init(&t->work, NULL);
        t->head = NULL;
        t->tail = NULL;
        t->queued = 0;
        t->idle = 0;
        t->count = 0;
        t->active = 0;
        t->drains = NULL;
        atomic_store(&t->refs, 1);
        atomic_store(&t->forks, forks);
    }
    coil__links_unlock();
}

static void unqueue(struct coil__threads *t, struct coil__call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        t->head = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        t->tail = call->prev;
    t->queued--;
}

static void finish_all(struct coil__call *calls)
{
    while (calls) {
        struct coil__call *next = calls->next;

        coil__call_finish(calls);
        calls = next;
    }
}

/* Locked: `n` calls are not under way any more.  Who is to hear of it. */
static struct coil__call *subtract(struct coil__threads *t, unsigned n)
{
    struct coil__call *drains = NULL;

    t->active -= n;
    if (t->active == 0) {
        drains = t->drains;
        t->drains = NULL;
    }
    return drains;
}

static void be_over(struct coil__threads *t)
{
    struct coil__call *drains;

    pthread_mutex_lock(&t->mutex);
    drains = subtract(t, 1);
    pthread_mutex_unlock(&t->mutex);
    finish_all(drains);
}

/* The next call, or NULL when there will be none. */
static struct coil__call *take_call(struct coil__threads *t)
{
    struct coil__call *call;

    pthread_mutex_lock(&t->mutex);
    while (!t->head && !t->is_shut) {
        t->idle++;
        pthread_cond_wait(&t->work, &t->mutex);
        t->idle--;
    }
    call = t->head;
    if (call) {
        unqueue(t, call);
        atomic_store(&call->state, COIL__CALL_RUNNING);
    } else {
        t->count--;
    }
    pthread_mutex_unlock(&t->mutex);
    return call;
}

/*
 * Signals are the program's: none is delivered to a thread of a pool, but for
 * those that a crash raises in it.
 */
static void block_signals(sigset_t *before)
{
    static const int crashes[] = { SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                   SIGTRAP, SIGABRT, SIGSYS };
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigdelset(&set, crashes[i]);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* ---- a thread --------------------------------------------------------- */

struct worker {
    struct coil__threads *threads;
    struct coil__call *call;
    bool has_begun; /* the call */
};

/*
 * Only work() can be cancelled.  Who cancels a thread means what it runs: if the
 * request comes too late for that, the thread ends, and another one begins the
 * next call.
 */
static void run_work(struct worker *self)
{
    struct coil__call *call = self->call;
    int before;

    self->has_begun = false;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    pthread_testcancel();
    self->has_begun = true;
    call->error = -EOWNERDEAD; /* if it does not return */
    call->work(call);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &before);
    call->error = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
}

/* Locked: it is the first that another thread is to begin. */
static void put_back(struct coil__threads *t, struct coil__call *call)
{
    atomic_store(&call->state, COIL__CALL_QUEUED);
    call->prev = NULL;
    call->next = t->head;
    if (t->head)
        t->head->prev = call;
    else
        t->tail = call;
    t->head = call;
    t->queued++;
}

/* Locked: nobody will begin what is queued.  Returns those calls. */
static struct coil__call *give_up_queue(struct coil__threads *t, int error)
{
    struct coil__call *calls = t->head;

    for (struct coil__call *call = calls; call; call = call->next)
        call->error = error;
    t->head = NULL;
    t->tail = NULL;
    t->queued = 0;
    return calls;
}

static int start_thread(struct coil__threads *t);

/* The thread ends before work(), or within it. */
static void end_early(void *arg)
{
    struct worker *self = arg;
    struct coil__threads *t = self->threads;
    struct coil__call *calls = NULL;
    struct coil__call *drains;
    unsigned over = self->has_begun;
    int rc;

    coil__locals_drop(&coil__thread()->locals);
    if (self->has_begun)
        coil__call_finish(self->call);
    pthread_mutex_lock(&t->mutex);
    t->count--;
    if (!self->has_begun)
        put_back(t, self->call);
    rc = t->is_dropped ? -ESHUTDOWN : 0;
    if (t->head && rc == 0)
        rc = start_thread(t);
    if (rc < 0 && (t->count == 0 || t->is_dropped)) {
        over += t->queued;
        calls = give_up_queue(t, rc);
    }
    drains = subtract(t, over);
    pthread_mutex_unlock(&t->mutex);
    finish_all(calls);
    finish_all(drains);
    coil__threads_release(t);
}

static void *run_calls(void *arg)
{
    struct worker self = { .threads = arg };
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_cleanup_push(end_early, &self);
    while ((self.call = take_call(self.threads))) {
        run_work(&self);
        coil__call_finish(self.call);
        be_over(self.threads);
    }
    pthread_cleanup_pop(0);
    coil__threads_release(self.threads);
    return NULL;
}

static int start_thread(struct coil__threads *t)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t before;
    int error;

    error = pthread_attr_init(&attr);
    if (error)
        return -error;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    block_signals(&before);
    error = pthread_create(&thread, &attr, run_calls, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (error)
        return -error;
    t->count++;
    atomic_fetch_add(&t->refs, 1);
    return 0;
}

/* ---- calls ------------------------------------------------------------ */

/* Locked. */
static int enqueue(struct coil__threads *t, struct coil__call *call)
{
    int rc = 0;

    call->next = NULL;
    call->prev = t->tail;
    if (t->tail)
        t->tail->next = call;
    else
        t->head = call;
    t->tail = call;
    t->queued++;

    if (t->queued > t->idle && t->count < t->limit)
        rc = start_thread(t);
    if (rc < 0 && t->count > 0)
        rc = 0; /* one of those there are will come to it */
    if (rc < 0)
        unqueue(t, call);
    else
        pthread_cond_signal(&t->work);
    return rc;
}

/* On the simulator, where everything happens in an order that repeats. */
static void run_here(void *arg)
{
    struct coil__call *call = arg;

    struct coil__threads *t = call->threads;

    atomic_store(&call->state, COIL__CALL_RUNNING);
    pthread_mutex_lock(&t->mutex);
    call->error = t->is_dropped ? -ESHUTDOWN : 0;
    pthread_mutex_unlock(&t->mutex);
    if (!call->error)
        call->work(call);
    atomic_store(&call->state, COIL__CALL_FINISHED);
    if (call->holds_loop)
        coil__link_unhold(call->link);
    call->done(call);
    be_over(t);
    coil__call_release(call);
}

/* The pool's part of beginning a call. */
static int accept_call(struct coil__threads *t, struct coil__call *call,
                       struct coil_loop *loop)
{
    int rc = -ESHUTDOWN;

    pthread_mutex_lock(&t->mutex);
    if (!t->is_shut && loop->poll->ops->simulated)
        rc = coil_loop_call_soon(loop, &call->handle, run_here, call);
    else if (!t->is_shut)
        rc = enqueue(t, call);
    if (rc == 0)
        t->active++;
    pthread_mutex_unlock(&t->mutex);
    return rc;
}

int coil__call_begin(struct coil__threads *t, struct coil__call *call)
{
    struct coil_loop *loop = coil_loop_current();
    int rc;

    renew(t);
    call->threads = t;
    call->link = coil__link_of(loop);
    if (!call->link)
        return -ENOMEM;
    atomic_init(&call->state, COIL__CALL_QUEUED);
    atomic_init(&call->refs, 2);
    atomic_fetch_add(&t->refs, 1);
    if (call->holds_loop)
        coil__link_hold(call->link);

    rc = accept_call(t, call, loop);
    if (rc < 0) {
        if (call->holds_loop)
            coil__link_unhold(call->link);
        coil__link_release(call->link);
        coil__threads_release(t);
    }
    return rc;
}

int coil__call_cancel(struct coil__call *call)
{
    struct coil__threads *t = call->threads;
    struct coil__call *drains = NULL;
    bool is_ours = false;
    int state;

    pthread_mutex_lock(&t->mutex);
    state = atomic_load(&call->state);
    if (state == COIL__CALL_QUEUED && !call->error) {
        is_ours = true;
        state = COIL__CALL_CANCELLED;
        atomic_store(&call->state, state);
        if (!coil_handle_cancel(&call->handle))
            unqueue(t, call);
        drains = subtract(t, 1);
    }
    pthread_mutex_unlock(&t->mutex);

    if (is_ours && call->holds_loop)
        coil__link_unhold(call->link);
    finish_all(drains);
    if (is_ours)
        coil__call_release(call);
    return state;
}

/* ---- the end of a pool ------------------------------------------------ */

void coil__threads_init(struct coil__threads *t)
{
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->work, NULL);
    atomic_init(&t->refs, 1);
    atomic_init(&t->forks, coil__fork_count());
}

void coil__threads_shut(struct coil__threads *t)
{
    renew(t);
    pthread_mutex_lock(&t->mutex);
    t->is_shut = true;
    pthread_cond_broadcast(&t->work);
    pthread_mutex_unlock(&t->mutex);
}

int coil__threads_drain(struct coil__threads *t, struct coil__call *drain)
{
    int rc = 0;

    drain->threads = t;
    drain->link = coil__link_of(coil_loop_current());
    if (!drain->link)
        return -ENOMEM;
    atomic_init(&drain->state, COIL__CALL_RUNNING);
    atomic_init(&drain->refs, 2);

    pthread_mutex_lock(&t->mutex);
    if (t->active > 0) {
        drain->next = t->drains;
        t->drains = drain;
        rc = 1;
    }
    pthread_mutex_unlock(&t->mutex);
    if (rc == 0) {
        coil__link_deliver(drain->link);
        coil__link_release(drain->link);
    } else {
        atomic_fetch_add(&t->refs, 1);
    }
    return rc;
}

/* Calls on the simulator stand in no queue: they learn of it in their turn. */
void coil__threads_drop(struct coil__threads *t)
{
    struct coil__call *calls;
    struct coil__call *drains;

    renew(t);
    pthread_mutex_lock(&t->mutex);
    t->is_dropped = true;
    drains = subtract(t, t->queued);
    calls = give_up_queue(t, -ESHUTDOWN);
    pthread_mutex_unlock(&t->mutex);
    finish_all(calls);
    finish_all(drains);
}

void coil__threads_release(struct coil__threads *t)
{
    if (atomic_fetch_sub(&t->refs, 1) > 1 || !t->destroy)
        return;
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->mutex);
    t->destroy(t);
}
