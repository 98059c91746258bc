/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_router.h - find what answers a request, and call it
 */
#ifndef COIL_HTTP_SERVER_HTTP_ROUTER_H
#define COIL_HTTP_SERVER_HTTP_ROUTER_H

#include <coil/http_router.h>

#include "http/server/http_exchange.h"

/*
 * Find the route of the exchange, and call the middlewares on the way and the
 * handler.  Returns what these return.
 */
int coil__http_router_serve(struct coil_http_router *root,
                            struct coil_http_exchange *exchange) COIL_SUSPENDS;

/* What was given to coil_http_router_use() with `fn`; NULL: `fn` is not used. */
void *coil__http_router_argument(const struct coil_http_router *router,
                                 coil_http_handler_fn fn);

#endif
