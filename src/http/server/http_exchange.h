/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_exchange.h - a request, and how far its response has come
 *
 * An exchange is a part of its session and is made anew for every request.
 */
#ifndef COIL_HTTP_SERVER_HTTP_EXCHANGE_H
#define COIL_HTTP_SERVER_HTTP_EXCHANGE_H

#include <errno.h>

#include <coil/http_exchange.h>
#include <coil/http_form.h>
#include <coil/http_router.h>

#include "base/buffer.h"
#include "http/server/absence.h"
#include "http/server/channel.h"
#include "http/server/pattern.h"
#include "http/wire/encoder.h"
#include "http/wire/head.h"

enum { COIL__HTTP_ROUTERS = 8 }; /* within each other */

/* A part of the path, decoded, and its name in the pattern. */
struct coil__http_parameter {
    struct coil__http_slice name;
    const char *value;
};

/* The way of a request through routers: http_router.c. */
struct coil__http_way {
    size_t depth;
    size_t at; /* the router whose middlewares come next */
    const struct coil__http_middleware *middleware; /* the next, or NULL */
    coil_http_handler_fn handler; /* NULL: there is no route */
    void *arg;
    bool is_over; /* the handler has been called */
};

enum coil__http_progress {
    COIL__HTTP_UNANSWERED,
    COIL__HTTP_ANSWERING, /* the head has gone out, the body may not have */
    COIL__HTTP_ANSWERED,
    COIL__HTTP_HIJACKED,
};

/* What a CONNECT asks for (tunnel.h). */
enum coil__http_tunnel {
    COIL__HTTP_NO_TUNNEL, /* the request is no CONNECT */
    COIL__HTTP_PLAIN_TUNNEL,
    COIL__HTTP_WEBSOCKET_TUNNEL,
};

struct coil_http_exchange {
    struct coil__http_head head; /* it is read before all else is made anew */

    /* As many as way.depth and capture_count say; the others have no value. */
    struct coil_http_router *routers[COIL__HTTP_ROUTERS];
    struct coil__http_parameter captures[COIL__HTTP_CAPTURES];

    struct coil__http_channel *channel;

    /* The request's target: NUL-terminated parts of the head's block. */
    const char *path;
    const char *query;
    enum coil__http_tunnel tunnel;
    struct coil__http_way way;
    struct coil_buffer allowed; /* the methods that have a route */
    size_t capture_count;
    char *spare;     /* as many bytes as the target has, or more */
    char *arguments; /* name, NUL, value, NUL …; NULL: not decoded yet */
    size_t argument_count;

    /* The request's body. */
    struct coil_buffer body;
    bool is_body_whole;      /* the whole body is in `body` */
    bool is_body_streamed;   /* coil_http_exchange_read() was called */
    bool has_unknown_length; /* over HTTP/2 */
    bool owes_continue;      /* the client waits for "100 Continue" */

    /* The response. */
    enum coil__http_progress progress;
    struct coil_buffer headers; /* header lines, added before it begins */
    bool has_date;
    bool is_bodyless; /* HEAD, 204, 205, 304 */
    bool is_sized;    /* the handler has given the length of the body */
    bool is_chunked;
    bool is_endless; /* to HTTP/1.0: the body ends with the connection */
    uint64_t left;   /* bytes of a sized body that are to be written */

    bool is_compressible; /* if the client and the rest allow it */
    bool gives_br;        /* compressed by brotli, too */
    struct coil__http_encoder *encoder; /* NULL: the body is sent as it is */
    size_t own_headers; /* bytes of `headers` before those of the coding */
    struct coil_buffer encoded;
    bool is_flushed;   /* after each piece, since the length is unknown */
    uint64_t promised; /* bytes of a sized body that are to be encoded */

    struct coil_http_form *form;           /* NULL: it was not asked for */
    struct coil_http_multipart *multipart; /* one piece of memory; NULL */

    struct coil__http_absence absence;

    /* For the access log and the counters, if there are any. */
    struct coil_http_access_log *log;
    struct coil_http_metrics *metrics;
    coil_time begun;
    int status;
    uint64_t sent; /* bytes of the body */

    int client_error; /* an error that the client caused, or 0 */
};

/*
 * Make the exchange of the request whose head is in exchange->head and which
 * has come over `channel`.  Returns 0, or the status that refuses the request.
 */
int coil__http_exchange_begin(struct coil_http_exchange *exchange,
                              struct coil__http_channel *channel);
void coil__http_exchange_fini(struct coil_http_exchange *exchange);

/* Make this the host of the request, whatever the header Host says. */
void coil__http_set_host(struct coil__http_head *head, const char *host);

/* Whether what is left of the body is too long to be discarded. */
bool coil__http_exchange_is_too_long(const struct coil_http_exchange *exchange);

/*
 * Read and drop the rest of the body if it is short.  Returns 0, or an error.
 */
int coil__http_exchange_discard(struct coil_http_exchange *exchange)
    COIL_SUSPENDS;

/* Returns `rc`, and remembers it if it is an error that the client caused. */
static inline int coil__http_exchange_blame(struct coil_http_exchange *x,
                                            int rc)
{
    if (rc < 0 && rc != -ECANCELED && rc != -ENOMEM)
        x->client_error = rc;
    return rc;
}

#endif
