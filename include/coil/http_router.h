/* SPDX-License-Identifier: MIT */
/*
 * coil/http_router.h - which handler answers which request
 *
 *     struct coil_http_router *api;
 *
 *     rc = coil_http_router_new(&api);
 *     if (rc == 0)
 *         rc = coil_http_router_use(api, authenticate, NULL);
 *     if (rc == 0)
 *         rc = coil_http_router_route(api, "GET", "/user/{id:int}", show, NULL);
 *     if (rc == 0)
 *         rc = coil_http_router_mount(coil_http_server_router(server), "/api",
 *                                     api);
 *
 * coil/http_server.h includes this header.
 */
#ifndef COIL_HTTP_ROUTER_H
#define COIL_HTTP_ROUTER_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_exchange;
struct coil_http_router;

/*
 * Answer one request: by exactly one coil_http_respond(), or coil_http_begin()
 * and any number of coil_http_write().
 *
 * Returns 0, or an error.  An error is reported to the loop's exception
 * handler, and the client gets the status 500.  If the response had begun, the
 * connection is closed instead, and the client gets a truncated response.  (A
 * client of HTTP/1.0 takes that for a whole one if the length was not given.)
 *
 * An error that the client has caused is not reported: a handler may return the
 * errors of coil_http_exchange_body(), coil_http_exchange_read() and
 * coil_http_write() as they are.  The client then gets 413 for
 * COIL_EHTTP_BODY_TOO_LARGE, 400 for COIL_EHTTP_MALFORMED, 408 for -ETIMEDOUT,
 * and 503 for -ENOBUFS.
 *
 * A handler that returns 0 without a response is answered by 500, too.
 */
typedef int (*coil_http_handler_fn)(struct coil_http_exchange *exchange,
                                    void *arg);

/* Make a router.  Returns 0; -ENOMEM. */
COIL_API int coil_http_router_new(struct coil_http_router **out)
    COIL_MUST_CHECK;

/*
 * Call handler(exchange, arg) for requests with `method` (NULL: any but CONNECT,
 * of which see coil_http_respond_tunnel()) whose path
 * matches `pattern`.  If several routes match, the one that was added first is
 * taken.  In a pattern
 *
 *     {}           as a segment matches any segment that is not empty
 *     {name}       the same, with a name for coil_http_exchange_parameter()
 *     {name:int}   matches a decimal number of at most 18 digits, perhaps
 *                  with a "-" in front
 *     {name:uuid}  matches a UUID
 *     * or *name   as the last segment matches the rest, empty or not
 *
 * The path's segments are decoded before they are compared.  A route for GET
 * serves HEAD too.  For a path that has routes, the router answers OPTIONS by
 * 204, and other methods without a route by 405, both with the header Allow.
 * `method` may be any token.  `method` and `pattern` are copied; `arg` is kept
 * until the router is freed.
 *
 * Returns 0; -EINVAL for a pattern that is none or has more than 8 parameters,
 * or a method that is no token; -ENOMEM.
 */
COIL_API int coil_http_router_route(struct coil_http_router *router,
                                    const char *method, const char *pattern,
                                    coil_http_handler_fn handler, void *arg)
    COIL_MUST_CHECK;

/*
 * Let `inner` serve the paths that begin with `prefix`, a pattern without "*".
 * `inner` sees what comes behind the prefix, or "/" if nothing does; if it has
 * no route for that, later routes of `router` are tried.  `inner` is given.
 *
 * Returns 0; -EINVAL, -ENOMEM: `inner` still belongs to the caller.  -EINVAL is
 * returned, too, for a router that has been mounted or contains `router`, and
 * for more than 8 routers within each other.
 */
COIL_API int coil_http_router_mount(struct coil_http_router *router,
                                    const char *prefix,
                                    struct coil_http_router *inner)
    COIL_MUST_CHECK;

/*
 * Let requests that `router` serves pass through fn(exchange, arg) first: a
 * middleware.  It is a handler that may answer itself, or call
 * coil_http_exchange_next() and return what that returns.  Middlewares are
 * called in the order in which they were added, those of outer routers first.
 * Those of the server's own router also see the requests that have no route.
 *
 * Returns 0; -ENOMEM.
 */
COIL_API int coil_http_router_use(struct coil_http_router *router,
                                  coil_http_handler_fn fn, void *arg)
    COIL_MUST_CHECK;

/*
 * Let the next middleware, or the handler, have the request.  To be called by a
 * middleware, once.  Returns what that returns; -EALREADY: it was called.
 */
COIL_API int coil_http_exchange_next(struct coil_http_exchange *exchange)
    COIL_SUSPENDS;

/* Free a router that is not mounted, and those within; NULL is allowed. */
COIL_API void coil_http_router_free(struct coil_http_router *router);

#ifdef __cplusplus
}
#endif

#endif
