/* SPDX-License-Identifier: MIT */
/*
 * http/client.h - what the parts of the client share
 */
#ifndef COIL_HTTP_CLIENT_PARTS_H
#define COIL_HTTP_CLIENT_PARTS_H

#include <coil/http_client.h>

#include "http/pool.h"

/* Held by its owner and by every request and response that has a connection. */
struct coil_http_client {
    struct coil__http_pool pool;
    size_t refs;
    size_t max_body;
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

/*
 * Send the request and read the head of the response.  On success the response
 * has the connection, even if there is no body.  As coil_http_request().
 */
int coil__http_perform(struct coil_http_client *client,
                       const struct coil_http_request *request,
                       struct coil__http_response **out) COIL_SUSPENDS;

#endif
