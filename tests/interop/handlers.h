/* SPDX-License-Identifier: MIT */
/*
 * handlers.h - what both servers of coil answer with
 */
#ifndef COIL_TESTS_INTEROP_HANDLERS_H
#define COIL_TESTS_INTEROP_HANDLERS_H

#include <coil/http_compress.h>
#include <coil/http_server.h>

/* The body that was sent. */
static inline int echo_body(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    if (rc < 0)
        return rc;
    return coil_http_respond(x, 200, "application/octet-stream", body, size);
}

/* What `handler` sends, below /packed, compressed for a client that takes it. */
static inline int add_packed(struct coil_http_server *server,
                             const char *pattern, coil_http_handler_fn handler)
{
    static struct coil_http_compress_options all = { .brotli = true };
    struct coil_http_router *packed;
    int rc = coil_http_router_new(&packed);

    if (rc < 0)
        return rc;
    rc = coil_http_router_use(packed, coil_http_compress, &all);
    if (rc == 0)
        rc = coil_http_router_route(packed, "GET", pattern, handler, NULL);
    if (rc == 0)
        rc = coil_http_router_mount(coil_http_server_router(server), "/packed",
                                    packed);
    if (rc < 0)
        coil_http_router_free(packed);
    return rc;
}

#endif
