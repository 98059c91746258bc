/* SPDX-License-Identifier: MIT */
#include "net/resolver_lookup.h"

#include <pthread.h>
#include <string.h>

#include <coil/error.h>
#include <coil/task.h>

#include "base/fork.h"
#include "base/hash.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "net/resolver.h"

enum { BUCKETS = 64 };

static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil__lookup *table[BUCKETS];

/* ---- the table ------------------------------------------------------------ */

static struct coil__lookup **bucket_of(const char *host)
{
    return &table[coil__hash_text(host) % BUCKETS];
}

/* A look-up that the parent has begun never ends in the child. */
static void lock_table(void)
{
    pthread_mutex_lock(&table_mutex);
}

static void unlock_table(void)
{
    pthread_mutex_unlock(&table_mutex);
}

static void clear_table(void)
{
    memset(table, 0, sizeof table);
    pthread_mutex_unlock(&table_mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_NAMES,
    .before = lock_table,
    .in_parent = unlock_table,
    .in_child = clear_table,
};

static bool is_of(struct coil__lookup *l, struct coil_loop *loop)
{
    return l->source ? l->loop == loop : coil__call_is_of(&l->call, loop);
}

struct coil__lookup *coil__lookup_find(struct coil_loop *loop,
                                       const struct coil__question *q)
{
    uint64_t generation = coil__name_cache_generation();
    struct coil__lookup *l;

    pthread_mutex_lock(&table_mutex);
    for (l = *bucket_of(q->host); l; l = l->next) {
        if (l->question.family == q->family && strcmp(l->host, q->host) == 0 &&
            l->generation == generation && is_of(l, loop)) {
            atomic_fetch_add(&l->call.refs, 1);
            break;
        }
    }
    pthread_mutex_unlock(&table_mutex);
    return l;
}

void coil__lookup_enlist(struct coil__lookup *l)
{
    struct coil__lookup **bucket = bucket_of(l->host);

    pthread_mutex_lock(&table_mutex);
    l->next = *bucket;
    *bucket = l;
    l->is_listed = true;
    pthread_mutex_unlock(&table_mutex);
}

static void unlist(struct coil__lookup *l)
{
    struct coil__lookup **at = bucket_of(l->host);

    pthread_mutex_lock(&table_mutex);
    if (l->is_listed) {
        while (*at != l)
            at = &(*at)->next;
        *at = l->next;
        l->is_listed = false;
    }
    pthread_mutex_unlock(&table_mutex);
}

/* ---- the life of a look-up ------------------------------------------------ */

struct coil__lookup *coil__lookup_new(struct coil_loop *loop,
                                      const struct coil__question *q)
{
    size_t size = strlen(q->host) + 1;
    struct coil__lookup *l = coil__alloc(sizeof *l + size);

    if (!l)
        return NULL;
    memcpy(l->host, q->host, size);
    l->question =
        (struct coil__question){ .host = l->host, .family = q->family };
    l->loop = loop;
    l->is_simulated = coil__backend_is_simulated(loop->backend);
    l->generation = coil__name_cache_generation();
    coil__fork_watch(&at_fork);
    return l;
}

void coil__lookup_destroy(struct coil__lookup *l)
{
    unlist(l); /* needed if the loop was closed before the end */
    coil__answer_release(l->answer);
    coil__free(l->given.addresses);
    coil__free(l);
}

void coil__lookup_release(struct coil__lookup *l)
{
    if (!l->source)
        coil__call_release(&l->call);
    else if (atomic_fetch_sub(&l->call.refs, 1) == 1)
        coil__lookup_destroy(l);
}

void coil__lookup_keep(struct coil__lookup *l)
{
    struct coil_resolver_options options = coil__resolver_options();
    coil_time duration;

    if (!l->cache || !l->answer)
        return;
    duration = coil__resolver_duration(&options, l->answer);
    if (duration > 0)
        coil__name_cache_keep(l->cache, &l->question, l->answer, duration,
                              options.names_max, l->generation);
}

void coil__lookup_tell(struct coil__lookup *l)
{
    unlist(l);
    l->is_over = true;
    coil__wake_all(&l->waiters, 0);
}

/* ---- waiting -------------------------------------------------------------- */

/* The last who waited has gone. */
static void abandon(struct coil__lookup *l)
{
    if (!l->source) {
        if (coil__call_cancel(&l->call) == COIL__JOB_CANCELLED)
            unlist(l);
        return;
    }
    unlist(l);
    if (!l->is_abandoned)
        (void)coil_task_cancel(l->task);
    l->is_abandoned = true;
}

int coil__lookup_await(struct coil_loop *loop, struct coil__lookup *l,
                       struct coil__answer **answer)
{
    static const struct coil_wait_reason reason = { .name = "host name" };
    struct coil_waiter self = COIL_WAITER(&reason, l);
    bool holds = !l->source; /* a thread will come */
    int rc = 0;

    if (holds)
        coil_loop_hold(loop);
    if (!l->is_over)
        rc = coil__wait(&l->waiters, &self);
    if (holds)
        coil_loop_release(loop);
    if (rc < 0 && coil__waitq_is_empty(&l->waiters) && !l->is_over)
        abandon(l);
    if (rc == 0 && l->answer)
        *answer = coil__answer_retain(l->answer);
    else if (rc == 0)
        rc = l->error;
    coil__lookup_release(l);
    return rc;
}
