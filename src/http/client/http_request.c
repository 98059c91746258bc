/* SPDX-License-Identifier: MIT */
#include <coil/http_request.h>

#include <string.h>

#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "http/client/http_client.h"
#include "http/client/http_response.h"
#include "http/wire/defaults.h"
#include "http/wire/text.h"
#include "http/wire/url.h"
#include "http/wire/write.h"

enum {
    SMALL_BODY = 16 * 1024, /* goes out in one piece with the head */
    MAX_INTERIM = 32,       /* 1xx responses in front of the response */
};

/* A request that has been checked and has a place in the pool. */
struct call {
    struct coil_http_client *client;
    const struct coil_http_request *request;
    const char *method;
    struct coil__http_url url;
    struct coil__http_origin *origin;
    bool is_head;
    bool is_idempotent;
    bool is_close; /* the connection is not to be used again */
    bool has_host;
    bool has_agent;
    bool has_accept;
};

/* ---- what may be sent ------------------------------------------------- */

static bool is_idempotent(const char *method)
{
    static const char *const methods[] = { "GET",    "HEAD",    "PUT",
                                           "DELETE", "OPTIONS", "TRACE" };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(method, methods[i]) == 0)
            return true;
    return false;
}

static bool check_header(struct call *call,
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
    if (coil__http_equal(name, "User-Agent"))
        call->has_agent = true;
    if (coil__http_equal(name, "Accept"))
        call->has_accept = true;
    return true;
}

static int look_through(struct call *call, struct coil_http_client *client,
                        const struct coil_http_request *request)
{
    const char *method = request->method ? request->method : "GET";

    *call = (struct call){
        .client = client,
        .request = request,
        .method = method,
        .is_head = strcmp(method, "HEAD") == 0,
        .is_idempotent = is_idempotent(method),
    };
    if (!coil_http_is_token(method) || strcmp(method, "CONNECT") == 0)
        return COIL_EHTTP_BAD_HEADER;
    for (size_t i = 0; i < request->header_count; i++)
        if (!check_header(call, &request->headers[i]))
            return COIL_EHTTP_BAD_HEADER;
    return coil__http_url_parse(&call->url, request->url);
}

/* ---- sending ---------------------------------------------------------- */

static void put_request_line(struct coil__http_writer *w,
                             const struct call *call)
{
    const struct coil__http_url *url = &call->url;
    bool needs_slash = url->target_size == 0 || url->target[0] == '?';

    coil__http_put(w, call->method);
    coil__http_put(w, needs_slash ? " /" : " ");
    coil__http_put_bytes(w, url->target, url->target_size);
    coil__http_put(w, " HTTP/1.1\r\n");
}

static void put_host(struct coil__http_writer *w,
                     const struct coil__http_url *url)
{
    coil__http_put(w, url->is_ipv6 ? "Host: [" : "Host: ");
    coil__http_put_bytes(w, url->host, url->host_size);
    if (url->is_ipv6)
        coil__http_put(w, "]");
    if (url->port != COIL__HTTP_PORT) {
        coil__http_put(w, ":");
        coil__http_put_number(w, url->port, 10);
    }
    coil__http_put(w, "\r\n");
}

/* Content-Length: 0 is sent with methods that usually have a body. */
static bool says_length(const struct call *call)
{
    return call->request->body_size > 0 || strcmp(call->method, "POST") == 0 ||
           strcmp(call->method, "PUT") == 0 ||
           strcmp(call->method, "PATCH") == 0;
}

static void put_head(struct coil__http_writer *w, const struct call *call)
{
    const struct coil_http_request *request = call->request;
    const char *agent = call->client->agent;

    put_request_line(w, call);
    if (!call->has_host)
        put_host(w, &call->url);
    if (!call->has_agent && agent[0])
        coil__http_put_header(w, "User-Agent", agent);
    if (!call->has_accept)
        coil__http_put(w, "Accept: */*\r\n");
    for (size_t i = 0; i < request->header_count; i++)
        coil__http_put_header(w, request->headers[i].name,
                              request->headers[i].value);
    if (says_length(call))
        coil__http_put_length(w, request->body_size);
    coil__http_put(w, "\r\n");
}

/*
 * Write the request.  The stream keeps what the kernel does not take and sends
 * it in the background, so the response of a server that answers before it has
 * read everything is not missed.
 */
static int send_request(const struct call *call,
                        struct coil__http_connection *c)
{
    const struct coil_http_request *request = call->request;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    bool is_small = request->body_size <= SMALL_BODY;
    int rc;

    put_head(&w, call);
    if (is_small)
        coil__http_put_bytes(&w, request->body, request->body_size);
    if (w.rc < 0)
        return w.rc;
    rc = coil_stream_write(c->stream, coil__buffer_bytes(&c->out), c->out.size);
    if (rc == 0 && !is_small)
        rc = coil_stream_write(c->stream, request->body, request->body_size);
    return rc;
}

/* ---- receiving -------------------------------------------------------- */

/* Whether a response with this status has no body even if it announces one. */
static bool is_bodyless(int status)
{
    return status < 200 || status == 204 || status == 304;
}

/*
 * Whether a response announces a body that its status forbids.  A server that
 * announces the body may also send it, and then the body would be taken for the
 * next response.  A response to HEAD may announce the body of a GET.
 */
static bool is_contradictory(const struct coil__http_head *head)
{
    return is_bodyless(head->status) &&
           (head->is_chunked || head->content_length > 0);
}

/* What is known of a response before its body is read. */
struct answer {
    struct coil__http_block block; /* the head is in it */
    struct coil__http_head head;
    bool has_begun;        /* a byte of the response has come */
    bool is_contradictory; /* the response, or an interim one before it */
};

