/* SPDX-License-Identifier: MIT */
#include "http/server/serve.h"

#include <coil/loop.h>
#include <coil/task.h>

#include "http/server/http_access_log.h"
#include "http/server/http_metrics.h"
#include "http/server/http_respond.h"
#include "http/server/http_router.h"
#include "http/server/tunnel.h"

static void report(int error, const char *message)
{
    coil_loop_call_exception_handler(
        NULL, &(struct coil_exception){ .message = message,
                                        .error = error,
                                        .task = coil_current_task() });
}

/* The status of the response when a handler returned an error. */
static int status_of(const struct coil_http_exchange *x, int error)
{
    if (error != x->client_error)
        return 500;
    switch (error) {
    case COIL_EHTTP_BODY_TOO_LARGE:
        return 413;
    case -ETIMEDOUT:
        return 408;
    case -ENOBUFS:
        return 503;
    case -EPROTOTYPE:
        return 415;
    default:
        return 400;
    }
}

/* End the response after the handler has returned `rc`. */
static int complete(struct coil_http_exchange *x, int rc)
{
    int error = rc;

    if (error == 0 && x->progress == COIL__HTTP_UNANSWERED) {
        error = -EINVAL;
        report(error, "an HTTP handler returned without a response");
    } else if (error < 0 && error != x->client_error) {
        report(error, "an HTTP handler failed");
    }
    if (x->progress == COIL__HTTP_UNANSWERED) {
        coil__buffer_fini(&x->headers);
        x->has_date = false;
        x->channel->is_closing = true;
        x->channel->is_dirty = !coil__http_is_read(&x->channel->reader);
        return coil__http_respond_status(x, status_of(x, error));
    }
    /* The client was at fault, and has been told so: the answer is to arrive. */
    if (error < 0 &&
        (error != x->client_error || x->progress != COIL__HTTP_ANSWERED))
        return error;
    rc = coil__http_respond_end(x);
    if (rc == COIL_EHTTP_TRUNCATED)
        report(rc, "an HTTP handler wrote less than it had announced");
    return rc;
}

/*
 * The handler was cancelled because the server ends.  The client is told so, and
 * at the end of a grace it is also waited for.
 */
static int end_cancelled(struct coil_http_exchange *x)
{
    struct coil__http_channel *c = x->channel;
    int rc;

    if (x->progress != COIL__HTTP_UNANSWERED ||
        coil_stream_unsent(c->stream) > 0)
        return -ECANCELED;
    coil__buffer_fini(&x->headers);
    x->has_date = false;
    c->is_closing = true;
    c->is_dirty = !coil__http_is_read(&c->reader);
    rc = coil__http_respond_status(x, 503);
    return rc == 0 && !c->server->is_grace_over ? -ECANCELED : rc;
}

/* The router has not seen the request, but its first middleware counts. */
static void count_refused(struct coil__http_channel *c, const char *method,
                          int status)
{
    coil__http_metrics_refused(
        coil__http_router_argument(c->server->router, coil_http_metrics_count),
        method, status);
}

static int handle(struct coil_http_exchange *x, struct coil__http_channel *c)
{
    int status = coil__http_exchange_begin(x, c);
    int rc;

    if (status == 0)
        status = coil__http_tunnel_look(x);
    if (status != 0) {
        count_refused(c, x->head.method, status);
        c->is_dirty = true;
        return coil__http_respond_status(x, status);
    }
    rc = coil__http_router_serve(c->server->router, x);
    if (coil__http_absence_end(&x->absence) && rc == -ECANCELED)
        return rc;
    if (rc == -ECANCELED && coil_task_cancelling(coil_current_task()) > 0)
        return end_cancelled(x);
    if (x->progress == COIL__HTTP_HIJACKED) {
        if (x->tunnel == COIL__HTTP_PLAIN_TUNNEL)
            return rc < 0 ? rc : 0; /* how the tunnel ended */
        if (rc < 0 && rc != x->client_error)
            report(rc, "an HTTP handler failed");
        return 0;
    }
    return complete(x, rc < 0 ? rc : 0);
}

/*
 * Wait until the response is sent, as long as the client is fast enough.  A
 * session that waited for the next request instead would not notice that the
 * response cannot be sent, and the client would wait for the rest of it.
 */
static int await_sent(struct coil__http_channel *c)
{
    if (coil_stream_unsent(c->stream) == 0)
        return 0;
    return coil__http_channel_flush(c);
}

bool coil__http_serve(struct coil_http_exchange *x,
                      struct coil__http_channel *c)
{
    int rc = handle(x, c);

    if (x->log)
        coil__http_access_log_note(x);
    if (x->metrics)
        coil__http_metrics_note(x);
    if (rc < 0) {
        c->is_broken = true;
        return false;
    }
    if (c->http2)
        return false;
    if (!c->is_closing && coil__http_exchange_discard(x) < 0)
        c->is_closing = c->is_dirty = true;
    if (!coil__http_is_read(&c->reader))
        c->is_dirty = true;
    if (!c->is_closing && await_sent(c) < 0) {
        c->is_broken = true;
        return false;
    }
    return !c->is_closing && !c->server->is_stopping;
}

void coil__http_refuse(struct coil_http_exchange *x,
                       struct coil__http_channel *c, int error)
{
    int status = 0;
    int rc;

    if (error == COIL_EHTTP_MALFORMED ||
        error == COIL_EHTTP_HEADERS_TOO_LARGE ||
        (error == -ENOBUFS && x->head.answer == 503))
        status = x->head.answer;
    else if (error == -ETIMEDOUT && coil__http_has_begun(&c->reader))
        status = 408;
    else if (error != COIL_EHTTP_TRUNCATED)
        c->is_broken = true;
    if (status == 0)
        return;

    count_refused(c, NULL, status);
    *x = (struct coil_http_exchange){ .channel = c, .head.minor = 1 };
    c->is_dirty = true;
    coil__http_channel_begin(c);
    rc = coil__http_respond_status(x, status);
    if (rc < 0)
        c->is_broken = true;
}
