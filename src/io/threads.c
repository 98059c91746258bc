/* SPDX-License-Identifier: MIT */
#include "io/threads.h"

#include <errno.h>
#include <signal.h>

#include "base/memory.h"
#include "base/platform.h"
#include "core/loop.h"
#include "core/loops.h"
#include "core/operation.h"

/* ---- what a thread knows of a loop ------------------------------------ */

/*
 * One for each loop that has begun a call; held by the loop until it is closed
 * and by every call.  `loop` NULL: closed.  While it is not, and the mutex is
 * held, the loop cannot be freed, since closing it waits for the mutex.
 */
struct coil__link {
    struct coil__link *next; /* of all, under `links_mutex` */
    struct coil_loop_hook at_close;
    pthread_mutex_t mutex;
    struct coil_loop *loop;
    struct coil__call *finished; /* done() is due, in this order */
    struct coil__call *finished_last;
    bool is_told; /* deliver() is arranged */
    struct coil_handle handle;
    unsigned held; /* by so many calls: holds_loop */
    pthread_cond_t released;
    atomic_uint refs;
};

static pthread_mutex_t links_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil__link *links;

/* A lock may be held by a thread that the child does not have. */
static void lock_links(void)
{
    pthread_mutex_lock(&links_mutex);
}

static void unlock_links(void)
{
    pthread_mutex_unlock(&links_mutex);
}

static void forget_links(void)
{
    links = NULL;
    pthread_mutex_unlock(&links_mutex);
}

static void watch_forks(void)
{
    pthread_atfork(lock_links, unlock_links, forget_links);
}

static void release_link(struct coil__link *link)
{
    if (atomic_fetch_sub(&link->refs, 1) > 1)
        return;
    pthread_cond_destroy(&link->released);
    pthread_mutex_destroy(&link->mutex);
    coil__free(link);
}

static struct coil__call *take_finished(struct coil__link *link)
{
    struct coil__call *calls = link->finished;

    link->finished = NULL;
    link->finished_last = NULL;
    link->is_told = false;
    return calls;
}

/* On the loop's thread, as a callback. */
static void deliver(void *arg)
{
    struct coil__link *link = arg;
    struct coil__call *call;

    pthread_mutex_lock(&link->mutex);
    call = take_finished(link);
    pthread_mutex_unlock(&link->mutex);

    while (call) {
        struct coil__call *next = call->next;

        call->done(call);
        coil__call_release(call);
        call = next;
    }
}

/* Locked. */
static void release_loop(struct coil__link *link)
{
    if (--link->held == 0)
        pthread_cond_signal(&link->released);
}

static void report_held(struct coil_loop *loop)
{
    const struct coil_exception exception = {
        .message = "a loop is closed while calls in threads run",
        .error = -ETIMEDOUT,
    };

    coil_loop_call_exception_handler(loop, &exception);
}

/* Locked, and released meanwhile: wait for the calls that hold the loop. */
static void await_calls(struct coil__link *link)
{
    struct coil_loop *loop = link->loop;
    coil_time deadline = coil_after(loop->close_limit);
    const struct timespec until = {
        .tv_sec = (time_t)(deadline / COIL_SECOND),
        .tv_nsec = (long)(deadline % COIL_SECOND),
    };
    int error = 0;

    if (loop->close_limit < 0 || loop->poll->ops->simulated)
        return;
    while (link->held > 0 && !error) {
        if (deadline == COIL_NEVER)
            pthread_cond_wait(&link->released, &link->mutex);
        else
            error =
                pthread_cond_timedwait(&link->released, &link->mutex, &until);
    }
    if (link->held > 0)
        report_held(loop);
}

/*
 * The loop is being closed, on its thread.  From here on nobody posts `handle`;
 * if somebody has, it is taken back before the link may be freed.
 */
static void sever(struct coil_loop_hook *hook)
{
    struct coil__link *link =
        coil__container_of(hook, struct coil__link, at_close);
    struct coil__call *call;
    struct coil__link **at;

    pthread_mutex_lock(&links_mutex);
    for (at = &links; *at != link; at = &(*at)->next)
        ;
    *at = link->next;
    pthread_mutex_unlock(&links_mutex);

    pthread_mutex_lock(&link->mutex);
    await_calls(link);
    coil__loop_empty_inbox(link->loop);
    coil_handle_cancel(&link->handle);
    link->loop = NULL;
    call = take_finished(link);
    pthread_mutex_unlock(&link->mutex);

    while (call) {
        struct coil__call *next = call->next;

        coil__call_release(call);
        call = next;
    }
    release_link(link);
}

static struct coil__link *make_link(struct coil_loop *loop)
{
    struct coil__link *link = coil__alloc(sizeof *link);
    pthread_condattr_t monotonic;

    if (!link)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&link->mutex, NULL);
    pthread_cond_init(&link->released, &monotonic);
    pthread_condattr_destroy(&monotonic);
    link->loop = loop;
    link->at_close.fn = sever;
    atomic_init(&link->refs, 1);
    return link;
}

