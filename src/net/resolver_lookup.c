/* SPDX-License-Identifier: MIT */
/*
 * A look-up is one question to a source.  A table lists those under way, so that
 * a task that asks the same on the same loop can join.  Each task that waits has
 * a reference, and so has whoever works on the answer: a thread, which asks the
 * system, or a task, in which a source of the program runs.  The last reference
 * frees the look-up.
 *
 * If the last task that waits is cancelled, nobody joins any more, unless a
 * thread is at work: that cannot be stopped, and so its answer is kept for
 * whoever asks next, even if the loop has been closed meanwhile.  A thread's
 * job that has not begun is withdrawn, and a source's task is cancelled.
 */
#include "net/resolver_lookup.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/task.h>

#include "base/fork.h"
#include "base/memory.h"
#include "base/platform.h"
#include "loop/loop.h"
#include "net/resolver.h"
#include "net/system_names.h"
#include "sched/wait.h"
#include "threads/call.h"

enum { BUCKETS = 64 };

struct lookup {
    struct coil__call call; /* of the thread; its `refs` serve a task as well */
    struct lookup *next;    /* in its bucket; under `table_mutex` */
    bool is_listed;
    bool is_fresh;
    bool is_over;
    bool is_abandoned; /* a source's task is cancelled once */
    struct coil_list waiters;
    struct coil__name_cache *cache; /* NULL: the answer is not kept */
    uint64_t generation;            /* of the cache, at the beginning */
    struct coil__answer *answer;    /* when it is over; NULL: `error` */
    int error;
    /* The source of the program, and what it works on. */
    const struct coil_resolver_source *source;
    struct coil_task *task;
    struct coil_loop *loop;
    struct coil_lookup given;
    struct coil__question question;
    char host[];
};

static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lookup *table[BUCKETS];

/* ---- the table ------------------------------------------------------------ */

static struct lookup **bucket_of(const char *host)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *host; host++)
        hash = (hash ^ (unsigned char)*host) * 16777619u;
    return &table[(hash ^ hash >> 16) % BUCKETS];
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

static bool is_of(struct lookup *l, struct coil_loop *loop)
{
    return l->source ? l->loop == loop : coil__call_is_of(&l->call, loop);
}

