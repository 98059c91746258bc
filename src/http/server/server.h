/* SPDX-License-Identifier: MIT */
/*
 * http/server/server.h - what a server knows, which all its parts share
 */
#ifndef COIL_HTTP_SERVER_SERVER_H
#define COIL_HTTP_SERVER_SERVER_H

#include <coil/http_server.h>
#include <coil/list.h>
#include <coil/loop.h>
#include <coil/semaphore.h>

#include "http/server/pace.h"
#include "http/wire/budget.h"

struct coil_http_server {
    size_t max_header_size;
    size_t max_header_lines;
    size_t max_body_size;
    size_t max_connections;
    struct coil__http_budget buffered; /* what requests keep in memory */
    struct coil__http_pace_rules pace;
    struct coil_tls_context *tls;
    bool has_http2;
    coil_time header_timeout;
    coil_time idle_timeout;
    coil_time transfer_timeout;
    int (*prepare)(struct coil_stream *stream, void *arg);
    void *prepare_arg;

    struct coil_http_router *router;

    struct coil_listener *listener; /* NULL: the server does not listen */
    struct coil_task_group *group;  /* of the sessions, while serving */
    struct coil_hook *sessions;
    size_t session_count;
    struct coil_handle tidying;  /* armed if many sessions have freed memory */
    size_t freed;                /* how many, since it was given back */
    struct coil_semaphore slots; /* of a limited number of connections */
    bool is_serving;
    bool is_stopping;
    struct coil_handle grace; /* armed while stopping: cancel what is left */
    bool is_timed;
    bool is_grace_over;

    bool is_gone; /* freed, but debug mode has the memory */

    char date[40]; /* "Date: …\r\n" of the second that ends at date_until */
    coil_time date_until;
};

#endif
