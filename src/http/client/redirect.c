/* SPDX-License-Identifier: MIT */
#include "http/client/redirect.h"

#include <string.h>

#include <coil/error.h>
#include <coil/url.h>

#include "base/memory.h"
#include "http/client/request_head.h"
#include "http/wire/secure.h"
#include "http/wire/defaults.h"
#include "http/wire/text.h"
#include "http/wire/websocket_url.h"

static int most_redirects(const struct coil__http_call *call)
{
    return coil__http_redirects_or(call->request->max_redirects,
                                   call->client->max_redirects);
}

/* The method after a redirect (RFC 9110, 15.4). */
static const char *next_method(const struct coil__http_call *call, int status)
{
    bool becomes_get = status == 303 && !call->is_head;

    if (status == 301 || status == 302)
        becomes_get = strcmp(call->method, "POST") == 0;
    return becomes_get ? "GET" : call->method;
}

bool coil__http_is_redirect(const struct coil__http_call *call,
                            const struct coil__http_response *r)
{
    int status = r->shown.status;

    if (status != 301 && status != 302 && status != 303 && status != 307 &&
        status != 308)
        return false;
    if (next_method(call, status) == call->method &&
        !coil__http_can_resend(call))
        return false;
    return most_redirects(call) > 0 &&
           coil_http_response_header(&r->shown, "Location");
}

/* ---- where to --------------------------------------------------------- */

static bool is_origin_left(const struct coil__http_url *a,
                           const struct coil__http_url *b)
{
    return a->is_secure != b->is_secure || a->port != b->port ||
           a->host_size != b->host_size ||
           !coil__http_equal_n(a->host, b->host, a->host_size);
}

/* Who asks for another protocol, which is a WebSocket, may be sent to "ws://…". */
static int join(const struct coil__http_call *call, const char *location,
                char **text)
{
    static const char http[] = "http";
    const char *rest =
        call->upgrade ? coil__websocket_url_behind_ws(location) : NULL;
    char *same;
    int rc;

    if (!rest)
        return coil_url_join(text, call->text, location);
    same = coil__alloc(sizeof http + strlen(rest));
    if (!same)
        return -ENOMEM;
    memcpy(same, http, sizeof http - 1);
    memcpy(same + sizeof http - 1, rest, strlen(rest) + 1);
    rc = coil_url_join(text, call->text, same);
    coil__free(same);
    return rc;
}

/* The URL that `location` means, `*text`, and its parts. */
static int find_target(const struct coil__http_call *call, const char *location,
                       char **text, struct coil__http_url *url)
{
    int rc = join(call, location, text);

    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        return COIL_EHTTP_BAD_REDIRECT;
    rc = coil__http_url_parse(url, *text);
    if (rc < 0)
        rc = COIL_EHTTP_BAD_REDIRECT;
    else if (call->url.is_secure && !url->is_secure &&
             !call->client->allows_downgrade)
        rc = COIL_EHTTP_DOWNGRADE;
    else if (url->is_secure && !coil__http_can_secure())
        rc = COIL_EHTTP_BAD_SCHEME;
    if (rc < 0)
        coil_url_free(*text);
    return rc;
}

/* ---- what was -------------------------------------------------------- */

/* Remember the redirect.  The first URL is the user's, and is copied. */
static int remember(struct coil__http_call *call, int status)
{
    size_t count = call->hop_count;
    struct coil_http_hop *hops =
        coil__realloc(call->hops, (count + 1) * sizeof *hops);
    char *url;

    if (!hops)
        return -ENOMEM;
    call->hops = hops;
    url = coil__strndup(call->text, strlen(call->text));
    if (!url)
        return -ENOMEM;
    hops[count] = (struct coil_http_hop){ .url = url, .status = status };
    call->hop_count++;
    return 0;
}

int coil__http_redirect(struct coil__http_call *call,
                        const struct coil__http_response *r)
{
    int status = r->shown.status;
    const char *method = next_method(call, status);
    struct coil__http_url url;
    char *text;
    int rc;

    if (call->hop_count >= (size_t)most_redirects(call))
        return COIL_EHTTP_TOO_MANY_REDIRECTS;
    rc = find_target(call, coil_http_response_header(&r->shown, "Location"),
                     &text, &url);
    if (rc < 0)
        return rc;
    rc = remember(call, status);
    if (rc < 0) {
        coil_url_free(text);
        return rc;
    }

    if (is_origin_left(&call->url, &url))
        call->has_left = true;
    if (method != call->method) {
        call->has_no_body = true;
        call->expects = false;
    }
    coil__http_set_method(call, method);
    coil_url_free(call->joined);
    call->joined = text;
    call->text = text;
    call->url = url;
    call->watcher.url = text;
    coil__http_tell(&call->watcher,
                    (struct coil_http_event){ .moment = COIL_HTTP_REDIRECTED,
                                              .status = status });
    return 0;
}
