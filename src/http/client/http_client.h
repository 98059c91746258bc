/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_client.h - a client: its options and its connections
 */
#ifndef COIL_HTTP_CLIENT_HTTP_CLIENT_H
#define COIL_HTTP_CLIENT_HTTP_CLIENT_H

#include <coil/http_client.h>
#include <coil/http_cookies.h>

#include "http/client/pool.h"
#include "http/client/url_kept.h"
#include "http/wire/coding.h"

/* What a client may spend on repeats, in hundredths. */
enum {
    COIL__HTTP_BUDGET = 10 * 100, /* at first, and at most */
    COIL__HTTP_INCOME = 20,       /* by each request */
};

/* Limits of time; COIL_NEVER: none. */
struct coil__http_limits {
    coil_time connect;
    coil_time first_byte;
    coil_time idle;
};

/*
 * Its owner has a reference, and so has every request and every response that
 * has a connection.
 */
struct coil_http_client {
    struct coil__http_pool pool;
    size_t refs;
    size_t max_body;
    struct coil__http_limits limits;
    coil_time request_limit; /* COIL_NEVER: no limit, here and below */
    coil_time place_limit;
    int max_redirects; /* 0: none is followed */
    bool allows_downgrade;
    bool is_lenient;
    struct coil_http_retry retry;
    unsigned budget; /* for repeats: see above */
    uint64_t lot;    /* a random number */
    coil_http_watch_fn watch;
    void *watch_arg;
    struct coil_http_cookies *cookies; /* the user's, or NULL */
    size_t max_ratio;                  /* of a compressed body */
    bool keeps_encoded;
    char accept[COIL__HTTP_ACCEPT_SIZE]; /* the codings that are built in */
    char *agent;                         /* "": the header is not sent */
    struct coil__http_url_kept url_kept;
    bool is_gone; /* freed, but debug mode has the memory */
};

/* Stop the program if the client is used after its end. */
void coil__http_client_check(const struct coil_http_client *client);

/* Drop a reference.  The client is freed with the last one. */
void coil__http_client_release(struct coil_http_client *client);

#endif
