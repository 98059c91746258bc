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

/* Whether `pattern` is the pattern of a route. */
bool coil__http_is_pattern(const char *pattern);

/*
 * Find the route of the exchange in the list that begins with `routes`, and set
 * the captures of the exchange.  If there is no route, returns NULL and puts
 * the methods for which there is one into `allowed`, which is empty, separated
 * by commas.
 */
const struct coil__http_route *
coil__http_find_route(const struct coil__http_route *routes,
                      struct coil_http_exchange *exchange,
                      struct coil_buffer *allowed);

#endif
