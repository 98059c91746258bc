/* SPDX-License-Identifier: MIT */
/*
 * request.h - one request on its way through the server
 */
#ifndef COIL_HTTPBIN_REQUEST_H
#define COIL_HTTPBIN_REQUEST_H

#include "json.h"

#include <coil.h>
#include <coil/http_server.h>

/* The whole server. */
struct httpbin {
    struct coil_http_server *server;
    coil_time latency;    /* how long each request takes at least */
    size_t inflight;      /* requests being served now … */
    size_t inflight_most; /* … and the most there ever were */
};

struct request {
    struct httpbin *httpbin;
    struct coil_http_exchange *exchange;
    bool counted;
};

/* What answers a request; returns as a coil_http_handler_fn. */
typedef int (*answer_fn)(struct request *request);

/*
 * Let the request count as served, just before the client can know that it is:
 * what the client sends next must not be counted beside it.  May be repeated.
 */
void request_is_served(struct request *request);

/* The whole response.  `body` may be NULL if `size` is 0. */
COIL_SUSPENDS int respond(struct request *request, int status, const char *type,
                          const void *body, size_t size);

/* A response of plain text. */
COIL_SUSPENDS int respond_text(struct request *request, int status,
                               const char *text);

/* A response of JSON.  Takes the reference to `value`; NULL: no memory. */
COIL_SUSPENDS int respond_json(struct request *request, json_t *value);

/* /fault/KIND: break the rules as KIND says. */
COIL_SUSPENDS int answer_fault(struct request *request);

/* Have everything answered that this server answers: 0 or -ENOMEM. */
int add_routes(struct httpbin *httpbin);

#endif
