/* SPDX-License-Identifier: MIT */
#include "threads/link.h"

#include <errno.h>
#include <time.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/fork.h"
#include "loop/loop.h"
#include "loop/handle.h"
#include "loop/hooks.h"
#include "threads/threads.h"

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
void coil__links_lock(void)
{
    pthread_mutex_lock(&links_mutex);
}

void coil__links_unlock(void)
{
    pthread_mutex_unlock(&links_mutex);
}

static void forget_links(void)
{
    links = NULL;
    pthread_mutex_unlock(&links_mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_THREADS,
    .before = coil__links_lock,
    .in_parent = coil__links_unlock,
    .in_child = forget_links,
};

void coil__link_release(struct coil__link *link)
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
    return calls;
}

static void call_done(struct coil__call *call)
{
    while (call) {
        struct coil__call *next = call->next;

        call->done(call);
        coil__call_release(call);
        call = next;
    }
}

/* On the loop's thread, as a callback. */
static void deliver(void *arg)
{
    struct coil__link *link = arg;
    struct coil__call *call;

    pthread_mutex_lock(&link->mutex);
    call = take_finished(link);
    link->is_told = false;
    pthread_mutex_unlock(&link->mutex);
    call_done(call);
}

/* On the loop's thread, before deliver(), which is left with the rest. */
void coil__link_deliver(struct coil__link *link)
{
    struct coil__call *call;

    pthread_mutex_lock(&link->mutex);
    call = take_finished(link);
    pthread_mutex_unlock(&link->mutex);
    call_done(call);
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
    coil__link_release(link);
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
struct coil__link *coil__link_of(struct coil_loop *loop)
{
    struct coil__link *link;

    coil__fork_watch(&at_fork);
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
    coil__link_release(link);
    coil__threads_release(t);
}

/* Mostly in a thread of the pool: there is nothing more to do for it. */
void coil__call_finish(struct coil__call *call)
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
            coil__loop_post(link->loop, &link->handle, deliver, link);
        link->is_told = true;
    }
    pthread_mutex_unlock(&link->mutex);

    if (!is_open)
        coil__call_release(call);
    coil__link_release(link);
}

void coil__link_hold(struct coil__link *link)
{
    pthread_mutex_lock(&link->mutex);
    link->held++;
    pthread_mutex_unlock(&link->mutex);
}

void coil__link_unhold(struct coil__link *link)
{
    pthread_mutex_lock(&link->mutex);
    release_loop(link);
    pthread_mutex_unlock(&link->mutex);
}