/* A look-up of `loop` to join, retained; or NULL. */
static struct lookup *find(struct coil_loop *loop,
                           const struct coil__question *q)
{
    uint64_t generation = coil__name_cache_generation();
    struct lookup *l;

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

static void enlist(struct lookup *l)
{
    struct lookup **bucket = bucket_of(l->host);

    pthread_mutex_lock(&table_mutex);
    l->next = *bucket;
    *bucket = l;
    l->is_listed = true;
    pthread_mutex_unlock(&table_mutex);
}

static void unlist(struct lookup *l)
{
    struct lookup **at = bucket_of(l->host);

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

static struct lookup *new_lookup(struct coil_loop *loop,
                                 const struct coil__question *q)
{
    size_t size = strlen(q->host) + 1;
    struct lookup *l = coil__alloc(sizeof *l + size);

    if (!l)
        return NULL;
    memcpy(l->host, q->host, size);
    l->question =
        (struct coil__question){ .host = l->host, .family = q->family };
    l->loop = loop;
    l->generation = coil__name_cache_generation();
    return l;
}

static void destroy(struct lookup *l)
{
    unlist(l); /* needed if the loop was closed before the end */
    coil__answer_release(l->answer);
    coil__free(l->given.addresses);
    coil__free(l);
}

static void release(struct lookup *l)
{
    if (!l->source)
        coil__call_release(&l->call);
    else if (atomic_fetch_sub(&l->call.refs, 1) == 1)
        destroy(l);
}

/* Keep the answer, if it is one to be kept. */
static void keep(struct lookup *l)
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

static void tell(struct lookup *l)
{
    unlist(l);
    l->is_over = true;
    coil__wake_all(&l->waiters, 0);
}

/* ---- a thread ------------------------------------------------------------- */

/* Runs in a thread; on the simulator, in the loop's. */
static void work_in_thread(struct coil__call *call)
{
    struct lookup *l = coil__container_of(call, struct lookup, call);

    /* Another loop may have asked while this job was waiting for a thread. */
    if (l->cache && !l->is_fresh)
        l->answer = coil__name_cache_find(l->cache, &l->question);
    if (l->answer)
        return;
    if (l->cache)
        coil__resolver_count(COIL__RESOLVER_ASKED);
    l->error = -EOWNERDEAD; /* unless it returns */
    l->answer = coil__system_names_ask(l->host, l->question.family);
    l->error = -ENOMEM; /* if there is no answer */
    keep(l);
}

static void thread_is_done(struct coil__call *call)
{
    struct lookup *l = coil__container_of(call, struct lookup, call);

    if (call->job.error)
        l->error = call->job.error;
    tell(l);
}

static void destroy_call(struct coil__call *call)
{
    destroy(coil__container_of(call, struct lookup, call));
}

static int begin_thread(struct lookup *l)
{
    l->call.work = work_in_thread;
    l->call.done = thread_is_done;
    l->call.destroy = destroy_call;
    return coil__call_begin(coil__system_names_pool(), &l->call);
}

/* ---- a source of the program ---------------------------------------------- */

static int error_of_source(const struct lookup *l, int rc)
{
    if (rc == -ECANCELED) /* by somebody else: those who wait still wait */
        return COIL_ERESOLVE(EAI_AGAIN);
    if (rc < 0)
        return rc;
    return l->given.count > 0 ? 0 : COIL_ERESOLVE(EAI_NONAME);
}

/* The source's function. */
static int run_source(void *arg)
{
    struct lookup *l = *(struct lookup **)arg;
    int rc;

    l->given.host = l->host;
    l->given.family = l->question.family;
    l->given.ttl = -1;
    rc = l->source->look_up(&l->given, l->source->arg);
    l->error = error_of_source(l, rc);
    l->answer = coil__answer_new(l->error, l->given.addresses,
                                 l->error ? 0 : l->given.count);
    if (!l->answer) {
        l->error = -ENOMEM;
        return 0;
    }
    l->answer->ttl = l->given.ttl;
    if (rc != -ECANCELED)
        keep(l);
    return 0;
}

/* The source's task has ended, or was cancelled before it ran. */
static void source_is_done(void *arg)
{
    struct lookup *l = *(struct lookup **)arg;

    if (!l->answer && l->error == 0)
        l->error = COIL_ERESOLVE(EAI_AGAIN);
    coil_task_release(l->task);
    l->task = NULL;
    tell(l);
    release(l);
}

static int begin_source(struct lookup *l)
{
    char name[32];
    struct coil_task_options options = { .name = name,
                                         .arg_size = sizeof l,
                                         .arg_destroy = source_is_done,
                                         .eager = true };

    snprintf(name, sizeof name, "resolve %.23s", l->host);
    atomic_init(&l->call.refs, 2);
    coil__resolver_count(COIL__RESOLVER_ASKED);
    enlist(l); /* the task begins at once, and may end at once */
    return coil_task_create_with(&l->task, run_source, &l, &options);
}

/* ---- asking --------------------------------------------------------------- */

static int begin(struct coil_loop *loop, const struct coil__question *q,
                 bool fresh, struct coil__name_cache *cache,
                 struct lookup **out)
{
    struct coil_resolver_options options = coil__resolver_options();
    struct lookup *l = new_lookup(loop, q);
    int rc;

    coil__fork_watch(&at_fork);
    if (!l)
        return -ENOMEM;
    l->cache = cache;
    l->is_fresh = fresh || options.no_cache;
    l->source = options.source;
    rc = l->source ? begin_source(l) : begin_thread(l);
    if (rc < 0) {
        destroy(l);
        return rc;
    }
    if (!l->source)
        enlist(l);
    *out = l;
    return 0;
}

/* The last who waited has gone. */
static void abandon(struct lookup *l)
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

/* Wait until it is over, and give the reference back. */
static int await(struct coil_loop *loop, struct lookup *l,
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
    release(l);
    return rc;
}

int coil__resolver_look_up(struct coil_loop *loop,
                           const struct coil__question *q, bool fresh,
                           struct coil__answer **answer)
{
    struct coil__name_cache *cache = coil__name_cache_of(loop);
    struct lookup *l;
    int rc;

    if (!cache)
        return -ENOMEM;
    *answer = fresh ? NULL : coil__name_cache_find(cache, q);
    if (*answer) {
        coil__resolver_count(COIL__RESOLVER_KEPT);
        return 0;
    }
    l = find(loop, q);
    if (l) {
        coil__resolver_count(COIL__RESOLVER_JOINED);
    } else {
        rc = begin(loop, q, fresh, cache, &l);
        if (rc < 0)
            return rc;
    }
    return await(loop, l, answer);
}

/* ---- for sources ---------------------------------------------------------- */

int coil_lookup_add(struct coil_lookup *lookup,
                    const struct coil_address *address)
{
    int family = address->storage.ss_family;
    struct coil_address *more;

    if ((family != AF_INET && family != AF_INET6) ||
        (lookup->family != AF_UNSPEC && lookup->family != family))
        return 0;
    more = coil__realloc(lookup->addresses, (lookup->count + 1) * sizeof *more);
    if (!more)
        return -ENOMEM;
    lookup->addresses = more;
    more[lookup->count++] = *address;
    return 0;
}

static int add_all(struct coil_lookup *lookup,
                   const struct coil__answer *answer)
{
    int rc = answer->error;

    for (size_t i = 0; rc == 0 && i < answer->count; i++)
        rc = coil_lookup_add(lookup, &answer->addresses[i]);
    return rc;
}

int coil_lookup_by_system(struct coil_lookup *lookup)
{
    struct coil__question q = { .host = lookup->host,
                                .family = lookup->family };
    struct coil__answer *answer;
    struct coil_loop *loop;
    struct lookup *l;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    l = new_lookup(loop, &q);
    if (!l)
        return -ENOMEM;
    rc = begin_thread(l);
    if (rc < 0) {
        destroy(l);
        return rc;
    }
    rc = await(loop, l, &answer);
    if (rc < 0)
        return rc;
    rc = add_all(lookup, answer);
    coil__answer_release(answer);
    return rc;
}
