/* SPDX-License-Identifier: MIT */
#include "io/threads.h"

#include <errno.h>
#include <signal.h>

#include "base/memory.h"
#include "base/platform.h"
#include "core/loop.h"
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
    atomic_uint refs;
};

static pthread_mutex_t links_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil__link *links;

static void release_link(struct coil__link *link)
{
    if (atomic_fetch_sub(&link->refs, 1) > 1)
        return;
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

/* The link of `loop`, held once more, or NULL for want of memory. */
static struct coil__link *hold_link(struct coil_loop *loop)
{
    struct coil__link *link;

    pthread_mutex_lock(&links_mutex);
    for (link = links; link && link->loop != loop; link = link->next)
        ;
    if (link)
        goto hold;

    link = coil__alloc(sizeof *link);
    if (!link)
        goto unlock;
    pthread_mutex_init(&link->mutex, NULL);
    link->loop = loop;
    link->at_close.fn = sever;
    coil__loop_at_close(loop, &link->at_close);
    link->next = links;
    links = link;
    atomic_init(&link->refs, 1);

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

    if (atomic_fetch_sub(&call->refs, 1) > 1)
        return;
    call->destroy(call);
    release_link(link);
}

/* In a thread of the pool: the work is done. */
static void finish(struct coil__call *call)
{
    struct coil__link *link = call->link;
    bool is_open;

    /* Once the loop has heard of it, the call may be gone, and its link. */
    atomic_fetch_add(&link->refs, 1);
    pthread_mutex_lock(&link->mutex);
    atomic_store(&call->state, COIL__CALL_FINISHED);
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

static void *run_calls(void *arg)
{
    struct coil__threads *t = arg;
    struct coil__call *call;

    pthread_mutex_lock(&t->mutex);
    for (;;) {
        while (!t->head) {
            t->idle++;
            pthread_cond_wait(&t->work, &t->mutex);
            t->idle--;
        }
        call = t->head;
        unqueue(t, call);
        atomic_store(&call->state, COIL__CALL_RUNNING);
        pthread_mutex_unlock(&t->mutex);

        call->work(call);
        finish(call);
        pthread_mutex_lock(&t->mutex);
    }
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
    if (!error)
        t->count++;
    return -error;
}

/* ---- calls ------------------------------------------------------------ */

static int enqueue(struct coil__threads *t, struct coil__call *call)
{
    int rc = 0;

    pthread_mutex_lock(&t->mutex);
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
    pthread_mutex_unlock(&t->mutex);
    return rc;
}

/* On the simulator, where everything happens in an order that repeats. */
static void run_here(void *arg)
{
    struct coil__call *call = arg;

    atomic_store(&call->state, COIL__CALL_RUNNING);
    call->work(call);
    atomic_store(&call->state, COIL__CALL_FINISHED);
    call->done(call);
    coil__call_release(call);
}

int coil__call_begin(struct coil__threads *t, struct coil__call *call)
{
    struct coil_loop *loop = coil_loop_current();
    int rc;

    call->threads = t;
    call->link = hold_link(loop);
    if (!call->link)
        return -ENOMEM;
    atomic_init(&call->state, COIL__CALL_QUEUED);
    atomic_init(&call->refs, 2);

    if (coil__poll_current()->ops->simulated)
        rc = coil_loop_call_soon(loop, &call->handle, run_here, call);
    else
        rc = enqueue(t, call);
    if (rc < 0)
        release_link(call->link);
    return rc;
}

int coil__call_cancel(struct coil__call *call)
{
    struct coil__threads *t = call->threads;
    bool is_ours = false;
    int state;

    pthread_mutex_lock(&t->mutex);
    state = atomic_load(&call->state);
    if (state == COIL__CALL_QUEUED) {
        is_ours = true;
        state = COIL__CALL_CANCELLED;
        atomic_store(&call->state, state);
        if (!coil_handle_cancel(&call->handle))
            unqueue(t, call);
    }
    pthread_mutex_unlock(&t->mutex);

    if (is_ours)
        coil__call_release(call);
    return state;
}
