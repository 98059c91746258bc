/* SPDX-License-Identifier: MIT */
/*
 * request.h - one request on its way through the server
 */
#ifndef COIL_HTTPBIN_REQUEST_H
#define COIL_HTTPBIN_REQUEST_H

#include <stdatomic.h>

#include "json.h"

#include <coil.h>
#include <coil/http_server.h>

/* The whole server, on all its loops. */
struct httpbin {
    coil_time latency;           /* how long each request takes at least */
    atomic_size_t inflight;      /* requests being served now … */
    atomic_size_t inflight_most; /* … and the most there ever were */
};

struct request {
    struct httpbin *httpbin;
    struct coil_http_exchange *exchange;
    bool counted;
};

/* What answers a request; returns as a coil_http_handler_fn. */
typedef int (*answer_fn)(struct request *request);

enum {
    MAX_DELAY = 10, /* seconds, as httpbin */
    MAX_DURATION = 60,
};

/* A number from 0 to INT32_MAX that is written in digits alone. */
bool parse_count(const char *text, int *value);

/* A number of seconds, cut to `max`. */
bool parse_seconds(const char *text, double max, coil_time *value);

/* The segment of the path that is a number, or the argument. */
bool get_count(struct request *request, int *value);
const char *argument_or(struct request *request, const char *name,
                        const char *otherwise);

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

/* The request in JSON: `fields` are those of echo.h. */
COIL_SUSPENDS int respond_echo(struct request *request, unsigned fields);

/*
 * An object of JSON with one member.  Takes the reference to `value`; NULL: no
 * memory.
 */
COIL_SUSPENDS int respond_pair(struct request *request, const char *key,
                               json_t *value);

/* A page for somebody who may see it: an object with `text`, "user" or so. */
COIL_SUSPENDS int respond_user(struct request *request, const char *key,
                               const char *text);

/* What the files answer, each a part of the table in routes.c. */
COIL_SUSPENDS int answer_fault(struct request *request);
COIL_SUSPENDS int answer_range(struct request *request);
COIL_SUSPENDS int answer_etag(struct request *request);
COIL_SUSPENDS int answer_cache(struct request *request);
COIL_SUSPENDS int answer_cache_control(struct request *request);
COIL_SUSPENDS int answer_gzip(struct request *request);
COIL_SUSPENDS int answer_deflate(struct request *request);
COIL_SUSPENDS int answer_brotli(struct request *request);
COIL_SUSPENDS int answer_zstd(struct request *request);
COIL_SUSPENDS int answer_cookies(struct request *request);
COIL_SUSPENDS int answer_set_cookies(struct request *request);
COIL_SUSPENDS int answer_set_cookie(struct request *request);
COIL_SUSPENDS int answer_delete_cookies(struct request *request);
COIL_SUSPENDS int answer_basic_auth(struct request *request);
COIL_SUSPENDS int answer_hidden_basic_auth(struct request *request);
COIL_SUSPENDS int answer_bearer(struct request *request);
COIL_SUSPENDS int answer_digest_auth(struct request *request);
COIL_SUSPENDS int answer_ws(struct request *request);
COIL_SUSPENDS int answer_ws_delay(struct request *request);
COIL_SUSPENDS int answer_ws_pieces(struct request *request);
COIL_SUSPENDS int answer_ws_count(struct request *request);
COIL_SUSPENDS int answer_ws_close(struct request *request);
COIL_SUSPENDS int answer_ws_hangup(struct request *request);

/*
 * Have everything answered that this server answers.  First, and once, say for
 * which; then for the server of each loop: 0 or -ENOMEM.
 */
void bind_routes(struct httpbin *httpbin);
int add_routes(struct coil_http_server *server);

#endif
