/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_exchange.h - a request, and how far its response has come
 *
 * An exchange is a part of its session, which makes it new for every request.
 */
#ifndef COIL_HTTP_SERVER_HTTP_EXCHANGE_H
#define COIL_HTTP_SERVER_HTTP_EXCHANGE_H

#include <coil/http_exchange.h>

#include "base/buffer.h"
#include "http/server/channel.h"
#include "http/wire/head.h"

enum { COIL__HTTP_CAPTURES = 8 }; /* wildcards in a pattern */

enum coil__http_progress {
    COIL__HTTP_UNANSWERED,
    COIL__HTTP_ANSWERING, /* the head has gone out, the body may not have */
    COIL__HTTP_ANSWERED,
    COIL__HTTP_HIJACKED,
};

struct coil_http_exchange {
    struct coil__http_channel *channel;
    struct coil__http_head head;

    /* The request's target: NUL-terminated parts of the head's block. */
    const char *path;
    const char *query;
    const char *captures[COIL__HTTP_CAPTURES];
    size_t capture_count;
    char *spare;     /* at least as much as the target is long */
    char *arguments; /* name, NUL, value, NUL …; NULL: not decoded yet */
    size_t argument_count;

    /* The request's body. */
    struct coil_buffer body;
    bool is_body_whole;    /* it is in `body` */
    bool is_body_streamed; /* _read() was called */
    bool owes_continue;    /* the client waits for "100 Continue" */

    /* The response. */
    enum coil__http_progress progress;
    struct coil_buffer headers; /* lines, added before it begins */
    bool has_date;
    bool is_bodyless; /* HEAD, 204, 205, 304 */
    bool is_sized;    /* the handler has said how long the body is */
    bool is_chunked;
    bool is_endless; /* to HTTP/1.0: ends when the connection does */
    uint64_t left;   /* bytes of a sized body that are to be written */

    int client_error; /* what was the client's doing */
};

/*
 * Make the exchange of the request that exchange->head is, which has come over
 * `channel`.  Returns 0, or the status that refuses the request.
 */
int coil__http_exchange_begin(struct coil_http_exchange *exchange,
                              struct coil__http_channel *channel);
void coil__http_exchange_fini(struct coil_http_exchange *exchange);

/* Read and forget the rest of the body if it is short.  0, or an error. */
int coil__http_exchange_discard(struct coil_http_exchange *exchange)
    COIL_SUSPENDS;

/* Returns `rc`, and remembers it if it is an error of the client's doing. */
int coil__http_exchange_blame(struct coil_http_exchange *exchange, int rc);

#endif
