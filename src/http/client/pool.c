/* SPDX-License-Identifier: MIT */
#include "http/client/pool.h"

#include <string.h>

#include <coil/timeout.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/wire/text.h"

enum { FIRST_BUCKETS = 16 };

/* ---- origins ---------------------------------------------------------- */

static size_t hash_of(const struct coil__http_url *url)
{
    uint32_t hash = 2166136261u ^ url->port;

    for (size_t i = 0; i < url->host_size; i++) {
        hash ^= (unsigned char)coil__http_lower(url->host[i]);
        hash *= 16777619u;
    }
    return hash;
}

static struct coil__http_origin **bucket_of(const struct coil__http_pool *pool,
                                            size_t hash)
{
    return &pool->buckets[hash & (pool->bucket_count - 1)];
}

/* Double the buckets.  Without memory for them the chains get longer. */
static void grow(struct coil__http_pool *pool)
{
    struct coil__http_origin **old = pool->buckets;
    size_t old_count = pool->bucket_count;
    struct coil__http_origin **wider =
        coil__alloc(old_count * 2 * sizeof *wider);

    if (!wider)
        return;
    pool->buckets = wider;
    pool->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct coil__http_origin *o = old[i];
            struct coil__http_origin **to = bucket_of(pool, o->hash);

            old[i] = o->next;
            o->next = *to;
            *to = o;
        }
    }
    coil__free(old);
}

static struct coil__http_origin *find_origin(struct coil__http_pool *pool,
                                             const struct coil__http_url *url,
                                             size_t hash)
{
    struct coil__http_origin *o = *bucket_of(pool, hash);

    while (o && (o->hash != hash || o->port != url->port ||
                 strlen(o->host) != url->host_size ||
                 !coil__http_equal_n(o->host, url->host, url->host_size)))
        o = o->next;
    return o;
}

/* The origin of the URL, made if there is none.  NULL without memory. */
static struct coil__http_origin *origin_of(struct coil__http_pool *pool,
                                           const struct coil__http_url *url)
{
    size_t hash = hash_of(url);
    struct coil__http_origin *o = find_origin(pool, url, hash);
    struct coil__http_origin **bucket;

    if (o)
        return o;
    o = coil__alloc(sizeof *o + url->host_size + 1);
    if (!o)
        return NULL;
    if (pool->origin_count >= pool->bucket_count)
        grow(pool);

    o->hash = hash;
    o->port = url->port;
    for (size_t i = 0; i < url->host_size; i++)
        o->host[i] = coil__http_lower(url->host[i]);
    coil_semaphore_init(&o->permits, pool->limits.per_origin);
    bucket = bucket_of(pool, hash);
    o->next = *bucket;
    *bucket = o;
    pool->origin_count++;
    return o;
}

static void drop_if_unused(struct coil__http_pool *pool,
                           struct coil__http_origin *origin)
{
    struct coil__http_origin **link = bucket_of(pool, origin->hash);

    if (origin->users > 0 || origin->idle.head)
        return;
    while (*link != origin)
        link = &(*link)->next;
    *link = origin->next;
    pool->origin_count--;
    coil__free(origin);
}

/* ---- idle connections ------------------------------------------------- */

static void close_connection(struct coil__http_connection *c)
{
    c->pool->open_count--;
    coil_stream_abort(c->stream);
    coil__http_reader_fini(&c->reader);
    coil__buffer_fini(&c->out);
    coil__free(c);
}

static void link_idle(struct coil__http_connection *c)
{
    coil__list_prepend(&c->pool->idle, &c->in_pool);
    c->pool->idle_count++;
    coil__list_prepend(&c->origin->idle, &c->in_origin);
    c->origin->idle_count++;
}

static void unlink_idle(struct coil__http_connection *c)
{
    coil__list_remove(&c->pool->idle, &c->in_pool);
    c->pool->idle_count--;
    coil__list_remove(&c->origin->idle, &c->in_origin);
    c->origin->idle_count--;
}

/* The connection that has been idle for longest, or NULL. */
static struct coil__http_connection *
oldest_of(const struct coil__http_pool *pool)
{
    struct coil_link *link = pool->idle.tail;

    if (!link)
        return NULL;
    return coil__container_of(link, struct coil__http_connection, in_pool);
}

static void close_oldest(struct coil__http_pool *pool)
{
    struct coil__http_connection *c = oldest_of(pool);
    struct coil__http_origin *o = c->origin;

    unlink_idle(c);
    close_connection(c);
    drop_if_unused(pool, o);
}

/*
 * One timer serves the whole pool.  Taking a connection does not touch the
 * timer: when it fires, close_expired() looks which connection is the oldest
 * then.
 */
static void start_timer(struct coil__http_pool *pool, coil_callback_fn expire)
{
    const struct coil__http_connection *oldest = oldest_of(pool);
    coil_time limit = pool->limits.idle_time;

    if (pool->is_timed || !oldest || limit == COIL_NEVER)
        return;
    pool->is_timed =
        coil_loop_call_later(coil_loop_current(), &pool->timer,
                             oldest->idle_since + limit - coil_now(), expire,
                             pool) == 0;
}

