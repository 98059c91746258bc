/* SPDX-License-Identifier: MIT */
#include "http/client/http_request.h"

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/timeout.h>
#include <coil/url.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/client/ask.h"
#include "http/client/call.h"
#include "http/client/http_response.h"
#include "http/client/http_retry.h"
#include "http/client/proxy_challenge.h"
#include "http/client/redirect.h"
#include "http/client/request_head.h"
#include "http/wire/secure.h"
#include "http/wire/defaults.h"

/* The body of a redirect is read if it is small, to keep the connection. */
enum { MAX_SKIPPED = 16 * 1024 };

/* ---- one origin --------------------------------------------------------- */

/* The server does not know what Expect means: ask without it. */
static int ask_plainly(struct coil__http_call *call,
                       struct coil__http_response **out)
{
    struct coil__http_response *r;
    int rc = coil__http_ask(call, &r);

    if (rc == 0 && r->shown.status == 417 && call->expects &&
        coil__http_can_resend(call)) {
        call->expects = false;
        r->watcher.fn = NULL;
        coil_http_response_free(&r->shown);
        rc = coil__http_ask(call, &r);
    }
    if (rc == 0)
        *out = r;
    return rc;
}

/* ---- calls ------------------------------------------------------------ */

/* Forget a response, but keep its connection if its body is short. */
static int pass_over(struct coil__http_response *r)
{
    int rc = coil__http_response_skip(r, MAX_SKIPPED);

    r->watcher.fn = NULL; /* it is not the response */
    coil__http_response_let_go_if_read(r);
    coil_http_response_free(&r->shown);
    return rc == -ECANCELED ? rc : 0; /* what is wrong with it is no matter */
}

/* Ask, and tell a proxy who asks. */
static int ask_by_proxy(struct coil__http_call *call,
                        struct coil__http_response **out)
{
    struct coil__http_response *r;
    int rc = ask_plainly(call, &r);

    while (rc == 0 && coil__http_is_challenged(call, r)) {
        rc = pass_over(r);
        if (rc == 0)
            rc = ask_plainly(call, &r);
    }
    if (rc == 0)
        *out = r;
    return rc;
}

/* Ask, and ask again as the policy says. */
static int ask_patiently(struct coil__http_call *call,
                         struct coil__http_response **out)
{
    coil_time delay;

    for (;;) {
        struct coil__http_response *r = NULL;
        int rc = ask_by_proxy(call, &r);

        if (!coil__http_should_repeat(call, rc, r, &delay)) {
            *out = r;
            return rc;
        }
        coil__http_tell(&call->watcher, (struct coil_http_event){
                                            .moment = COIL_HTTP_REPEATED,
                                            .error = rc,
                                            .status = r ? r->shown.status : 0,
                                        });
        rc = r ? pass_over(r) : 0;
        if (rc == 0)
            rc = coil_sleep(delay);
        if (rc < 0)
            return rc;
    }
}

/* Go where a response leads. */
static int follow(struct coil__http_call *call, struct coil__http_response *r)
{
    int rc = coil__http_redirect(call, r);
    int passed = pass_over(r);

    return rc < 0 ? rc : passed;
}

/* Ask, and follow redirects to the response that is none. */
static int ask_around(struct coil__http_call *call,
                      struct coil__http_response **out)
{
    struct coil__http_response *r;
    int rc = ask_patiently(call, &r);

    while (rc == 0 && coil__http_is_redirect(call, r)) {
        rc = follow(call, r);
        if (rc == 0)
            rc = ask_patiently(call, &r);
    }
    if (rc < 0)
        return rc;
    r->hops = call->hops;
    r->shown.hops = call->hops;
    r->shown.hop_count = call->hop_count;
    call->hops = NULL;
    call->hop_count = 0;
    *out = r;
    return 0;
}

/* Perform a call, and read the body too if `is_whole`. */
static int perform(struct coil__http_call *call, bool is_whole,
                   struct coil_http_response **response)
{
    size_t most = coil__http_size_or(call->request->max_body_size,
                                     call->client->max_body);
    struct coil__http_response *r;
    int rc = ask_around(call, &r);

    if (rc < 0)
        return rc;
    if (is_whole)
        rc = coil__http_response_read_whole(r, most);
    if (rc == 0)
        rc = coil__http_response_take_trailers(r);
    if (rc < 0) {
        r->watcher.fn = NULL; /* the caller tells */
        coil_http_response_free(&r->shown);
        return rc;
    }
    if (!call->upgrade || r->shown.status != (call->is_extended ? 200 : 101))
        coil__http_response_let_go_if_read(r);
    if (is_whole && call->watcher.report)
        call->watcher.report->done = coil_now();
    *response = &r->shown;
    return 0;
}

