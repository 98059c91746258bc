/* SPDX-License-Identifier: MIT */
#include "http/client/obtain.h"

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/platform.h"
#include "http/client/limit.h"
#include "http/client/link.h"
#include "http/wire/secure.h"

/* How long to wait for a descriptor if nothing of the pool's can free one. */
#define MOMENT (100 * COIL_MILLISECOND)

/*
 * The connection used last that is still alive, or NULL.  To ask the kernel takes a
 * system call, of which a small request makes only two others.  If `may_guess`, it
 * is not asked, until a guess was wrong.
 */
static struct coil__http_connection *take_idle(struct coil__http_origin *origin,
                                               bool may_guess)
{
    while (origin->idle.head) {
        struct coil__http_connection *c = coil__container_of(
            origin->idle.head, struct coil__http_connection, in_origin);
        bool seems_alive =
            may_guess && !origin->hangs_up && coil__http_idle_seems_alive(c);

        coil__http_idle_take(c);
        if (!c->link && (seems_alive || !coil_stream_is_stale(c->stream))) {
            c->is_reused = true;
            return c;
        }
        coil__http_pool_close_one(c);
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
        coil__http_idle_close(
            coil__container_of(last, struct coil__http_connection, in_origin));
    else if (pool->idle.count > 0 &&
             places->taken + pool->idle.count > places->limit)
        coil__http_idle_close_oldest(&pool->idle);
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
        if ((rc != -EMFILE && rc != -ENFILE) || pool->idle.count == 0)
            return rc;
        coil__http_idle_close_oldest(&pool->idle);
    }
}

/* Whether HTTP/2 may be spoken with an origin, as far as is known. */
static bool may_be_2(const struct coil__http_pool *pool,
                     const struct coil__http_origin *o)
{
    const struct coil__http_dialer *dialer = &pool->dialer;

    if (o->must_tunnel || o->speech == COIL__HTTP_1)
        return false;
    if (o->is_secure)
        return dialer->has_http2;
    return dialer->is_http2 && !coil__http_forwarder_of(&dialer->proxies, o);
}

/* ---- places ----------------------------------------------------------- */

static int take_place(struct coil__http_pool *pool,
                      struct coil__http_place *place)
{
    int rc = coil__http_places_take(&pool->places, &place->origin->queue,
                                    &place->ticket, place->until);

    place->is_held = rc == 0;
    return rc < 0 ? rc : 0;
}

static void give_place(struct coil__http_pool *pool,
                       struct coil__http_place *place)
{
    place->is_held = false;
    coil__http_places_give(&pool->places, &place->origin->queue);
}

int coil__http_enter(struct coil__http_pool *pool,
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
    if (coil__http_pool_trunk(o))
        return 0;
    rc = take_place(pool, place);
    if (rc < 0)
        coil__http_pool_leave_origin(pool, o);
    return rc;
}

void coil__http_leave(struct coil__http_pool *pool,
                      struct coil__http_place *place)
{
    if (place->is_held)
        give_place(pool, place);
    coil__http_pool_leave_origin(pool, place->origin);
}

bool coil__http_has_others(const struct coil__http_pool *pool)
{
    return pool->places.taken > 1;
}

int coil__http_enter_again(struct coil__http_pool *pool,
                           struct coil__http_place *place)
{
    if (!place->is_held)
        return take_place(pool, place);
    if (!coil__http_has_others(pool))
        return coil_sleep(MOMENT);
    coil__http_places_shorten(&pool->places, pool->places.taken - 1);
    give_place(pool, place);
    return take_place(pool, place);
}

/* ---- connections ------------------------------------------------------ */

static void tell_reused(const struct coil__http_watcher *watcher,
                        const struct coil_stream *stream)
{
    struct coil_address address;

    if (!watcher->fn && !watcher->report)
        return;
    coil_stream_peer_address(stream, &address);
    coil__http_tell(watcher,
                    (struct coil_http_event){ .moment = COIL_HTTP_CONNECTED,
                                              .address = &address,
                                              .is_reused = true });
}

/* Make a branch of `c`.  The trunk needs a place if it was idle. */
static void branch_off(struct coil__http_place *place,
                       struct coil__http_connection *c,
                       struct coil__http_connection *trunk)
{
    struct coil__http_pool *pool = c->pool;

    if (trunk->idle) {
        coil__http_idle_take(trunk);
        if (!place->is_held)
            coil__http_places_claim(&pool->places, &c->origin->queue);
        place->is_held = false;
    } else if (place->is_held) {
        give_place(pool, place);
    }
    coil__http_pool_make_branch(c, trunk);
}

/* Ask over a trunk that is there. */
static int use_trunk(struct coil__http_pool *pool,
                     struct coil__http_place *place,
                     const struct coil__http_watcher *watcher,
                     struct coil__http_connection *trunk,
                     struct coil__http_connection **out)
{
    struct coil__http_connection *c = coil__http_pool_make(pool, place->origin);

