/* SPDX-License-Identifier: MIT */
/*
 * http/client/pool.h - the connections of a client
 *
 * A task first gets a place (places.h), and then a connection in it.  It keeps
 * the place until it is done, also when it has to connect a second time.  Idle
 * connections have no place, but they count: who opens a connection beyond a
 * limit closes an idle one first, of which there must be one then.
 *
 * A connection of HTTP/1.1 is in use by one task, or idle.  One of HTTP/2, a
 * trunk, is in use by any number of tasks, each of which has a branch, or idle.
 * While it is in use the trunk itself has a place, and the tasks need none: when
 * there is a trunk, all who wait for a place of its origin go on.
 *
 * An origin has at most one trunk that takes requests.  Until it is known which
 * version the origin speaks, one task connects, and the others wait for what
 * becomes of that.
 */
#ifndef COIL_HTTP_CLIENT_POOL_H
#define COIL_HTTP_CLIENT_POOL_H

#include "http/client/connect.h"
#include "http/client/connection.h"
#include "http/client/idle.h"
#include "http/client/origin.h"
#include "http/client/places.h"

/* None is 0; see struct coil_http_client_options. */
struct coil__http_pool_limits {
    size_t idle;
    size_t idle_per_origin;
    size_t header_size;
    size_t header_lines;
    coil_time header_time; /* of HTTP/2 */
};

struct coil__http_pool {
    struct coil__http_pool_limits limits;
    struct coil__http_dialer dialer;
    struct coil__http_places places;
    struct coil__http_origins origins;
    struct coil__http_idle idle;
    bool is_closed;    /* keep nothing any more */
    size_t open_count; /* branches are not counted */
    size_t changes; /* connections opened and closed, since memory was tidied */
};

/*
 * Make a pool of one that is zeroed but for its limits, those of the places
 * included.  Returns 0; -ENOMEM.
 */
int coil__http_pool_init(struct coil__http_pool *pool);

/* Close the idle connections. */
void coil__http_pool_close_idle(struct coil__http_pool *pool);

/* Close the idle connections, and keep none from now on. */
void coil__http_pool_close(struct coil__http_pool *pool);

/* Release what is left of a closed pool that nobody uses any more. */
void coil__http_pool_fini(struct coil__http_pool *pool);

/* ---- origins ---- */

/* An origin has one user fewer. */
void coil__http_pool_leave_origin(struct coil__http_pool *pool,
                                  struct coil__http_origin *origin);

/* The trunk over which a request can be made; or NULL. */
struct coil__http_connection *
coil__http_pool_trunk(const struct coil__http_origin *origin);

/* ---- connections ---- */

/* A connection that is empty, and is counted nowhere.  NULL without memory. */
struct coil__http_connection *
coil__http_pool_make(struct coil__http_pool *pool,
                     struct coil__http_origin *origin);
void coil__http_pool_unmake(struct coil__http_connection *connection);

/*
 * Make a trunk of a stream, which has the place of the caller then.  Returns 0;
 * or an error of coil__http_link_new(): the stream is still the caller's.
 */
int coil__http_pool_make_trunk(struct coil__http_pool *pool,
                               struct coil__http_origin *origin,
                               struct coil_stream *stream);

/* Make a branch of an empty connection. */
void coil__http_pool_make_branch(struct coil__http_connection *connection,
                                 struct coil__http_connection *trunk);

/* Close a connection that is neither idle nor a branch, but keep its place. */
void coil__http_pool_close_one(struct coil__http_connection *connection);

/* Close a connection over which a request has failed, but keep its place. */
void coil__http_pool_discard(struct coil__http_connection *connection);

/*
 * A request over the connection has failed, perhaps since the server says nothing
 * any more: see coil__http_link_doubt().
 */
void coil__http_pool_doubt(const struct coil__http_connection *connection);

/*
 * Give a connection back with its place.  The connection is kept for later
 * requests if `is_reusable`, else closed.  Of a branch the trunk is kept.
 */
void coil__http_pool_put(struct coil__http_connection *connection,
                         bool is_reusable);

#endif
