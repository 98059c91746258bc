/* SPDX-License-Identifier: MIT */
#include "http/client/pool.h"

#include <errno.h>

#include "base/memory.h"
#include "http/client/link.h"

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

struct coil__http_connection *
coil__http_pool_make(struct coil__http_pool *pool,
                     struct coil__http_origin *origin)
{
    struct coil__http_connection *c = coil__alloc(sizeof *c);

    if (!c)
        return NULL;
    c->pool = pool;
    c->origin = origin;
    return c;
}

void coil__http_pool_unmake(struct coil__http_connection *c)
{
    coil__http_reader_fini(&c->reader);
    coil__buffer_fini(&c->out);
    coil__free(c);
}

/* ---- trunks ----------------------------------------------------------- */

void coil__http_pool_leave_origin(struct coil__http_pool *pool,
                                  struct coil__http_origin *origin)
{
    origin->users--;
    coil__http_origins_drop(&pool->origins, origin);
}

struct coil__http_connection *
coil__http_pool_trunk(const struct coil__http_origin *origin)
{
    struct coil__http_connection *trunk = origin->trunk;

    return trunk && coil__http_link_is_open(trunk->link) ? trunk : NULL;
}

/* Its link has ended, or is about to. */
static void forget_trunk(struct coil__http_connection *trunk)
{
    struct coil__http_pool *pool = trunk->pool;
    struct coil__http_origin *o = trunk->origin;

    if (o->trunk == trunk)
        o->trunk = NULL;
    pool->open_count--;
    pool->changes++;
    coil__http_pool_unmake(trunk);
    coil__http_pool_leave_origin(pool, o);
}

/* A trunk that is in use, or has been, has a place. */
static void give_place_of(struct coil__http_connection *trunk)
{
    coil__http_places_give(&trunk->pool->places, &trunk->origin->queue);
}

/* The link has ended by itself. */
static void lose_trunk(void *owner)
{
    struct coil__http_connection *trunk = owner;

    if (trunk->idle)
        coil__http_idle_take(trunk);
    else
        give_place_of(trunk);
    forget_trunk(trunk);
}

int coil__http_pool_make_trunk(struct coil__http_pool *pool,
                               struct coil__http_origin *o,
                               struct coil_stream *stream)
{
    const struct coil__http_link_limits limits = {
        .head = { .size = pool->limits.header_size,
                  .fields = pool->limits.header_lines },
        .patience = pool->limits.header_time,
    };
    struct coil__http_connection *trunk = coil__http_pool_make(pool, o);
    int rc;

    if (!trunk)
        return -ENOMEM;
    rc = coil__http_link_new(&trunk->link, stream, &limits, lose_trunk, trunk);
    if (rc < 0) {
        coil__http_pool_unmake(trunk);
        return rc;
    }
    trunk->stream = stream;
    o->trunk = trunk;
    o->users++;
    pool->open_count++;
    pool->changes++;
    return 0;
}

static void close_trunk(struct coil__http_connection *trunk)
{
    coil__http_link_close(trunk->link);
    forget_trunk(trunk);
}

/* ---- connections ------------------------------------------------------ */

void coil__http_pool_close_one(struct coil__http_connection *c)
{
    if (c->link) {
        close_trunk(c);
        return;
    }
    c->pool->open_count--;
    c->pool->changes++;
    coil_stream_abort(c->stream);
    coil__http_pool_unmake(c);
}

/* Close a connection that was idle. */
static void close_unused(struct coil__http_connection *c)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;

    o->users++;
    coil__http_pool_close_one(c);
    coil__http_pool_leave_origin(pool, o);
}

/*
 * Keep a connection for later requests, or close it.  It must have given its place
 * back, and its origin must have another user.
 */
static void keep(struct coil__http_connection *c, bool is_reusable)
{
    struct coil__http_pool *pool = c->pool;
    bool is_kept = is_reusable && !pool->is_closed &&
                   c->origin->idle_count < pool->limits.idle_per_origin;

    if (is_kept && pool->idle.count >= pool->limits.idle)
        coil__http_idle_close_oldest(&pool->idle);
    if (is_kept)
        coil__http_idle_add(&pool->idle, c);
    else
        coil__http_pool_close_one(c);
}

/* The last request over a trunk has ended. */
static void rest_trunk(struct coil__http_connection *trunk)
{
    struct coil__http_pool *pool = trunk->pool;
    struct coil__http_origin *o = trunk->origin;

    o->users++;
    give_place_of(trunk);
    keep(trunk, o->trunk == trunk && coil__http_link_is_open(trunk->link));
    coil__http_pool_leave_origin(pool, o);
}

void coil__http_pool_make_branch(struct coil__http_connection *c,
                                 struct coil__http_connection *trunk)
{
    c->link = trunk->link;
    c->since = coil_now();
    c->is_reused = c->link->was_used;
    coil__http_link_take(c->link);
    coil__http_reader_init(&c->reader, COIL__HTTP_RESPONSE, NULL,
                           c->pool->limits.header_size,
                           c->pool->limits.header_lines);
}

static void close_branch(struct coil__http_connection *c)
{
    struct coil__http_link *link = c->link;
    struct coil__http_connection *trunk = link->owner;

    if (c->stream)
        coil_stream_abort(c->stream);
    coil__http_pool_unmake(c);
    coil__http_link_leave(link);
    if (trunk && trunk->link->requests == 0)
        rest_trunk(trunk);
}

void coil__http_pool_doubt(const struct coil__http_connection *c)
{
    if (c->link)
        coil__http_link_doubt(c->link, c->since);
}

void coil__http_pool_discard(struct coil__http_connection *c)
{
    coil__http_pool_doubt(c);
    if (c->link)
        close_branch(c);
    else
        coil__http_pool_close_one(c);
}

void coil__http_pool_put(struct coil__http_connection *c, bool is_reusable)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;

    if (c->link) {
        close_branch(c);
    } else {
        keep(c, is_reusable && coil_stream_unsent(c->stream) == 0);
        coil__http_places_give(&pool->places, &o->queue);
    }
    coil__http_pool_leave_origin(pool, o);
    if (pool->places.taken == 0)
        tidy(pool);
}

/* ---- the pool --------------------------------------------------------- */

int coil__http_pool_init(struct coil__http_pool *pool)
{
    pool->idle.close = close_unused;
    return coil__http_origins_init(&pool->origins);
}

void coil__http_pool_close_idle(struct coil__http_pool *pool)
{
    coil__http_idle_close_all(&pool->idle);
    tidy(pool);
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
