/* SPDX-License-Identifier: MIT */
/*
 * A table of entries, which are also listed in the order of their last use: the
 * first in the list is the first to go.  An entry that is too old is removed
 * when it is found.  One mutex guards all caches.
 */
#include "net/name_cache.h"

#include <pthread.h>
#include <string.h>

#include "backend/sys.h"
#include "base/fork.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/platform.h"
#include "loop/hooks.h"
#include "loop/loop.h"
#include "loop/timers.h"

enum { BUCKETS = 1024 };

struct entry {
    struct coil_link used; /* in the cache's list */
    struct entry *next;    /* in its bucket */
    struct coil__answer *answer;
    coil_time expires;
    int family;
    char host[];
};

struct coil__name_cache {
    struct entry *table[BUCKETS];
    struct coil_list used; /* the one not used for longest is the first */
    size_t count;
    /* Of a loop on the simulator. */
    struct coil__name_cache *next;
    struct coil_loop *loop;
    struct coil_loop_hook at_close;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil__name_cache shared;
static struct coil__name_cache *simulated; /* the others */
static uint64_t generation;

static void lock(void)
{
    pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_CACHE,
    .before = lock,
    .in_parent = unlock,
    .in_child = unlock,
};

static coil_time now_of(const struct coil__name_cache *cache)
{
    return cache == &shared ? coil__sys_now() : coil_now();
}

/* ---- entries; the mutex is held ------------------------------------------- */

static struct entry **bucket_of(struct coil__name_cache *cache,
                                const char *host)
{
    return &cache->table[coil__hash_text(host) % BUCKETS];
}

static void remove_at(struct coil__name_cache *cache, struct entry **at)
{
    struct entry *e = *at;

    *at = e->next;
    coil__list_remove(&cache->used, &e->used);
    cache->count--;
    coil__answer_release(e->answer);
    coil__free(e);
}

/* Where the entry is, or where one would be added. */
static struct entry **find(struct coil__name_cache *cache,
                           const struct coil__question *q)
{
    struct entry **at = bucket_of(cache, q->host);

    while (*at && ((*at)->family != q->family || strcmp((*at)->host, q->host)))
        at = &(*at)->next;
    return at;
}

static void remove_oldest(struct coil__name_cache *cache)
{
    struct entry *e = coil__container_of(cache->used.head, struct entry, used);
    struct coil__question q = { .host = e->host, .family = e->family };

    remove_at(cache, find(cache, &q));
}

static void remove_all(struct coil__name_cache *cache)
{
    while (cache->count > 0)
        remove_oldest(cache);
}

static void remove_host(struct coil__name_cache *cache, const char *host)
{
    struct entry **at = bucket_of(cache, host);

    while (*at) {
        if (strcmp((*at)->host, host) == 0)
            remove_at(cache, at);
        else
            at = &(*at)->next;
    }
}

/* ---- the caches ----------------------------------------------------------- */

static struct coil__name_cache *find_simulated(const struct coil_loop *loop)
{
    struct coil__name_cache *cache = simulated;

    while (cache && cache->loop != loop)
        cache = cache->next;
    return cache;
}

static void close_simulated(struct coil_loop_hook *hook)
{
    struct coil__name_cache *cache =
        coil__container_of(hook, struct coil__name_cache, at_close);
    struct coil__name_cache **at = &simulated;

    lock();
    while (*at != cache)
        at = &(*at)->next;
    *at = cache->next;
    remove_all(cache);
    unlock();
    coil__free(cache);
}

static struct coil__name_cache *open_simulated(struct coil_loop *loop)
{
    struct coil__name_cache *cache = coil__alloc(sizeof *cache);

    if (!cache)
        return NULL;
    cache->loop = loop;
    cache->at_close.fn = close_simulated;
    coil__loop_at_close(loop, &cache->at_close);
    lock();
    cache->next = simulated;
    simulated = cache;
    unlock();
    return cache;
}

struct coil__name_cache *coil__name_cache_of(struct coil_loop *loop)
{
    struct coil__name_cache *cache;

    coil__fork_watch(&at_fork);
    if (!coil__backend_is_simulated(loop->backend))
        return &shared;
    lock();
    cache = find_simulated(loop);
    unlock();
    return cache ? cache : open_simulated(loop);
}

struct coil__answer *coil__name_cache_find(struct coil__name_cache *cache,
                                           const struct coil__question *q)
{
    struct coil__answer *answer = NULL;
    struct entry **at;

    lock();
    at = find(cache, q);
    if (*at && (*at)->expires <= now_of(cache)) {
        remove_at(cache, at);
    } else if (*at) {
        struct entry *e = *at;

        answer = coil__answer_retain(e->answer);
        coil__list_remove(&cache->used, &e->used);
        coil__list_append(&cache->used, &e->used);
    }
    unlock();
    return answer;
}

static struct entry *make_entry(const struct coil__question *q)
{
    size_t size = strlen(q->host) + 1;
    struct entry *e = coil__alloc(sizeof *e + size);

    if (!e)
        return NULL;
    e->family = q->family;
    memcpy(e->host, q->host, size);
    return e;
}

void coil__name_cache_keep(struct coil__name_cache *cache,
                           const struct coil__question *q,
                           struct coil__answer *answer, coil_time duration,
                           size_t most, uint64_t begun)
{
    struct entry *e = make_entry(q);
    struct entry **at;

    if (!e)
        return;
    e->answer = coil__answer_retain(answer);
    e->expires = coil__time_add(now_of(cache), duration);
    lock();
    if (begun != generation) {
        unlock();
        coil__answer_release(answer);
        coil__free(e);
        return;
    }
    at = find(cache, q);
    if (*at)
        remove_at(cache, at);
    while (cache->count >= most)
        remove_oldest(cache);
    at = bucket_of(cache, q->host);
    e->next = *at;
    *at = e;
    coil__list_append(&cache->used, &e->used);
    cache->count++;
    unlock();
}

uint64_t coil__name_cache_generation(void)
{
    uint64_t now;

    lock();
    now = generation;
    unlock();
    return now;
}

static void flush(struct coil__name_cache *cache, const char *host)
{
    if (host)
        remove_host(cache, host);
    else
        remove_all(cache);
}

void coil__name_cache_flush(struct coil_loop *loop, const char *host)
{
    struct coil__name_cache *cache;

    lock();
    generation++;
    flush(&shared, host);
    cache = find_simulated(loop);
    if (cache)
        flush(cache, host);
    unlock();
}

size_t coil__name_cache_count(void)
{
    size_t count;

    lock();
    count = shared.count;
    unlock();
    return count;
}
