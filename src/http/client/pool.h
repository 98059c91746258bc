/* SPDX-License-Identifier: MIT */
/*
 * http/client/pool.h - the connections of a client
 *
 * A task first gets a place (places.h), and then a connection in it.  It keeps
 * the place until it is done, also when it has to connect a second time.  Idle
 * connections have no place, but they count: who opens a connection beyond a
 * limit closes an idle one first, of which there must be one then.
 *
 * A connection is in use by one task, or idle.  An idle connection is in two
 * lists: a request takes the connection used last from the list of the origin,
 * and the connection idle longest is closed from the list of the pool.
 */
#ifndef COIL_HTTP_CLIENT_POOL_H
#define COIL_HTTP_CLIENT_POOL_H

#include <coil/loop.h>
#include <coil/stream.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/client/connect.h"
#include "http/client/origin.h"
#include "http/client/places.h"
#include "http/wire/message.h"

struct coil__http_connection {
    struct coil__http_pool *pool;
    struct coil__http_origin *origin;
    struct coil_stream *stream;
    struct coil__http_reader reader;
    struct coil_buffer out; /* for heads; empty between requests */
    bool is_reused;

    /* While idle.  A connection that is heard of is closed at once. */
    struct coil_stream_watch watch;
    coil_time idle_since;
    struct coil_link in_pool;
    struct coil_link in_origin;
};

/* A task's place, or its wait for one. */
struct coil__http_place {
    struct coil__http_origin *origin;
    uint64_t ticket;
    coil_time until; /* the end of the wait */
    bool is_held;
};

/* None is 0; see struct coil_http_client_options. */
struct coil__http_pool_limits {
    size_t idle;
    size_t idle_per_origin;
    coil_time idle_time;
    size_t header_size;
    size_t header_lines;
};

struct coil__http_pool {
    struct coil__http_pool_limits limits;
    struct coil__http_dialer dialer;
    struct coil__http_places places;
    struct coil__http_origins origins;
    bool is_closed; /* keep nothing any more */
    size_t open_count;
    size_t changes; /* connections opened and closed, since memory was tidied */
    size_t idle_count;
    struct coil_list idle;    /* the one used last first */
    struct coil_handle timer; /* armed while there are idle connections */
    bool is_timed;
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

/*
 * Wait, at most `patience`, for a place among the connections to the origin of
 * `url`.  After success the place must be given back with
 * coil__http_pool_leave(), or together with its connection by
 * coil__http_pool_put().  The pool must outlive the wait.
 *
 * Returns 0; -ECANCELED; -EBUSY if no place became free in time; -ENOMEM.
 */
int coil__http_pool_enter(struct coil__http_pool *pool,
                          const struct coil__http_url *url, coil_time patience,
                          struct coil__http_place *place) COIL_SUSPENDS;
void coil__http_pool_leave(struct coil__http_pool *pool,
                           struct coil__http_place *place);

/*
 * Get a connection for a place: a new one if `is_fresh` or if none is idle.
 * Making a new one may take as long as `limit`, and `watcher` is told.
 *
 * Returns 0, else as coil__http_connect().  After -EMFILE and -ENFILE no idle
 * connection is left that could be closed instead.
 */
int coil__http_pool_connect(struct coil__http_pool *pool,
                            struct coil__http_place *place, bool is_fresh,
                            coil_time limit,
                            const struct coil__http_watcher *watcher,
                            struct coil__http_connection **out) COIL_SUSPENDS;

/*
 * There is no descriptor for a connection: let others have the place, and wait
 * for it again, in front of those that came later.  If there are no others, wait
 * for a moment only.  Returns 0; -ECANCELED; -EBUSY: the place is lost, and must
 * be left all the same.
 */
int coil__http_pool_wait_again(struct coil__http_pool *pool,
                               struct coil__http_place *place) COIL_SUSPENDS;

/* Whether the pool has other connections, whose end will free a descriptor. */
bool coil__http_pool_has_others(const struct coil__http_pool *pool);

/* Close a connection, but keep its place. */
void coil__http_pool_discard(struct coil__http_connection *connection);

/*
 * Give a connection back with its place.  The connection is kept for later
 * requests if `is_reusable`, else closed.
 */
void coil__http_pool_put(struct coil__http_connection *connection,
                         bool is_reusable);

#endif