/* What is not quite a URL is made one, if that can be done. */
static int parse_url(struct coil__http_call *call)
{
    int rc = coil__http_url_parse_kept(&call->client->url_kept, &call->url,
                                       call->text);

    if (rc != COIL_EHTTP_BAD_URL)
        return rc;
    rc = coil_url_encode(&call->joined, call->text);
    if (rc < 0)
        return rc;
    call->text = call->joined;
    call->watcher.url = call->joined;
    return coil__http_url_parse(&call->url, call->text);
}

static int look_through(struct coil__http_call *call)
{
    int rc = coil__http_check_request(call);

    if (rc == 0)
        rc = parse_url(call);
    if (rc == 0 && call->url.is_secure && !coil__http_can_secure())
        rc = COIL_EHTTP_BAD_SCHEME;
    return rc;
}

/* The limit of all begins when the call has its first place. */
static int perform_in_time(struct coil__http_call *call, bool is_whole,
                           struct coil_http_response **response)
{
    int rc;

    call->total_left =
        coil__http_time_or(call->request->limit, call->client->request_limit);
    if (call->total_left == COIL_NEVER)
        return perform(call, is_whole, response);
    rc = coil_timeout_begin(&call->total, COIL_NEVER);
    if (rc < 0)
        return rc;
    call->has_total = true;
    rc = perform(call, is_whole, response);
    return coil_timeout_end(&call->total, rc);
}

static int request_response(struct coil_http_client *client,
                            const struct coil_http_request *request,
                            const struct coil__http_upgrade *upgrade,
                            bool is_whole, struct coil_http_response **response)
{
    const struct coil__http_limits *limits = &client->limits;
    struct coil__http_call call = {
        .client = client,
        .request = request,
        .upgrade = upgrade,
        .text = request->url,
        .retry = request->retry ? request->retry : &client->retry,
        .watcher = {
            .fn = request->watch ? request->watch : client->watch,
            .arg = request->watch ? request->watch_arg : client->watch_arg,
            .report = request->report,
            .url = request->url,
        },
        .limits = {
            .connect =
                coil__http_time_or(request->connect_limit, limits->connect),
            .first_byte = coil__http_time_or(request->first_byte_limit,
                                             limits->first_byte),
            .idle = coil__http_time_or(request->idle_limit, limits->idle),
        },
    };
    int rc = coil_checkpoint();

    coil__http_client_check(client);
    *response = NULL;
    if (request->report)
        *request->report = (struct coil_http_report){ .began = coil_now() };
    if (rc == 0 && client->place_limit != COIL_NEVER && !coil_current_task())
        rc = -ENOTSUP;
    if (rc == 0)
        rc = look_through(&call);
    if (rc < 0) {
        coil_url_free(call.joined);
        return rc;
    }

    client->refs++;
    if (client->budget < COIL__HTTP_BUDGET)
        client->budget += COIL__HTTP_INCOME;
    rc = perform_in_time(&call, is_whole, response);
    if (rc < 0)
        coil__http_tell(
            &call.watcher,
            (struct coil_http_event){ .moment = COIL_HTTP_DONE, .error = rc });
    coil__http_hops_free(call.hops, call.hop_count);
    coil_url_free(call.joined);
    coil__http_client_release(client);
    return rc;
}

int coil_http_open(struct coil_http_client *client,
                   const struct coil_http_request *request,
                   struct coil_http_response **response)
{
    return coil__keep_frame(
        request_response(client, request, NULL, false, response));
}

int coil_http_request(struct coil_http_client *client,
                      const struct coil_http_request *request,
                      struct coil_http_response **response)
{
    return coil__keep_frame(
        request_response(client, request, NULL, true, response));
}

int coil_http_get(struct coil_http_client *client, const char *url,
                  struct coil_http_response **response)
{
    struct coil_http_request request = { .url = url };

    return coil__keep_frame(coil_http_request(client, &request, response));
}

int coil__http_upgrade(struct coil_http_client *client,
                       const struct coil_http_request *request,
                       const struct coil__http_upgrade *upgrade,
                       struct coil_http_response **response)
{
    return request_response(client, request, upgrade, false, response);
}

struct coil_stream *coil__http_switched(struct coil_http_response *response)
{
    struct coil__http_response *r = (struct coil__http_response *)response;

    return r->connection->stream;
}
