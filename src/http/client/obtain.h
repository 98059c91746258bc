/* SPDX-License-Identifier: MIT */
/*
 * http/client/obtain.h - get a place in a pool, and a connection in it
 */
#ifndef COIL_HTTP_CLIENT_OBTAIN_H
#define COIL_HTTP_CLIENT_OBTAIN_H

#include "http/client/http_watch.h"
#include "http/client/pool.h"

/* A task's place, or its wait for one. */
struct coil__http_place {
    struct coil__http_origin *origin;
    uint64_t ticket;
    coil_time until; /* the end of the wait */
    bool is_held;
};

/*
 * Wait, at most `patience`, for a place among the connections to the origin of
 * `url`, or for a trunk.  After success the place must be given back with
 * coil__http_leave(), or together with its connection by
 * coil__http_pool_put().  The pool must outlive the wait.
 *
 * Returns 0; -ECANCELED; -EBUSY if no place became free in time; -ENOMEM.
 */
int coil__http_enter(struct coil__http_pool *pool,
                     const struct coil__http_url *url, coil_time patience,
                     struct coil__http_place *place) COIL_SUSPENDS;
void coil__http_leave(struct coil__http_pool *pool,
                      struct coil__http_place *place);

/* Which connections of HTTP/1.1 a request may go over. */
enum coil__http_choice {
    COIL__HTTP_NEW,
    COIL__HTTP_KEPT,  /* or one that is idle, and is alive as the kernel says */
    COIL__HTTP_LIKELY /* or one that seems to be alive: the request may repeat */
};

/*
 * Get a connection: a branch if there is a trunk, else one for the place, which
 * is a new one if `choice` says so or if none is idle.  Making a new one may take
 * as long as `limit`, and `watcher` is told.
 *
 * Returns 0, else as coil__http_connect(), and
 *   -EAGAIN  there is no place, as the trunk has gone: see
 *            coil__http_enter_again()
 * After -EMFILE and -ENFILE no idle connection is left that could be closed
 * instead.
 */
int coil__http_obtain(struct coil__http_pool *pool,
                      struct coil__http_place *place,
                      enum coil__http_choice choice, coil_time limit,
                      const struct coil__http_watcher *watcher,
                      struct coil__http_connection **out) COIL_SUSPENDS;

/*
 * There is no place, or no descriptor for a connection: let others have the place,
 * and wait for it again, in front of those that came later.  If there is a place
 * and there are no others, wait for a moment only.
 *
 * Returns 0; -ECANCELED; -EBUSY: the place is lost, and must be left all the same.
 */
int coil__http_enter_again(struct coil__http_pool *pool,
                           struct coil__http_place *place) COIL_SUSPENDS;

/* Whether the pool has other connections, whose end will free a descriptor. */
bool coil__http_has_others(const struct coil__http_pool *pool);


#endif
