/* SPDX-License-Identifier: MIT */
/*
 * http/client/call.h - a request on its way
 *
 * One call of coil_http_request() is one struct coil__http_call.  It may send
 * several requests: one more after each redirect, and one more when the
 * connection had died.
 */
#ifndef COIL_HTTP_CLIENT_CALL_H
#define COIL_HTTP_CLIENT_CALL_H

#include <coil/http_request.h>
#include <coil/timeout.h>

#include "http/client/http_client.h"
#include "http/client/http_watch.h"
#include "http/client/obtain.h"
#include "http/client/upgrade.h"
#include "http/wire/url.h"

struct coil__http_call {
    struct coil_http_client *client;
    const struct coil_http_request *request;
    const struct coil__http_upgrade *upgrade; /* or NULL */
    bool
        tries_extended; /* if the connection speaks HTTP/2, and it is offered */
    bool is_extended;   /* the next request is an extended CONNECT */

    /* What is asked for now, after the redirects that were followed. */
    const char *method;
    const char *text; /* of the URL */
    char *joined;     /* the same, if a redirect has led there */
    struct coil__http_url url;
    bool has_left;    /* the first origin: no credentials are sent any more */
    bool has_no_body; /* a redirect has made it a GET */

    bool is_head;
    bool may_repeat; /* on a connection that had died */
    bool expects;    /* Expect: 100-continue is sent */
    bool source_is_used;

    /* Of the last request: something was sent; something has come. */
    bool was_sent;
    bool has_begun;
    bool was_refused; /* by a server of HTTP/2 */

    const struct coil_http_retry *retry;
    unsigned repeats;       /* that were made */
    bool is_proxy_answered; /* by Digest */
    unsigned proxy_times;   /* that a proxy was asked */
    bool is_close;          /* the connection is not to be used again */
    bool has_host;
    bool has_key; /* Idempotency-Key */
    bool has_agent;
    bool has_accept;
    bool has_cookie;
    bool has_no_coding; /* the user says in which coding it may come, or wants
                           a part */

    struct coil__http_watcher watcher;
    struct coil__http_limits limits;
    struct coil__http_place place;

    /* The limit of all.  It stands still while the call waits for a place. */
    struct coil_timeout total;
    coil_time total_left;
    bool has_total;

    /* The redirects that were followed.  The response gets them. */
    struct coil_http_hop *hops;
    size_t hop_count;
};

/* Whether the next request has a body that is not empty. */
static inline bool coil__http_has_body(const struct coil__http_call *call)
{
    const struct coil_http_request *request = call->request;

    if (call->has_no_body)
        return false;
    return request->source ? request->source->size != 0
                           : request->body_size > 0;
}

/* Whether the body, if there is one, can be sent once more. */
static inline bool coil__http_can_resend(const struct coil__http_call *call)
{
    const struct coil_http_source *source = call->request->source;

    return !source || call->has_no_body || !call->source_is_used ||
           source->rewind;
}

/* From now on the server may act on the request. */
static inline void coil__http_note_sent(struct coil__http_call *call)
{
    call->was_sent = true;
    if (call->watcher.report)
        call->watcher.report->was_sent = true;
}

/* No time passes of the limit of all, until coil__http_resume_time(). */
static inline void coil__http_stop_time(struct coil__http_call *call)
{
    if (!call->has_total || coil_timeout_when(&call->total) == COIL_NEVER)
        return;
    call->total_left = coil_timeout_when(&call->total) - coil_now();
    coil_timeout_reschedule(&call->total, COIL_NEVER);
}

static inline void coil__http_resume_time(struct coil__http_call *call)
{
    if (call->has_total)
        coil_timeout_reschedule(&call->total, coil_after(call->total_left));
}

#endif