/* The link of `loop`, held once more, or NULL for want of memory. */
static struct coil__link *hold_link(struct coil_loop *loop)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct coil__link *link;

    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&links_mutex);
    for (link = links; link && link->loop != loop; link = link->next)
        ;
    if (link)
        goto hold;

    link = make_link(loop);
    if (!link)
        goto unlock;
    coil__loop_at_close(loop, &link->at_close);
    link->next = links;
    links = link;

hold:
    atomic_fetch_add(&link->refs, 1);
unlock:
    pthread_mutex_unlock(&links_mutex);
    return link;
}

bool coil__call_is_of(struct coil__call *call, struct coil_loop *loop)
{
    bool is_of;

    pthread_mutex_lock(&call->link->mutex);
    is_of = call->link->loop == loop;
    pthread_mutex_unlock(&call->link->mutex);
    return is_of;
}

void coil__call_release(struct coil__call *call)
{
    struct coil__link *link = call->link;
    struct coil__threads *t = call->threads;

    if (atomic_fetch_sub(&call->refs, 1) > 1)
        return;
    call->destroy(call);
    release_link(link);
    coil__threads_release(t);
}

/* Mostly in a thread of the pool: there is nothing more to do for it. */
static void finish(struct coil__call *call)
{
    struct coil__link *link = call->link;
    bool is_open;

    /* Once the loop has heard of it, the call may be gone, and its link. */
    atomic_fetch_add(&link->refs, 1);
    pthread_mutex_lock(&link->mutex);
    atomic_store(&call->state, COIL__CALL_FINISHED);
    if (call->holds_loop)
        release_loop(link);
    is_open = link->loop != NULL;
    if (is_open) {
        call->next = NULL;
        if (link->finished)
            link->finished_last->next = call;
        else
            link->finished = call;
        link->finished_last = call;
        if (!link->is_told)
            coil_loop_call_soon_threadsafe(link->loop, &link->handle, deliver,
                                           link);
        link->is_told = true;
    }
    pthread_mutex_unlock(&link->mutex);

    if (!is_open)
        coil__call_release(call);
    release_link(link);
}

/* ---- the threads ------------------------------------------------------ */

/* What the parent's threads left in the memory of a child is nothing to it. */
static void renew(struct coil__threads *t)
{
    unsigned forks = coil__fork_count();

    if (atomic_load(&t->forks) == forks)
        return;
    lock_links();
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
    unlock_links();
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

        finish(calls);
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

static void *run_calls(void *arg)
{
    struct coil__threads *t = arg;
    struct coil__call *call;

    while ((call = take_call(t))) {
        call->work(call);
        finish(call);
        be_over(t);
    }
    coil__threads_release(t);
    return NULL;
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

static void hold_loop(struct coil__link *link)
{
    pthread_mutex_lock(&link->mutex);
    link->held++;
    pthread_mutex_unlock(&link->mutex);
}

static void unhold_loop(struct coil__link *link)
{
    pthread_mutex_lock(&link->mutex);
    release_loop(link);
    pthread_mutex_unlock(&link->mutex);
}

/* On the simulator, where everything happens in an order that repeats. */
static void run_here(void *arg)
{
    struct coil__call *call = arg;

    struct coil__threads *t = call->threads;

    atomic_store(&call->state, COIL__CALL_RUNNING);
    pthread_mutex_lock(&t->mutex);
    call->dropped = t->is_dropped;
    pthread_mutex_unlock(&t->mutex);
    if (!call->dropped)
        call->work(call);
    atomic_store(&call->state, COIL__CALL_FINISHED);
    if (call->holds_loop)
        unhold_loop(call->link);
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
    call->link = hold_link(loop);
    if (!call->link)
        return -ENOMEM;
    atomic_init(&call->state, COIL__CALL_QUEUED);
    atomic_init(&call->refs, 2);
    atomic_fetch_add(&t->refs, 1);
    if (call->holds_loop)
        hold_loop(call->link);

    rc = accept_call(t, call, loop);
    if (rc < 0) {
        if (call->holds_loop)
            unhold_loop(call->link);
        release_link(call->link);
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
    if (state == COIL__CALL_QUEUED && !call->dropped) {
        is_ours = true;
        state = COIL__CALL_CANCELLED;
        atomic_store(&call->state, state);
        if (!coil_handle_cancel(&call->handle))
            unqueue(t, call);
        drains = subtract(t, 1);
    }
    pthread_mutex_unlock(&t->mutex);

    if (is_ours && call->holds_loop)
        unhold_loop(call->link);
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
    drain->link = hold_link(coil_loop_current());
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
    if (rc == 0)
        release_link(drain->link);
    else
        atomic_fetch_add(&t->refs, 1);
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
    calls = t->head;
    for (struct coil__call *call = calls; call; call = call->next)
        call->dropped = true;
    drains = subtract(t, t->queued);
    t->head = NULL;
    t->tail = NULL;
    t->queued = 0;
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
