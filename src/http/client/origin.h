/* SPDX-License-Identifier: MIT */
/*
 * http/client/origin.h - the origins that a client talks to
 *
 * An origin is a scheme, a host and a port.  It is in the table while somebody
 * has, wants or keeps a connection to it.
 */
#ifndef COIL_HTTP_CLIENT_ORIGIN_H
#define COIL_HTTP_CLIENT_ORIGIN_H

#include <coil/event.h>
#include <coil/list.h>

#include "base/table.h"
#include "http/client/places.h"
#include "http/wire/url.h"

/* What an origin speaks, as far as is known. */
enum coil__http_speech {
    COIL__HTTP_ANYTHING,
    COIL__HTTP_1, /* HTTP/1.1 and nothing else */
    COIL__HTTP_2,
};

struct coil__http_origin {
    struct coil__table_entry entry;
    struct coil_list idle; /* connections, the one used last first */
    size_t idle_count;
    size_t users; /* tasks that have a connection, or wait for one; trunks */
    struct coil__http_queue queue;
    struct coil__http_connection *trunk; /* that takes requests; or NULL */
    enum coil__http_speech speech;
    bool hangs_up; /* it has closed a connection that was just being used */
    size_t dials;  /* tasks that are connecting */
    struct coil_event dialled; /* one of them has ended */
    bool is_secure;            /* the scheme is https */
    bool must_tunnel;          /* a proxy is not asked itself */
    uint16_t port;
    char host[]; /* in lower case, without brackets */
};

struct coil__http_origins {
    struct coil__table table;
};

/* Returns 0; -ENOMEM. */
int coil__http_origins_init(struct coil__http_origins *origins);

/* All origins must have been dropped. */
void coil__http_origins_fini(struct coil__http_origins *origins);

/* The origin of the URL, made if there is none.  NULL without memory. */
struct coil__http_origin *
coil__http_origins_get(struct coil__http_origins *origins,
                       const struct coil__http_url *url);

/* The same, or NULL. */
struct coil__http_origin *
coil__http_origins_find(const struct coil__http_origins *origins,
                        const struct coil__http_url *url);

/* Free the origin if it has neither users nor idle connections. */
void coil__http_origins_drop(struct coil__http_origins *origins,
                             struct coil__http_origin *origin);

#endif
