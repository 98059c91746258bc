/* SPDX-License-Identifier: MIT */
/*
 * http/client/idle.h - connections that wait for another request
 *
 * An idle connection is in two lists: a request takes the connection used last
 * from the list of the origin, and the connection idle longest is closed from
 * the list of the pool.  A connection of HTTP/1.1 that is heard of is closed at
 * once.  One of HTTP/2 hears for itself.
 */
#ifndef COIL_HTTP_CLIENT_IDLE_H
#define COIL_HTTP_CLIENT_IDLE_H

#include <coil/loop.h>

#include "base/list.h"
#include "http/client/connection.h"

struct coil__http_idle {
    coil_time limit; /* how long one is kept; COIL_NEVER: for ever */
    /* Close one that has been taken out of the lists. */
    void (*close)(struct coil__http_connection *connection);
    size_t count;
    struct coil_list list;    /* the one used last first */
    struct coil_handle timer; /* armed while there are idle connections */
    bool is_timed;
};

/* A connection is idle from now on. */
void coil__http_idle_add(struct coil__http_idle *idle,
                         struct coil__http_connection *connection);

/*
 * Whether a connection is as good as it was: it has been idle for a moment only,
 * and the loop has heard nothing of it.  The kernel is not asked.
 */
bool coil__http_idle_seems_alive(
    const struct coil__http_connection *connection);

/* An idle connection is used again. */
void coil__http_idle_take(struct coil__http_connection *connection);

/* Close an idle connection. */
void coil__http_idle_close(struct coil__http_connection *connection);

/* Close the one that has been idle for longest, of which there must be one. */
void coil__http_idle_close_oldest(struct coil__http_idle *idle);

/* Close all of them. */
void coil__http_idle_close_all(struct coil__http_idle *idle);

#endif
