/* SPDX-License-Identifier: MIT */
#include "base/fork.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/bystanders.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil_fork_hook *hooks; /* the highest rank first */
static atomic_uint forks;

static void before(void)
{
    pthread_mutex_lock(&mutex);
    for (struct coil_fork_hook *hook = hooks; hook; hook = hook->next)
        if (hook->before)
            hook->before();
}

/* In the reverse order: the lock that was taken last is released first. */
static void call_in_parent(const struct coil_fork_hook *hook)
{
    if (!hook)
        return;
    call_in_parent(hook->next);
    if (hook->in_parent)
        hook->in_parent();
}

static void call_in_child(const struct coil_fork_hook *hook)
{
    if (!hook)
        return;
    call_in_child(hook->next);
    if (hook->in_child)
        hook->in_child();
}

static void in_parent(void)
{
    call_in_parent(hooks);
    pthread_mutex_unlock(&mutex);
}

static void in_child(void)
{
    atomic_fetch_add(&forks, 1);
    atomic_store(&coil__bystanders, 0);
    atomic_store(&coil__jobs, 0);
    call_in_child(hooks);
    pthread_mutex_unlock(&mutex);
}

static void watch_forks(void)
{
    pthread_atfork(before, in_parent, in_child);
}

void coil__fork_watch(struct coil_fork_hook *hook)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct coil_fork_hook **link = &hooks;

    pthread_once(&once, watch_forks);
    pthread_mutex_lock(&mutex);
    if (!hook->is_watched) {
        while (*link && (*link)->rank > hook->rank)
            link = &(*link)->next;
        hook->next = *link;
        *link = hook;
        hook->is_watched = true;
    }
    pthread_mutex_unlock(&mutex);
}

unsigned coil__fork_count(void)
{
    return atomic_load_explicit(&forks, memory_order_relaxed);
}
