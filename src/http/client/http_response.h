/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_response.h - a response, and its connection while it is read
 */
#ifndef COIL_HTTP_CLIENT_HTTP_RESPONSE_H
#define COIL_HTTP_CLIENT_HTTP_RESPONSE_H

#include <coil/http_response.h>

#include "base/buffer.h"
#include "http/client/call.h"
#include "http/wire/decoded.h"
#include "http/wire/trailers.h"

/* A response, its head and a small body are one piece of memory. */
struct coil__http_response {
    struct coil_http_response shown; /* first: users have a pointer to it */
    struct coil_http_client *client;
    struct coil__http_connection *connection; /* NULL: given back */
    bool is_reusable; /* the connection is, once the body has been read */
    bool is_at_end;
    int error; /* that ended the reading, or 0 */
    coil_time idle_limit;
    struct coil__http_watcher watcher; /* without a report */
    struct coil_http_hop *hops;        /* shown.hops */
    struct coil__http_decoded decoded; /* how the body is read, if compressed */
    char *spare;
    size_t spare_size;
    struct coil__http_trailers trailers; /* shown.trailers */
    struct coil_buffer body; /* a body that did not fit into `spare` */
};

/*
 * Make the response in front of `head`, which lies in `block` behind room for
 * the response, and with room for the URL at its end.  The response owns the
 * block, the call's reference to the client and the connection, which is not
 * reusable yet.
 */
struct coil__http_response *
coil__http_response_make(const struct coil__http_block *block,
                         const struct coil__http_head *head,
                         const struct coil__http_call *call,
                         struct coil__http_connection *connection);

/* Free redirects, of which there may be none. */
void coil__http_hops_free(struct coil_http_hop *hops, size_t count);

/* Read the whole body, at most `limit` bytes.  Returns 0, or an error. */
int coil__http_response_read_whole(struct coil__http_response *response,
                                   size_t limit) COIL_SUSPENDS;

/*
 * Read the body to its end and forget it, but no more than `limit` bytes and
 * nothing if the connection is not reusable.  Returns 0, or an error.
 */
int coil__http_response_skip(struct coil__http_response *response, size_t limit)
    COIL_SUSPENDS;

/*
 * Show the trailers, if the body has been read to its end.  Returns 0, or the
 * error of what is wrong with them.
 */
int coil__http_response_take_trailers(struct coil__http_response *response);

/* Give the connection back if the body has been read to its end. */
void coil__http_response_let_go_if_read(struct coil__http_response *response);

#endif
