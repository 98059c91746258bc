/* SPDX-License-Identifier: MIT */
/*
 * http/client/client.h - what the parts of the client share
 */
#ifndef COIL_HTTP_CLIENT_PARTS_H
#define COIL_HTTP_CLIENT_PARTS_H

#include <coil/http_client.h>

#include "http/client/pool.h"
#include "http/wire/url.h"

/* Held by its owner and by every request and response that has a connection. */
struct coil_http_client {
    struct coil__http_pool pool;
    size_t refs;
    size_t max_body;
    coil_time request_limit; /* COIL_NEVER: none; so is the next */
    coil_time place_limit;
    char *agent; /* "": say nothing */
};

/* A response and its head are one piece of memory, and a small body too. */
struct coil__http_response {
    struct coil_http_response shown; /* first: it is what users have */
    struct coil_http_client *client;
    struct coil__http_connection *connection; /* NULL: given back */
    bool is_reusable; /* the connection is, once the body has been read */
    bool is_at_end;
    int error; /* that ended the reading */
    char *spare;
    size_t spare_size;
    struct coil_buffer body; /* one that did not fit */
};

void coil__http_client_release(struct coil_http_client *client);

/* A request that has been looked through, and has a place in the pool. */
struct coil__http_call {
    struct coil_http_client *client;
    const struct coil_http_request *request;
    const char *method;
    struct coil__http_url url;
    struct coil__http_origin *origin;
    bool is_head;
    bool is_idempotent;
    bool is_close; /* the connection is not to be used again */
    bool has_host;
    bool has_agent;
    bool has_accept;
};

/*
 * Look the request through and wait for a place among the connections to its
 * origin.  As coil_http_request().  On success the call must be given to
 * coil__http_call_perform() or coil__http_call_abandon().
 */
int coil__http_call_begin(struct coil__http_call *call,
                          struct coil_http_client *client,
                          const struct coil_http_request *request)
    COIL_SUSPENDS;
void coil__http_call_abandon(struct coil__http_call *call);

/*
 * Send the request and read the head of the response.  On success the response
 * has the connection, even if there is no body.  As coil_http_request().
 */
int coil__http_call_perform(struct coil__http_call *call,
                            struct coil__http_response **out) COIL_SUSPENDS;

#endif
