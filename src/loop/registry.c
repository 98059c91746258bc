/* SPDX-License-Identifier: MIT */
#include "loop/registry.h"

#include <stdatomic.h>

#include "base/fork.h"
#include "loop/loop.h"
#include "record/recorder.h"
#include "sched/scheduler.h"
#include "sched/thread.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
struct coil_loop *coil__loops;
static atomic_size_t count;

/* ---- fork() --------------------------------------------------------------- */

/*
 * Only the loop that ran in the forking thread still runs; it is left as soon
 * as its running step waits or ends.  The threads of the other loops do not
 * exist here.
 */
static void disown(struct coil_loop *loop)
{
    loop->scheduler.forked = true;
    loop->scheduler.running =
        loop->scheduler.running && loop->scheduler.thread == coil__thread();
    loop->stopping = loop->scheduler.running;
    loop->scheduler.turn_left = 0;
    coil__scheduler_fill(&loop->scheduler, 0);
    loop->mailbox = NULL;
    /* The file is the parent's. */
    if (coil__recorder_of(&loop->scheduler))
        coil__recorder_forget(loop->scheduler.recorder);
    loop->scheduler.recorder = NULL;
    loop->listener->forked(loop);
    if (loop->backend->ops->forked)
        loop->backend->ops->forked(loop->backend);
}

static void in_child(void)
{
    struct coil_thread *self = coil__thread();

    for (struct coil_loop *loop = coil__loops; loop; loop = loop->next)
        disown(loop);
    coil__loops = NULL;
    atomic_store(&count, 0);
    /* A user's scheduler shares nothing with the parent, so it may go on. */
    if (self->scheduler && self->scheduler->loop)
        self->forked = self->scheduler;
    pthread_mutex_unlock(&mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_LOOPS,
    .before = coil__loops_lock,
    .in_parent = coil__loops_unlock,
    .in_child = in_child,
};

/* ---- the list ------------------------------------------------------------- */

void coil__loops_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void coil__loops_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

pthread_mutex_t *coil__loops_mutex(void)
{
    return &mutex;
}

static bool has_number(unsigned number)
{
    const struct coil_loop *loop = coil__loops;

    while (loop && loop->number != number)
        loop = loop->next;
    return loop;
}

/* The smallest number that no loop has. */
static unsigned free_number(void)
{
    unsigned number = 0;

    while (has_number(number))
        number++;
    return number;
}

void coil__loops_add(struct coil_loop *loop)
{
    coil__fork_watch(&at_fork);
    coil__loops_lock();
    loop->number = free_number();
    loop->next = coil__loops;
    coil__loops = loop;
    atomic_fetch_add(&count, 1);
    coil__loops_unlock();
}

void coil__loops_shut(struct coil_loop *loop)
{
    coil__loops_lock();
    loop->shut = true;
    coil__loops_unlock();
}

void coil__loops_remove(struct coil_loop *loop)
{
    struct coil_loop **link = &coil__loops;

    coil__loops_lock();
    while (*link && *link != loop)
        link = &(*link)->next;
    if (*link) {
        *link = loop->next;
        atomic_fetch_sub(&count, 1);
    }
    coil__loops_unlock();
}

bool coil__loops_are_several(void)
{
    return atomic_load_explicit(&count, memory_order_relaxed) > 1;
}

bool coil__loops_find(const struct coil_loop *loop)
{
    const struct coil_loop *open = coil__loops;

    while (open && open != loop)
        open = open->next;
    return open;
}

bool coil__loops_has(const struct coil_loop *loop)
{
    return coil__loops_find(loop) && !loop->shut;
}