    if (!c)
        return -ENOMEM;
    branch_off(place, c, trunk);
    tell_reused(watcher, trunk->stream);
    *out = c;
    return 0;
}

/* The new connection speaks HTTP/1.1. */
static void take_stream(struct coil__http_connection *c,
                        struct coil_stream *stream)
{
    struct coil__http_pool *pool = c->pool;

    c->stream = stream;
    coil__http_reader_init(&c->reader, COIL__HTTP_RESPONSE, stream,
                           pool->limits.header_size, pool->limits.header_lines);
    pool->open_count++;
    pool->changes++;
}

/*
 * The new connection speaks HTTP/2: it becomes the trunk of the origin, and all
 * who wait go over it.  If others have made a trunk meanwhile, that one is used.
 */
static int take_trunk(struct coil__http_place *place,
                      struct coil__http_connection *c,
                      struct coil_stream *stream)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;
    struct coil__http_connection *trunk = coil__http_pool_trunk(o);
    int rc = 0;

    if (trunk) {
        coil_stream_abort(stream);
    } else {
        rc = coil__http_pool_make_trunk(pool, o, stream);
        if (rc < 0) {
            coil_stream_abort(stream);
            return rc;
        }
        trunk = o->trunk;
        place->is_held = false;
    }
    branch_off(place, c, trunk);
    coil__http_places_excuse(&pool->places, &o->queue);
    return 0;
}

static int take_new(struct coil__http_place *place,
                    struct coil__http_connection *c, struct coil_stream *stream,
                    bool is_2)
{
    c->origin->speech = is_2 ? COIL__HTTP_2 : COIL__HTTP_1;
    if (is_2)
        return take_trunk(place, c, stream);
    take_stream(c, stream);
    return 0;
}

/* Connect.  Others know that somebody does, and are told when it is over. */
static int dial(struct coil__http_place *place, struct coil__http_connection *c,
                const struct coil__http_watcher *watcher, coil_time limit)
{
    struct coil__http_pool *pool = c->pool;
    struct coil__http_origin *o = c->origin;
    const struct coil__http_dial dial = { .origin = o,
                                          .dialer = &pool->dialer,
                                          .watcher = watcher,
                                          .limit = limit,
                                          .with_http2 = may_be_2(pool, o) };
    struct coil_stream *stream;
    int rc;

    make_room(pool, o);
    o->dials++;
    rc = connect_stream(pool, &dial, &stream);
    o->dials--;
    if (rc == 0)
        rc = take_new(place, c, stream,
                      dial.with_http2 && (!o->is_secure ||
                                          coil__http_secure_is_http2(stream)));
    coil_event_set(&o->dialled);
    coil_event_clear(&o->dialled);
    return rc;
}

static int open_connection(struct coil__http_pool *pool,
                           struct coil__http_place *place,
                           const struct coil__http_watcher *watcher,
                           coil_time limit, struct coil__http_connection **out)
{
    struct coil__http_connection *c = coil__http_pool_make(pool, place->origin);
    int rc;

    if (!c)
        return -ENOMEM;
    rc = dial(place, c, watcher, limit);
    if (rc < 0)
        coil__http_pool_unmake(c);
    else
        *out = c;
    return rc;
}

/*
 * If somebody is connecting, and may bring a trunk, see what becomes of that.
 * Takes the time from `*limit`.
 */
static int await_dial(struct coil__http_pool *pool, struct coil__http_origin *o,
                      coil_time *limit)
{
    struct coil__http_limit scope;
    coil_time began;
    int rc;

    if (o->dials == 0 || !may_be_2(pool, o) || coil__http_pool_trunk(o))
        return 0;
    began = coil_now();
    rc = coil__http_limit_begin(&scope, *limit);
    if (rc < 0)
        return rc;
    rc = coil_event_wait(&o->dialled);
    rc = coil__http_limit_end(&scope, rc, COIL_EHTTP_CONNECT_TIMEOUT);
    if (*limit != COIL_NEVER)
        *limit -= coil_now() - began;
    return rc;
}

int coil__http_obtain(struct coil__http_pool *pool,
                      struct coil__http_place *place,
                      enum coil__http_choice choice, coil_time limit,
                      const struct coil__http_watcher *watcher,
                      struct coil__http_connection **out)
{
    struct coil__http_origin *o = place->origin;
    struct coil__http_connection *trunk;
    int rc = await_dial(pool, o, &limit);

    if (rc < 0)
        return rc;
    trunk = coil__http_pool_trunk(o);
    if (trunk)
        return use_trunk(pool, place, watcher, trunk, out);
    if (!place->is_held)
        return -EAGAIN;
    *out = choice == COIL__HTTP_NEW ? NULL
                                    : take_idle(o, choice == COIL__HTTP_LIKELY);
    if (!*out)
        return open_connection(pool, place, watcher, limit, out);
    tell_reused(watcher, (*out)->stream);
    return 0;
}