/* Read the head of the final response.  Returns 0, or an error. */
static int receive_head(struct coil__http_connection *c, struct answer *answer)
{
    static const struct coil__http_layout layout = {
        .front = sizeof(struct coil__http_response),
        .back = 1,
        .back_rest = true,
    };
    struct coil__http_head *head = &answer->head;

    for (int i = 0; i < MAX_INTERIM; i++) {
        int rc = coil__http_read_head(&c->reader, &answer->block, &layout, head,
                                      NULL, COIL_NEVER);

        answer->has_begun = i > 0 || rc > 0 || coil__http_has_begun(&c->reader);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return COIL_EHTTP_TRUNCATED;
        if (is_contradictory(head))
            answer->is_contradictory = true;
        if (head->status >= 200 || head->status == 101)
            return 0;
    }
    return COIL_EHTTP_MALFORMED;
}

static int converse(struct call *call, struct coil__http_connection *c,
                    bool *has_begun, struct coil__http_response **out)
{
    struct answer answer = { 0 };
    const struct coil__http_head *head = &answer.head;
    int sent = send_request(call, c);
    int rc = sent;

    /* A server may answer and close without having read everything. */
    if (sent != -ENOMEM)
        rc = receive_head(c, &answer);
    *has_begun = answer.has_begun;
    if (rc < 0) {
        coil__free(answer.block.memory);
        return sent < 0 ? sent : rc;
    }

    coil__http_begin_body(&c->reader, head,
                          !call->is_head && !is_bodyless(head->status));
    *out = coil__http_response_make(&answer.block, head, call->client, c);
    (*out)->is_reusable = sent == 0 && !call->is_close && !head->is_close &&
                          (head->minor > 0 || head->is_keep_alive) &&
                          head->status != 101 && !answer.is_contradictory &&
                          c->reader.body != COIL__HTTP_UNTIL_CLOSE;
    return 0;
}

/* Whether an error may mean that the connection was closed while idle. */
static bool is_loss(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ECONNABORTED ||
           error == COIL_EHTTP_TRUNCATED;
}

/* Sets `*again` if the connection was dead and the request can be repeated. */
static int attempt(struct call *call, bool is_fresh, bool *again,
                   struct coil__http_response **out)
{
    struct coil__http_connection *c;
    bool has_begun;
    int rc = coil__http_pool_connect(&call->client->pool, call->origin,
                                     is_fresh, &c);

    *again = false;
    if (rc < 0)
        return rc;
    rc = converse(call, c, &has_begun, out);
    if (rc == 0)
        return 0;
    *again = c->is_reused && call->is_idempotent && !has_begun && is_loss(rc);
    coil__http_pool_discard(c);
    return rc;
}

/* ---- calls ------------------------------------------------------------ */

/*
 * Check the request and wait for a place among the connections to its origin.
 * On success the call must be given to perform() or abandon().
 */
static int begin(struct call *call, struct coil_http_client *client,
                 const struct coil_http_request *request)
{
    int rc = coil_checkpoint();

    if (rc == 0)
        rc = look_through(call, client, request);
    if (rc < 0)
        return rc;

    client->refs++;
    rc = coil__http_pool_enter(&client->pool, &call->url, client->place_limit,
                               &call->origin);
    if (rc < 0)
        coil__http_client_release(client);
    return rc;
}

static void abandon(struct call *call)
{
    coil__http_pool_leave(&call->client->pool, call->origin);
    coil__http_client_release(call->client);
}

/*
 * Send the request and read the head of the response.  On success the response
 * has the connection, even if there is no body.
 */
static int perform(struct call *call, struct coil__http_response **out)
{
    bool again;
    int rc = attempt(call, false, &again, out);

    if (rc < 0 && again)
        rc = attempt(call, true, &again, out);
    if (rc < 0)
        abandon(call);
    return rc;
}

/* Perform a call, and read the body too if `is_whole`. */
static int exchange(struct call *call, bool is_whole,
                    struct coil_http_response **response)
{
    struct coil__http_response *r;
    int rc = perform(call, &r);

    if (rc < 0)
        return rc;
    if (is_whole)
        rc = coil__http_response_read_whole(
            r, coil__http_size_or(call->request->max_body_size,
                                  call->client->max_body));
    if (rc < 0) {
        coil_http_response_free(&r->shown);
        return rc;
    }
    coil__http_response_let_go_if_read(r);
    *response = &r->shown;
    return 0;
}

/* The time limit begins when the call has its place. */
static int request_in_time(struct coil_http_client *client,
                           const struct coil_http_request *request,
                           bool is_whole, struct coil_http_response **response)
{
    coil_time most = coil__http_time_or(request->limit, client->request_limit);
    struct call call;
    struct coil_timeout limit;
    int rc = begin(&call, client, request);

    *response = NULL;
    if (rc < 0)
        return rc;
    if (most == COIL_NEVER)
        return exchange(&call, is_whole, response);

    rc = coil_timeout_begin(&limit, most);
    if (rc < 0) {
        abandon(&call);
        return rc;
    }
    rc = exchange(&call, is_whole, response);
    return coil_timeout_end(&limit, rc);
}

int coil_http_open(struct coil_http_client *client,
                   const struct coil_http_request *request,
                   struct coil_http_response **response)
{
    return request_in_time(client, request, false, response);
}

int coil_http_request(struct coil_http_client *client,
                      const struct coil_http_request *request,
                      struct coil_http_response **response)
{
    return request_in_time(client, request, true, response);
}

int coil_http_get(struct coil_http_client *client, const char *url,
                  struct coil_http_response **response)
{
    struct coil_http_request request = { .url = url };

    return coil_http_request(client, &request, response);
}
