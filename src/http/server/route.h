/* SPDX-License-Identifier: MIT */
/*
 * http/server/route.h - find the handler of a request by its method and path
 */
#ifndef COIL_HTTP_SERVER_ROUTE_H
#define COIL_HTTP_SERVER_ROUTE_H

#include <coil/http_server.h>

#include "base/buffer.h"
#include "http/server/http_exchange.h"

struct coil__http_route {
    struct coil__http_route *next;
    char *method; /* NULL: any */
    char *pattern;
    coil_http_handler_fn handler;
    void *arg;
};

/* Whether a pattern can be one. */
bool coil__http_is_pattern(const char *pattern);

/*
 * Find the route of the exchange in the list that begins with `routes`.  The
 * captures of the exchange are set then.  Otherwise NULL is returned, and
 * `allowed`, which is empty, gets the methods for which there would have been a
 * route, separated by commas.
 */
const struct coil__http_route *
coil__http_find_route(const struct coil__http_route *routes,
                      struct coil_http_exchange *exchange,
                      struct coil_buffer *allowed);

#endif
