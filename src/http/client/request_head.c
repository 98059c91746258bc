/* SPDX-License-Identifier: MIT */
#include "http/client/request_head.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/client/proxy_auth.h"
#include "http/wire/text.h"
#include "http/wire/trailers.h"

/* ---- what may be sent ------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names && !coil__http_equal(name, *names))
        names++;
    return *names;
}

static bool is_idempotent(const char *method)
{
    static const char *const methods[] = { "GET",    "HEAD",    "PUT",
                                           "DELETE", "OPTIONS", "TRACE" };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static bool check_header(struct coil__http_call *call,
                         const struct coil_http_header *header)
{
    const char *name = header->name;

    if (!coil_http_is_token(name) || !coil_http_is_value(header->value))
        return false;
    if (coil__http_equal(name, "Content-Length") ||
        coil__http_equal(name, "Transfer-Encoding"))
        return false;
    if (coil__http_equal(name, "Connection")) {
        call->is_close = true;
        return coil__http_equal(header->value, "close");
    }
    if (coil__http_equal(name, "Host")) {
        if (call->has_host)
            return false;
        call->has_host = true;
    }
    if (coil__http_equal(name, "Idempotency-Key"))
        call->has_key = true;
    if (coil__http_equal(name, "User-Agent"))
        call->has_agent = true;
    if (coil__http_equal(name, "Accept"))
        call->has_accept = true;
    if (coil__http_equal(name, "Cookie"))
        call->has_cookie = true;
    if (coil__http_equal(name, "Accept-Encoding") ||
        coil__http_equal(name, "Range"))
        call->has_no_coding = true;
    return true;
}

void coil__http_set_method(struct coil__http_call *call, const char *method)
{
    call->method = method;
    call->is_head = strcmp(method, "HEAD") == 0;
    call->may_repeat =
        is_idempotent(method) || call->request->idempotent || call->has_key;
}

static int check_trailers(const struct coil_http_request *request)
{
    if (request->trailer_count > 0 &&
        (!request->source || request->source->size >= 0))
        return -EINVAL;
    for (size_t i = 0; i < request->trailer_count; i++)
        if (!coil_http_is_token(request->trailers[i].name) ||
            !coil__http_may_trail(request->trailers[i].name))
            return COIL_EHTTP_BAD_HEADER;
    return 0;
}

int coil__http_check_request(struct coil__http_call *call)
{
    const struct coil_http_request *request = call->request;
    const char *method = request->method ? request->method : "GET";
    int rc;

    if (request->source && request->body_size > 0)
        return -EINVAL;
    if (!coil_http_is_token(method) || strcmp(method, "CONNECT") == 0)
        return COIL_EHTTP_BAD_HEADER;
    for (size_t i = 0; i < request->header_count; i++)
        if (!check_header(call, &request->headers[i]))
            return COIL_EHTTP_BAD_HEADER;
    rc = check_trailers(request);
    if (rc < 0)
        return rc;
    coil__http_set_method(call, method);
    call->expects = request->expect_continue && coil__http_has_body(call);
    return 0;
}

/* ---- after a redirect ------------------------------------------------- */

/* Whether a header of the user's goes along to where a redirect has led. */
static bool is_sent(const struct coil__http_call *call, const char *name)
{
    static const char *const secrets[] = {
        "Authorization",    "Cookie", "Cookie2", "Proxy-Authorization",
        "WWW-Authenticate", "Host",   NULL
    };
    static const char *const of_body[] = {
        "Content-Encoding", "Content-Language", "Content-Location",
        "Content-MD5",      "Content-Type",     "Content-Disposition",
        "Digest",           "Content-Digest",   NULL
    };

    if (call->has_left && is_one_of(name, secrets))
        return false;
    return !call->has_no_body || !is_one_of(name, of_body);
}

/* ---- the head --------------------------------------------------------- */

void coil__http_put_authority(struct coil__http_writer *w,
                              const struct coil__http_url *url)
{
    if (url->is_ipv6)
        coil__http_put(w, "[");
    coil__http_put_bytes(w, url->host, url->host_size);
    if (url->is_ipv6)
        coil__http_put(w, "]");
    if (url->port != coil__http_default_port(url->is_secure)) {
        coil__http_put(w, ":");
        coil__http_put_number(w, url->port, 10);
    }
}

void coil__http_put_path(struct coil__http_writer *w,
                         const struct coil__http_url *url)
{
    bool needs_slash = url->target_size == 0 || url->target[0] == '?';

    coil__http_put(w, needs_slash ? "/" : "");
    coil__http_put_bytes(w, url->target, url->target_size);
}

/* A proxy gets a whole URL (RFC 9112, 3.2.2). */
static void put_request_line(struct coil__http_writer *w,
                             const struct coil__http_call *call,
                             bool is_forwarded)
{
    coil__http_put(w, call->method);
    coil__http_put(w, " ");
    if (is_forwarded) {
        coil__http_put(w, "http://");
        coil__http_put_authority(w, &call->url);
    }
    coil__http_put_path(w, &call->url);
    coil__http_put(w, " HTTP/1.1\r\n");
}

