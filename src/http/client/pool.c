/* SPDX-License-Identifier: MIT */
#include "http/client/pool.h"

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "base/platform.h"

/* How long to wait for a descriptor if nothing of the pool's can free one. */
#define MOMENT (100 * COIL_MILLISECOND)

/* Connections that have come or gone. */
enum { MANY = 256 };

/* ---- memory ----------------------------------------------------------- */

/*
 * When many connections have come or gone, memory is given back to the system:
 * small pieces that stay in use keep malloc() from giving back what lies between
 * them.
 */
static void tidy(struct coil__http_pool *pool)
{
    if (pool->changes < MANY)
        return;
    pool->changes = 0;
    coil__memory_trim();
}

/* ---- idle connections ------------------------------------------------- */

static void close_connection(struct coil__http_connection *c)
{
    c->pool->open_count--;
    c->pool->changes++;
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
    coil_stream_unwatch(&c->watch);
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

static void close_idle(struct coil__http_connection *c)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;

    unlink_idle(c);
    close_connection(c);
    coil__http_origins_drop(&pool->origins, o);
}

/* The server has closed an idle connection, or said what nobody asked for. */
static void hear(void *connection)
{
    close_idle(connection);
}

/* A transport that cannot be watched is asked when the connection is used. */
static void watch(struct coil__http_connection *c)
{
    if (coil_stream_watch(c->stream, &c->watch, hear, c) < 0)
        c->watch.stream = NULL;
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
    struct coil__http_connection *oldest = oldest_of(pool);
    coil_time now = coil_now();

    pool->is_timed = false;
    while (oldest && now - oldest->idle_since >= pool->limits.idle_time) {
        close_idle(oldest_of(pool));
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
        close_idle(oldest_of(pool));
    stop_timer(pool);
    tidy(pool);
}

/* ---- the pool --------------------------------------------------------- */

int coil__http_pool_init(struct coil__http_pool *pool)
{
    return coil__http_origins_init(&pool->origins);
}

void coil__http_pool_close(struct coil__http_pool *pool)
{
    pool->is_closed = true;
    coil__http_pool_close_idle(pool);
}

void coil__http_pool_fini(struct coil__http_pool *pool)
{
    coil__http_places_fini(&pool->places);
    coil__http_origins_fini(&pool->origins);
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
 * Close an idle connection if one more would be too many: of the same origin if
 * that has too many, else the one that is idle for longest.
 */
static void make_room(struct coil__http_pool *pool,
                      const struct coil__http_origin *origin)
{
    const struct coil__http_places *places = &pool->places;
    struct coil_link *last = origin->idle.tail;

    if (last &&
        origin->queue.taken + origin->idle_count > places->limit_per_origin)
        close_idle(
            coil__container_of(last, struct coil__http_connection, in_origin));
    else if (pool->idle.tail &&
             places->taken + pool->idle_count > places->limit)
        close_idle(oldest_of(pool));
}

/*
 * Connect.  If there is no descriptor left, idle connections are closed to make
 * room.
 */
static int connect_stream(struct coil__http_pool *pool,
                          const struct coil__http_dial *dial,
                          struct coil_stream **out)
{
    int rc;

    for (;;) {
        rc = coil__http_connect(out, dial);
        if ((rc != -EMFILE && rc != -ENFILE) || !pool->idle.tail)
            return rc;
        close_idle(oldest_of(pool));
    }
}

static int open_connection(struct coil__http_pool *pool,
                           struct coil__http_origin *origin, coil_time limit,
                           const struct coil__http_watcher *watcher,
                           struct coil__http_connection **out)
{
    const struct coil__http_dial dial = { .origin = origin,
                                          .dialer = &pool->dialer,
                                          .watcher = watcher,
                                          .limit = limit };
    struct coil__http_connection *c = coil__alloc(sizeof *c);
    int rc;

    if (!c)
        return -ENOMEM;
    make_room(pool, origin);
    rc = connect_stream(pool, &dial, &c->stream);
    if (rc < 0) {
        coil__free(c);
        return rc;
    }
    c->pool = pool;
    c->origin = origin;
    coil__http_reader_init(&c->reader, COIL__HTTP_RESPONSE, c->stream,
                           pool->limits.header_size, pool->limits.header_lines);
    pool->open_count++;
    pool->changes++;
    *out = c;
    return 0;
}

/* ---- places ----------------------------------------------------------- */

static void leave_origin(struct coil__http_pool *pool,
                         struct coil__http_origin *origin)
{
    origin->users--;
    coil__http_origins_drop(&pool->origins, origin);
}

static int take_place(struct coil__http_pool *pool,
                      struct coil__http_place *place)
{
    int rc = coil__http_places_take(&pool->places, &place->origin->queue,
                                    &place->ticket, place->until);

    place->is_held = rc == 0;
    return rc;
}

static void give_place(struct coil__http_pool *pool,
                       struct coil__http_place *place)
{
    place->is_held = false;
    coil__http_places_give(&pool->places, &place->origin->queue);
}

int coil__http_pool_enter(struct coil__http_pool *pool,
                          const struct coil__http_url *url, coil_time patience,
                          struct coil__http_place *place)
{
    struct coil__http_origin *o = coil__http_origins_get(&pool->origins, url);
    int rc;

    if (!o)
        return -ENOMEM;
    o->users++;
    *place = (struct coil__http_place){
        .origin = o,
        .until = patience == COIL_NEVER ? COIL_NEVER : coil_after(patience),
    };
    rc = take_place(pool, place);
    if (rc < 0)
        leave_origin(pool, o);
    return rc;
}

void coil__http_pool_leave(struct coil__http_pool *pool,
                           struct coil__http_place *place)
{
    if (place->is_held)
        give_place(pool, place);
    leave_origin(pool, place->origin);
}

bool coil__http_pool_has_others(const struct coil__http_pool *pool)
{
    return pool->places.taken > 1;
}

int coil__http_pool_wait_again(struct coil__http_pool *pool,
                               struct coil__http_place *place)
{
    if (!coil__http_pool_has_others(pool))
        return coil_sleep(MOMENT);
    coil__http_places_shorten(&pool->places, pool->places.taken - 1);
    give_place(pool, place);
    return take_place(pool, place);
}

static void tell_reused(const struct coil__http_watcher *watcher,
                        const struct coil__http_connection *c)
{
    struct coil_address address;

    if (!watcher->fn && !watcher->report)
        return;
    coil_stream_peer_address(c->stream, &address);
    coil__http_tell(watcher,
                    (struct coil_http_event){ .moment = COIL_HTTP_CONNECTED,
                                              .address = &address,
                                              .is_reused = true });
}

int coil__http_pool_connect(struct coil__http_pool *pool,
                            struct coil__http_place *place, bool is_fresh,
                            coil_time limit,
                            const struct coil__http_watcher *watcher,
                            struct coil__http_connection **out)
{
    *out = is_fresh ? NULL : take_idle(place->origin);
    if (!*out)
        return open_connection(pool, place->origin, limit, watcher, out);
    tell_reused(watcher, *out);
    return 0;
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
        close_idle(oldest_of(pool));
    if (is_kept) {
        c->idle_since = coil_now();
        link_idle(c);
        watch(c);
        start_timer(pool, close_expired);
    } else {
        close_connection(c);
    }
    coil__http_places_give(&pool->places, &o->queue);
    leave_origin(pool, o);
    if (pool->places.taken == 0)
        tidy(pool);
}