/* The connection that was the oldest when the timer started has expired. */
static void close_expired(void *arg)
{
    struct coil__http_pool *pool = arg;
    const struct coil__http_connection *oldest = oldest_of(pool);
    coil_time now = coil_now();

    pool->is_timed = false;
    while (oldest && now - oldest->idle_since >= pool->limits.idle_time) {
        close_oldest(pool);
        oldest = oldest_of(pool);
    }
    start_timer(pool, close_expired);
}

static void stop_timer(struct coil__http_pool *pool)
{
    if (pool->is_timed)
        coil_handle_cancel(&pool->timer);
    pool->is_timed = false;
}

void coil__http_pool_close_idle(struct coil__http_pool *pool)
{
    while (pool->idle.tail)
        close_oldest(pool);
    stop_timer(pool);
}

/* ---- the pool --------------------------------------------------------- */

int coil__http_pool_init(struct coil__http_pool *pool)
{
    pool->buckets = coil__alloc(FIRST_BUCKETS * sizeof *pool->buckets);
    if (!pool->buckets)
        return -ENOMEM;
    pool->bucket_count = FIRST_BUCKETS;
    return 0;
}

void coil__http_pool_close(struct coil__http_pool *pool)
{
    pool->is_closed = true;
    coil__http_pool_close_idle(pool);
}

void coil__http_pool_fini(struct coil__http_pool *pool)
{
    coil__free(pool->buckets);
}

/* The connection used last that is still alive, or NULL. */
static struct coil__http_connection *take_idle(struct coil__http_origin *origin)
{
    while (origin->idle.head) {
        struct coil__http_connection *c = coil__container_of(
            origin->idle.head, struct coil__http_connection, in_origin);

        unlink_idle(c);
        if (!coil_stream_is_stale(c->stream)) {
            c->is_reused = true;
            return c;
        }
        close_connection(c);
    }
    return NULL;
}

/*
 * Connect.  If there is no descriptor left, idle connections are closed to make
 * room.
 */
static int connect_stream(struct coil__http_pool *pool,
                          const struct coil__http_origin *origin,
                          struct coil_stream **out)
{
    int rc;

    for (;;) {
        rc = coil_tcp_connect(out, origin->host, origin->port);
        if ((rc != -EMFILE && rc != -ENFILE) || !pool->idle.tail)
            return rc;
        close_oldest(pool);
    }
}

static int open_connection(struct coil__http_pool *pool,
                           struct coil__http_origin *origin,
                           struct coil__http_connection **out)
{
    struct coil__http_connection *c = coil__alloc(sizeof *c);
    int rc;

    if (!c)
        return -ENOMEM;
    rc = connect_stream(pool, origin, &c->stream);
    if (rc < 0) {
        coil__free(c);
        return rc;
    }
    c->pool = pool;
    c->origin = origin;
    coil__http_reader_init(&c->reader, COIL__HTTP_RESPONSE, c->stream,
                           pool->limits.header_size, pool->limits.header_lines);
    pool->open_count++;
    *out = c;
    return 0;
}

/* ---- places ----------------------------------------------------------- */

static int acquire_permit(struct coil__http_origin *origin, coil_time patience)
{
    struct coil_timeout limit;
    int rc;

    if (patience == COIL_NEVER)
        return coil_semaphore_acquire(&origin->permits);
    rc = coil_timeout_begin(&limit, patience);
    if (rc < 0)
        return rc;
    rc = coil_semaphore_acquire(&origin->permits);
    rc = coil_timeout_end(&limit, rc);
    return rc == -ETIMEDOUT ? -EBUSY : rc;
}

static void leave_origin(struct coil__http_pool *pool,
                         struct coil__http_origin *origin)
{
    origin->users--;
    drop_if_unused(pool, origin);
}

int coil__http_pool_enter(struct coil__http_pool *pool,
                          const struct coil__http_url *url, coil_time patience,
                          struct coil__http_origin **out)
{
    struct coil__http_origin *o = origin_of(pool, url);
    int rc = 0;

    if (!o)
        return -ENOMEM;
    o->users++;
    if (pool->limits.per_origin > 0)
        rc = acquire_permit(o, patience);
    if (rc < 0)
        leave_origin(pool, o);
    else
        *out = o;
    return rc;
}

void coil__http_pool_leave(struct coil__http_pool *pool,
                           struct coil__http_origin *origin)
{
    if (pool->limits.per_origin > 0)
        coil_semaphore_release(&origin->permits);
    leave_origin(pool, origin);
}

int coil__http_pool_connect(struct coil__http_pool *pool,
                            struct coil__http_origin *origin, bool is_fresh,
                            struct coil__http_connection **out)
{
    *out = is_fresh ? NULL : take_idle(origin);
    if (*out)
        return 0;
    return open_connection(pool, origin, out);
}

void coil__http_pool_discard(struct coil__http_connection *c)
{
    close_connection(c);
}

void coil__http_pool_put(struct coil__http_connection *c, bool is_reusable)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;
    bool is_kept = is_reusable && !pool->is_closed &&
                   o->idle_count < pool->limits.idle_per_origin &&
                   coil_stream_unsent(c->stream) == 0;

    if (is_kept && pool->idle_count >= pool->limits.idle)
        close_oldest(pool);
    if (is_kept) {
        c->idle_since = coil_now();
        link_idle(c);
        start_timer(pool, close_expired);
    } else {
        close_connection(c);
    }
    coil__http_pool_leave(pool, o);
}
