/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <pthread.h>
#include <stdatomic.h>

#include <coil/error.h>
#include <coil/loop.h>

#include "base/fork.h"
#include "net/host.h"
#include "net/name_cache.h"
#include "net/system_names.h"

#define TTL_CEILING (60 * COIL_MINUTE)
#define TTL_DEFAULT (30 * COIL_SECOND)
#define TTL_FAILURE (5 * COIL_SECOND)

enum { NAMES_MAX = 4096 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil_resolver_options current;
static atomic_ullong counts[COIL__RESOLVER_EVENTS];
static _Atomic(const struct coil_resolver_source *) offered;

/* ---- options -------------------------------------------------------------- */

static void lock(void)
{
    pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_RESOLVER,
    .before = lock,
    .in_parent = unlock,
    .in_child = unlock,
};

static void set_default(coil_time *duration, coil_time value)
{
    if (*duration == 0)
        *duration = value;
}

struct coil_resolver_options coil__resolver_options(void)
{
    struct coil_resolver_options options;

    coil__fork_watch(&at_fork);
    lock();
    options = current;
    unlock();
    set_default(&options.ttl_ceiling, TTL_CEILING);
    set_default(&options.ttl_default, TTL_DEFAULT);
    set_default(&options.ttl_failure, TTL_FAILURE);
    if (options.names_max == 0)
        options.names_max = NAMES_MAX;
    return options;
}

static bool is_valid(const struct coil_resolver_options *options)
{
    coil_time ceiling = options->ttl_ceiling;

    set_default(&ceiling, TTL_CEILING);
    return options->ttl_floor >= 0 && options->ttl_floor <= ceiling &&
           options->threads_max <= COIL__NAME_THREADS;
}

int coil_resolver_configure(const struct coil_resolver_options *options)
{
    static const struct coil_resolver_options defaults;

    if (!options)
        options = &defaults;
    if (!is_valid(options))
        return -EINVAL;
    coil__fork_watch(&at_fork);
    lock();
    current = *options;
    unlock();
    coil__system_names_limit(options->threads_max ? options->threads_max
                                                  : COIL__NAME_THREADS);
    coil_resolver_flush(NULL);
    return 0;
}

void coil_resolver_offer(const struct coil_resolver_source *source)
{
    const struct coil_resolver_source *none = NULL;

    atomic_compare_exchange_strong(&offered, &none, source);
}

const struct coil_resolver_source *coil__resolver_offered(void)
{
    return atomic_load(&offered);
}

/* ---- how long ------------------------------------------------------------- */

/* Whether it says something of the name, and not of this process. */
static bool is_of_the_name(int error)
{
    return error == COIL_ERESOLVE(EAI_NONAME) ||
           error == COIL_ERESOLVE(EAI_NODATA) ||
           error == COIL_ERESOLVE(EAI_ADDRFAMILY) ||
           error == COIL_ERESOLVE(EAI_AGAIN) ||
           error == COIL_ERESOLVE(EAI_FAIL);
}

coil_time coil__resolver_duration(const struct coil_resolver_options *options,
                                  const struct coil__answer *answer)
{
    coil_time ttl = answer->ttl;

    if (options->no_cache || (answer->error && !is_of_the_name(answer->error)))
        return 0;
    if (answer->error) {
        if (ttl < 0 || ttl > options->ttl_failure)
            ttl = options->ttl_failure;
        return ttl < 0 ? 0 : ttl;
    }
    if (ttl < 0)
        ttl = options->ttl_default;
    if (ttl > options->ttl_ceiling)
        ttl = options->ttl_ceiling;
    return ttl < options->ttl_floor ? options->ttl_floor : ttl;
}

/* ---- what is kept, and what was asked ------------------------------------- */

void coil_resolver_flush(const char *host)
{
    char small[COIL__HOST_SIZE];

    if (host && !coil__host_copy(small, host))
        return;
    coil__name_cache_flush(coil_loop_current(), host ? small : NULL);
}

void coil__resolver_count(enum coil__resolver_event event)
{
    atomic_fetch_add_explicit(&counts[event], 1, memory_order_relaxed);
}

void coil_resolver_statistics(struct coil_resolver_statistics *statistics)
{
    *statistics = (struct coil_resolver_statistics){
        .asked = atomic_load(&counts[COIL__RESOLVER_ASKED]),
        .joined = atomic_load(&counts[COIL__RESOLVER_JOINED]),
        .kept = atomic_load(&counts[COIL__RESOLVER_KEPT]),
        .names = coil__name_cache_count(),
    };
}
