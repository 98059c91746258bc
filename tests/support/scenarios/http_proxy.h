/* SPDX-License-Identifier: MIT */
/*
 * http_proxy.h - programs of a client that reaches its origin in some way
 */
#ifndef COIL_TESTS_SCENARIOS_HTTP_PROXY_H
#define COIL_TESTS_SCENARIOS_HTTP_PROXY_H

#include <stdbool.h>

struct coil_stream;
struct coil_tls_context;

/* From the client to the origin. */
struct way {
    const char *proxy; /* NULL: none; it listens on 127.0.0.1:3128 */
    bool is_tunnel;
    const char *url; /* of a page that says "page" */
    int (*prepare)(struct coil_stream *stream, void *arg); /* as the proxy */
    struct coil_tls_context *server_tls;
    struct coil_tls_context *client_tls;
    bool is_1; /* HTTP/1.1 only */
};

/* For a scenario; `way` is kept until end_way(). */
int begin_way(const struct way *way);
int go_way(void *unused);
void probe_way(void);
void end_way(void);

/* For the programs of https: made by the test, before all runs. */
extern struct coil_tls_context *https_server_context;
extern struct coil_tls_context *https_client_context;

#endif