static void put_host(struct coil__http_writer *w,
                     const struct coil__http_url *url)
{
    coil__http_put(w, "Host: ");
    coil__http_put_authority(w, url);
    coil__http_put(w, "\r\n");
}

static void put_chunked(struct coil__http_writer *w,
                        const struct coil_http_request *request)
{
    coil__http_put(w, "Transfer-Encoding: chunked\r\n");
    for (size_t i = 0; i < request->trailer_count; i++)
        coil__http_put_header(w, "Trailer", request->trailers[i].name);
}

/* How the body is framed.  Length 0 is said where there usually is a body. */
static void put_framing(struct coil__http_writer *w,
                        const struct coil__http_call *call)
{
    const struct coil_http_request *request = call->request;
    const struct coil_http_source *source = request->source;

    if (call->has_no_body)
        return;
    if (source && source->size < 0)
        put_chunked(w, request);
    else if (source)
        coil__http_put_length(w, (uint64_t)source->size);
    else if (request->body_size > 0 || strcmp(call->method, "POST") == 0 ||
             strcmp(call->method, "PUT") == 0 ||
             strcmp(call->method, "PATCH") == 0)
        coil__http_put_length(w, request->body_size);
    if (call->expects)
        coil__http_put(w, "Expect: 100-continue\r\n");
}

/* In which codings the body may come. */
static void put_codings(struct coil__http_writer *w,
                        const struct coil__http_call *call)
{
    if (call->has_no_coding || call->request->keep_encoded ||
        call->client->keeps_encoded)
        return;
    if (call->client->accept[0])
        coil__http_put_header(w, "Accept-Encoding", call->client->accept);
}

/* The cookies of the client's jar, unless the user gives others. */
static void put_cookies(struct coil__http_writer *w,
                        const struct coil__http_call *call)
{
    char *value;
    int rc;

    if (!call->client->cookies || (call->has_cookie && !call->has_left))
        return;
    rc = coil_http_cookies_header(call->client->cookies, call->text, 0, &value);
    if (rc < 0)
        w->rc = rc;
    if (value)
        coil__http_put_header(w, "Cookie", value);
    coil_http_cookies_free_text(value);
}

/* An answer by Digest is about the target as it stands in the request line. */
static bool put_proxy_user(struct coil__http_writer *w,
                           const struct coil__http_proxy *proxy,
                           const struct coil__http_call *call)
{
    size_t before = strlen(call->method) + 1;
    const char *target = (char *)coil__buffer_bytes(w->out) + before;
    const char *end;
    char *copy;
    bool is_answered;

    if (w->rc < 0)
        return false;
    end = memchr(target, ' ', w->out->size - before);
    copy = coil__strndup(target, (size_t)(end - target));
    if (!copy) {
        w->rc = -ENOMEM;
        return false;
    }
    is_answered = coil__http_put_proxy_user(w, proxy, call->method, copy);
    coil__free(copy);
    return is_answered;
}

static void put_upgrade(struct coil__http_writer *w,
                        const struct coil__http_upgrade *upgrade)
{
    coil__http_put(w, "Connection: Upgrade\r\n");
    coil__http_put_header(w, "Upgrade", upgrade->protocol);
    coil__http_put_header(w, upgrade->key.name, upgrade->key.value);
}

/* The proxy that is asked itself, over HTTP/1.1; or NULL. */
static const struct coil__http_proxy *
forwarder_of(const struct coil__http_call *call)
{
    return coil__http_forwarder_of(&call->client->pool.dialer.proxies,
                                   call->place.origin);
}

void coil__http_put_lines(struct coil__http_writer *w,
                          struct coil__http_call *call)
{
    const struct coil_http_request *request = call->request;
    const char *agent = call->client->agent;
    const struct coil__http_proxy *proxy = forwarder_of(call);

    if (!call->has_host || call->has_left)
        put_host(w, &call->url);
    if (!call->has_agent && agent[0])
        coil__http_put_header(w, "User-Agent", agent);
    if (!call->has_accept)
        coil__http_put(w, "Accept: */*\r\n");
    if (call->upgrade && !call->is_extended)
        put_upgrade(w, call->upgrade);
    put_codings(w, call);
    put_cookies(w, call);
    for (size_t i = 0; i < request->header_count; i++)
        if (is_sent(call, request->headers[i].name))
            coil__http_put_header(w, request->headers[i].name,
                                  request->headers[i].value);
    put_framing(w, call);
    if (proxy)
        call->is_proxy_answered = put_proxy_user(w, proxy, call);
    coil__http_put(w, "\r\n");
}

void coil__http_put_head(struct coil__http_writer *w,
                         struct coil__http_call *call)
{
    put_request_line(w, call, forwarder_of(call));
    coil__http_put_lines(w, call);
}
