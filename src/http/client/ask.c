/* SPDX-License-Identifier: MIT */
#include "http/client/ask.h"

#include <coil/error.h>

#include "http/client/branch.h"
#include "http/client/exchange.h"
#include "http/client/http_retry.h"
#include "http/client/proxy.h"

/* How often a request is repeated at once; over HTTP/1.1 it is only once. */
enum { MAX_AT_ONCE = 3 };

static int enter(struct coil__http_call *call)
{
    struct coil_http_client *client = call->client;
    int rc;

    coil__http_stop_time(call);
    rc = coil__http_enter(&client->pool, &call->url, client->place_limit,
                          &call->place);
    coil__http_resume_time(call);
    if (rc < 0)
        return rc;
    client->refs++;
    call->watcher.number++;
    coil__http_tell_moment(&call->watcher, COIL_HTTP_PLACED);
    return 0;
}

static void leave(struct coil__http_call *call)
{
    coil__http_leave(&call->client->pool, &call->place);
    coil__http_client_release(call->client);
}

/*
 * A request that may be sent twice may find out that its connection has died: it is
 * repeated, here or by the caller.  For others the kernel is asked before anything
 * is sent.
 */
static enum coil__http_choice choose(const struct coil__http_call *call,
                                     bool is_fresh)
{
    const struct coil_http_source *source = call->request->source;

    if (is_fresh)
        return COIL__HTTP_NEW;
    return call->may_repeat && (!source || source->rewind) ? COIL__HTTP_LIKELY
                                                           : COIL__HTTP_KEPT;
}

/*
 * Get a connection.  While descriptors lack, wait for one: until other requests
 * have ended, or for the time of the connect limit if there are none.
 */
static int get_connection(struct coil__http_call *call, bool is_fresh,
                          struct coil__http_connection **out)
{
    enum coil__http_choice choice = choose(call, is_fresh);
    struct coil__http_pool *pool = &call->client->pool;
    coil_time limit = call->limits.connect;
    coil_time until = COIL_NEVER;
    int rc;

    for (;;) {
        int error = coil__http_obtain(pool, &call->place, choice, limit,
                                      &call->watcher, out);
        bool is_short = error == -EMFILE || error == -ENFILE;

        if (!is_short && error != -EAGAIN)
            return error;
        if (!is_short || coil__http_has_others(pool) || limit == COIL_NEVER)
            until = COIL_NEVER;
        else if (until == COIL_NEVER)
            until = coil_after(limit);
        if (coil_now() >= until)
            return error;

        coil__http_stop_time(call);
        rc = coil__http_enter_again(pool, &call->place);
        coil__http_resume_time(call);
        if (rc < 0)
            return rc;
    }
}

/* A server of HTTP/2 has done nothing with the request. */
static void forget_sent(struct coil__http_call *call, bool was_sent_before)
{
    call->was_sent = false;
    if (call->watcher.report)
        call->watcher.report->was_sent = was_sent_before;
}

/* A kept connection was dead, though nothing had been heard of that. */
static void note_loss(const struct coil__http_call *call,
                      const struct coil__http_connection *c, int error)
{
    if (c->is_reused && !c->link && !call->has_begun &&
        coil__http_is_loss(error))
        c->origin->hangs_up = true;
}

/* Whether an attempt that was lost can be repeated. */
static bool can_repeat(const struct coil__http_call *call,
                       const struct coil__http_connection *c, bool is_undone,
                       int error)
{
    bool is_safe =
        is_undone || (c->is_reused && call->may_repeat && !call->has_begun);
    bool is_loss = coil__http_is_loss(error) ||
                   (c->link && coil__http_branch_is_lost(c, error));

    return is_safe && is_loss && !call->request->once &&
           coil__http_can_resend(call);
}

/* Whether an upgrade may be an extended CONNECT of HTTP/2. */
static bool may_extend(const struct coil__http_call *call)
{
    const struct coil__http_pool *pool = &call->client->pool;
    struct coil__http_url url = call->url;
    const struct coil__http_origin *o;

    if (!call->upgrade)
        return false;
    if (call->upgrade->tries_http2 &&
        (url.is_secure ? pool->dialer.has_http2 : pool->dialer.is_http2))
        return true;
    url.must_tunnel = false;
    o = coil__http_origins_find(&pool->origins, &url);
    return o && coil__http_pool_trunk(o);
}

/* How to ask over this connection.  Returns 0; 1: not at all; or an error. */
static int choose_way(struct coil__http_call *call,
                      const struct coil__http_connection *c)
{
    const struct coil__http_proxies *proxies =
        &call->client->pool.dialer.proxies;
    int rc;

    call->is_extended = false;
    if (!call->tries_extended)
        return 0;
    if (!c->link)
        return coil__http_forwarder_of(proxies, c->origin) ? 1 : 0;
    rc = coil__http_branch_see_offer(call, c);
    call->is_extended = rc == 0;
    return rc;
}

/*
 * Sets `*again` if the request can be repeated at once.  Returns 1 if it has to be
 * asked over HTTP/1.1.
 */
static int attempt(struct coil__http_call *call, bool is_fresh, bool *again,
                   struct coil__http_response **out)
{
    const struct coil_http_report *report = call->watcher.report;
    bool was_sent_before = report && report->was_sent;
    struct coil__http_connection *c;
    bool is_undone;
    int rc;

    *again = call->was_sent = call->has_begun = false;
    rc = get_connection(call, is_fresh, &c);
    if (rc < 0)
        return rc;
    rc = choose_way(call, c);
    if (rc == 0)
        rc = coil__http_exchange(call, c, out);
    if (rc == 0)
        return 0;
    note_loss(call, c, rc);
    is_undone = c->link && coil__http_branch_is_undone(call, c);
    if (is_undone)
        forget_sent(call, was_sent_before);
    *again = rc < 0 && can_repeat(call, c, is_undone, rc);
    coil__http_pool_discard(c);
    return rc;
}

static int repeat_at_once(struct coil__http_call *call, int error, bool *again,
                          struct coil__http_response **out)
{
    coil__http_tell(&call->watcher,
                    (struct coil_http_event){ .moment = COIL_HTTP_REPEATED,
                                              .error = error });
    call->watcher.number++;
    coil__http_tell_moment(&call->watcher, COIL_HTTP_PLACED);
    return attempt(call, true, again, out);
}

static int ask(struct coil__http_call *call, bool tries_extended,
               struct coil__http_response **out)
{
    bool again;
    int rc;

    call->tries_extended = tries_extended;
    call->url.must_tunnel = call->upgrade && !tries_extended;
    rc = enter(call);

    if (rc < 0)
        return rc;
    rc = attempt(call, false, &again, out);
    for (int i = 0; rc < 0 && again && i < MAX_AT_ONCE; i++)
        rc = repeat_at_once(call, rc, &again, out);
    if (rc != 0)
        leave(call);
    return rc;
}

int coil__http_ask(struct coil__http_call *call,
                   struct coil__http_response **out)
{
    int rc = ask(call, may_extend(call), out);

    return rc > 0 ? ask(call, false, out) : rc;
}
