/* SPDX-License-Identifier: MIT */
#include "loop/circle.h"

#include "base/bystanders.h"
#include "base/fork.h"
#include "base/platform.h"
#include "loop/hooks.h"
#include "loop/loop.h"

#define FIRST_PATIENCE (100 * COIL_MILLISECOND)
#define LONGEST_PATIENCE COIL_MINUTE

void coil__circle_init(struct coil_circle *c, unsigned count,
                       void (*report)(const struct coil_circle *circle))
{
    *c = (struct coil_circle){
        .mutex = PTHREAD_MUTEX_INITIALIZER,
        .alive = count,
        .threads = count,
        .forks = coil__fork_count(),
        .patience = FIRST_PATIENCE,
        .report = report,
    };
}

void coil__circle_fini(struct coil_circle *c)
{
    pthread_mutex_destroy(&c->mutex);
}

/* ---- members ---------------------------------------------------------------- */

/* The loop is being closed. */
static void unlink_loop(struct coil_loop_hook *hook)
{
    struct coil_loop *loop =
        coil__container_of(hook, struct coil_loop, circle_hook);
    struct coil_circle *c = loop->circle;
    struct coil_loop **link = &c->loops;

    pthread_mutex_lock(&c->mutex);
    while (*link != loop)
        link = &(*link)->next_in_circle;
    *link = loop->next_in_circle;
    pthread_mutex_unlock(&c->mutex);
    loop->circle = NULL;
}

void coil__circle_join(struct coil_circle *c, unsigned place)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil_loop **link = &c->loops;

    loop->circle = c;
    loop->place_in_circle = place;
    loop->circle_hook.fn = unlink_loop;
    coil__loop_at_close(loop, &loop->circle_hook);
    pthread_mutex_lock(&c->mutex);
    while (*link && (*link)->place_in_circle < place)
        link = &(*link)->next_in_circle;
    loop->next_in_circle = *link;
    *link = loop;
    pthread_mutex_unlock(&c->mutex);
}

/* The mutex is held.  One of those who sleep lies down again, as the last. */
static void rouse_one(struct coil_circle *c)
{
    if (c->loops)
        c->loops->backend->ops->wake(c->loops->backend);
}

void coil__circle_leave(struct coil_circle *c, bool thread_ends)
{
    /* In a child of fork() another thread may have held the mutex. */
    if (coil__fork_count() != c->forks)
        return;
    pthread_mutex_lock(&c->mutex);
    c->alive--;
    c->threads -= thread_ends;
    if (c->asleep == c->alive)
        rouse_one(c);
    pthread_mutex_unlock(&c->mutex);
}

void coil__circle_lose(struct coil_loop *loop)
{
    struct coil_circle *c = loop->circle;

    if (!c)
        return;
    pthread_mutex_lock(&c->mutex);
    c->is_off = true;
    pthread_mutex_unlock(&c->mutex);
}

/* ---- whether anybody could wake a loop -------------------------------------- */

/* All of this under the mutex. */

static bool is_quiet(const struct coil_loop *loop)
{
    return loop->is_asleep && !atomic_load(&loop->inbox) &&
           !atomic_load(&loop->stop_requested) &&
           !atomic_load(&loop->signals_pending) &&
           atomic_load(&loop->signalled) == 0;
}

static bool are_all_quiet(const struct coil_circle *c)
{
    if (c->asleep < c->alive || c->is_off)
        return false;
    for (const struct coil_loop *loop = c->loops; loop;
         loop = loop->next_in_circle)
        if (!is_quiet(loop))
            return false;
    return true;
}

static bool is_nobody_else_there(const struct coil_circle *c)
{
    return atomic_load(&coil__jobs) == 0 &&
           coil__count_threads() == c->threads + atomic_load(&coil__bystanders);
}

static bool is_deadlock(struct coil_circle *c)
{
    if (!are_all_quiet(c))
        return false;
    if (is_nobody_else_there(c))
        return are_all_quiet(c);
    c->patience *= 2;
    if (c->patience > LONGEST_PATIENCE)
        c->patience = LONGEST_PATIENCE;
    /* Its clock does not go on while it waits. */
    c->is_off = coil__backend_is_simulated(c->loops->backend);
    return false;
}

/* The thread may be cancelled while it writes, and the mutex would stay taken. */
static void report(const struct coil_circle *c)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    c->report(c);
    pthread_setcancelstate(before, &before);
}

static void tell_all(struct coil_circle *c)
{
    report(c);
    for (struct coil_loop *loop = c->loops; loop; loop = loop->next_in_circle) {
        loop->is_asleep = false;
        loop->is_doomed = true;
        loop->backend->ops->wake(loop->backend);
    }
    c->asleep = 0;
}

/* ---- sleeping ---------------------------------------------------------------- */

bool coil__circle_closes(const struct coil_loop *loop)
{
    const struct coil__backend *backend = loop->backend;

    return loop->circle && loop->awaits_others > 0 && backend->pending == 0 &&
           backend->holds == loop->awaits_others;
}

/* Returns until when to sleep.  `is_last`: the others do so already. */
static coil_time lie_down(struct coil_circle *c, struct coil_loop *loop,
                          bool *is_last)
{
    coil_time patience;

    pthread_mutex_lock(&c->mutex);
    loop->is_asleep = true;
    c->asleep++;
    *is_last = c->asleep == c->alive && !c->is_off;
    patience = c->patience;
    pthread_mutex_unlock(&c->mutex);
    if (!*is_last)
        return COIL_NEVER;
    return coil__backend_is_simulated(loop->backend)
               ? INT64_MIN
               : coil__loop_now(loop) + patience;
}

/* Returns whether the loop will never be woken. */
static bool get_up(struct coil_circle *c, struct coil_loop *loop, bool looks)
{
    bool is_doomed;

    pthread_mutex_lock(&c->mutex);
    if (looks && is_deadlock(c))
        tell_all(c);
    is_doomed = loop->is_doomed;
    loop->is_doomed = false;
    c->asleep -= loop->is_asleep;
    loop->is_asleep = false;
    pthread_mutex_unlock(&c->mutex);
    return is_doomed;
}

int coil__circle_wait(struct coil_loop *loop, coil_time deadline)
{
    struct coil_circle *c = loop->circle;
    bool is_last;
    coil_time until = lie_down(c, loop, &is_last);
    int rc = loop->backend->ops->wait(loop->backend,
                                      until < deadline ? until : deadline);

    if (!get_up(c, loop, is_last))
        return rc;
    loop->has_told = true;
    return -EDEADLK;
}

bool coil__circle_has_told(struct coil_loop *loop)
{
    bool has_told = loop->has_told;

    loop->has_told = false;
    return has_told;
}

/* ---- what is waited for ------------------------------------------------------ */

void coil__loop_await_others(struct coil_loop *loop)
{
    coil_loop_hold(loop);
    loop->awaits_others++;
}

void coil__loop_stop_awaiting(struct coil_loop *loop)
{
    coil_loop_release(loop);
    loop->awaits_others--;
}
