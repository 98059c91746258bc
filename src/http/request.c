/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "http/client.h"
#include "http/text.h"
#include "http/write.h"

enum {
    SMALL_BODY = 16 * 1024, /* goes out in one piece with the head */
    MAX_INTERIM = 32,       /* 1xx responses in front of the response */
};

/* A request that has been looked through: it can be sent as it is. */
struct plan {
    const struct coil_http_request *request;
    const char *method;
    struct coil__http_url url;
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

static bool check_header(struct plan *plan,
                         const struct coil_http_header *header)
{
    const char *name = header->name;

    if (!coil_http_is_token(name) || !coil_http_is_value(header->value))
        return false;
    if (coil__http_equal(name, "Content-Length") ||
        coil__http_equal(name, "Transfer-Encoding"))
        return false;
    if (coil__http_equal(name, "Connection")) {
        plan->is_close = true;
        return coil__http_equal(header->value, "close");
    }
    if (coil__http_equal(name, "Host")) {
        if (plan->has_host)
            return false;
        plan->has_host = true;
    }
    if (coil__http_equal(name, "User-Agent"))
        plan->has_agent = true;
    if (coil__http_equal(name, "Accept"))
        plan->has_accept = true;
    return true;
}

static int make_plan(struct plan *plan, const struct coil_http_request *request)
{
    const char *method = request->method ? request->method : "GET";

    *plan = (struct plan){
        .request = request,
        .method = method,
        .is_head = strcmp(method, "HEAD") == 0,
        .is_idempotent = is_idempotent(method),
    };
    if (!coil_http_is_token(method) || strcmp(method, "CONNECT") == 0)
        return COIL_EHTTP_BAD_HEADER;
    for (size_t i = 0; i < request->header_count; i++)
        if (!check_header(plan, &request->headers[i]))
            return COIL_EHTTP_BAD_HEADER;
    return coil__http_url_parse(&plan->url, request->url);
}

/* ---- sending ---------------------------------------------------------- */

static void put_request_line(struct coil__http_writer *w,
                             const struct plan *plan)
{
    const struct coil__http_url *url = &plan->url;
    bool needs_slash = url->target_size == 0 || url->target[0] == '?';

    coil__http_put(w, plan->method);
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

/* A length of 0 is said where the method lets one expect a body. */
static bool says_length(const struct plan *plan)
{
    return plan->request->body_size > 0 || strcmp(plan->method, "POST") == 0 ||
           strcmp(plan->method, "PUT") == 0 ||
           strcmp(plan->method, "PATCH") == 0;
}

static void put_head(struct coil__http_writer *w,
                     const struct coil_http_client *client,
                     const struct plan *plan)
{
    const struct coil_http_request *request = plan->request;

    put_request_line(w, plan);
    if (!plan->has_host)
        put_host(w, &plan->url);
    if (!plan->has_agent && client->agent[0])
        coil__http_put_header(w, "User-Agent", client->agent);
    if (!plan->has_accept)
        coil__http_put(w, "Accept: */*\r\n");
    for (size_t i = 0; i < request->header_count; i++)
        coil__http_put_header(w, request->headers[i].name,
                              request->headers[i].value);
    if (says_length(plan)) {
        coil__http_put(w, "Content-Length: ");
        coil__http_put_number(w, request->body_size, 10);
        coil__http_put(w, "\r\n");
    }
    coil__http_put(w, "\r\n");
}

/*
 * Write the request.  The stream keeps what the kernel does not take and sends
 * it in the background, so a server that answers before it has read everything
 * is heard.
 */
static int send_request(const struct coil_http_client *client,
                        const struct plan *plan,
                        struct coil__http_connection *c)
{
    const struct coil_http_request *request = plan->request;
    struct coil__http_writer w = coil__http_write_to(&c->out);
    bool is_small = request->body_size <= SMALL_BODY;
    int rc;

    put_head(&w, client, plan);
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

static bool may_have_body(const struct plan *plan, int status)
{
    return !plan->is_head && status >= 200 && status != 204 && status != 304;
}

/* Read the head of the final response.  0, or an error. */
static int receive_head(struct coil__http_connection *c,
                        struct coil__http_block *block,
                        struct coil__http_head *head, bool *has_begun)
{
    static const struct coil__http_layout layout = {
        .front = sizeof(struct coil__http_response),
        .back = 1,
        .back_rest = true,
    };

    for (int i = 0; i < MAX_INTERIM; i++) {
        int rc = coil__http_read_head(&c->reader, block, &layout, head, NULL,
                                      COIL_NEVER);

        *has_begun = i > 0 || rc > 0 || coil__http_has_begun(&c->reader);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return COIL_EHTTP_TRUNCATED;
        if (head->status >= 200 || head->status == 101)
            return 0;
    }
    return COIL_EHTTP_MALFORMED;
}

/* The response that owns `block`, in which its head is, and the connection. */
static struct coil__http_response *
make_response(struct coil_http_client *client, struct coil__http_connection *c,
              const struct coil__http_block *block,
              const struct coil__http_head *head)
{
    struct coil__http_response *r = (void *)block->memory;

    *r = (struct coil__http_response){
        .shown = {
            .status = head->status,
            .reason = head->reason,
            .headers = head->headers,
            .header_count = head->header_count,
            .body = "",
            .content_length = head->content_length,
        },
        .client = client,
        .connection = c,
        .spare = block->spare,
        .spare_size = (size_t)(block->memory + block->size - block->spare),
    };
    return r;
}

static int converse(struct coil_http_client *client, const struct plan *plan,
                    struct coil__http_connection *c, bool *has_begun,
                    struct coil__http_response **out)
{
    struct coil__http_block block = { 0 };
    struct coil__http_head head;
    int sent = send_request(client, plan, c);
    int rc = sent;

    /* A server may answer and close without having read everything. */
    if (sent != -ENOMEM)
        rc = receive_head(c, &block, &head, has_begun);
    if (rc < 0) {
        coil__free(block.memory);
        return sent < 0 ? sent : rc;
    }

    coil__http_begin_body(&c->reader, &head, may_have_body(plan, head.status));
    *out = make_response(client, c, &block, &head);
    (*out)->is_reusable = sent == 0 && !plan->is_close && !head.is_close &&
                          (head.minor > 0 || head.is_keep_alive) &&
                          head.status != 101 &&
                          c->reader.body != COIL__HTTP_UNTIL_CLOSE;
    return 0;
}

/* Whether an error may only mean that the connection had been closed before. */
static bool is_loss(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -ECONNABORTED ||
           error == COIL_EHTTP_TRUNCATED;
}

/* Sets `*again` if the request met a dead connection and can be repeated. */
static int attempt(struct coil_http_client *client, const struct plan *plan,
                   bool is_fresh, bool *again, struct coil__http_response **out)
{
    struct coil__http_connection *c;
    bool has_begun = false;
    int rc = coil__http_pool_get(&client->pool, &plan->url, is_fresh, &c);

    *again = false;
    if (rc < 0)
        return rc;
    rc = converse(client, plan, c, &has_begun, out);
    if (rc == 0)
        return 0;
    *again = c->is_reused && plan->is_idempotent && !has_begun && is_loss(rc);
    coil__http_pool_put(c, false);
    return rc;
}

int coil__http_perform(struct coil_http_client *client,
                       const struct coil_http_request *request,
                       struct coil__http_response **out)
{
    struct plan plan;
    bool again;
    int rc = coil__http_checkpoint();

    if (rc == 0)
        rc = make_plan(&plan, request);
    if (rc < 0)
        return rc;

    client->refs++;
    rc = attempt(client, &plan, false, &again, out);
    if (rc < 0 && again)
        rc = attempt(client, &plan, true, &again, out);
    if (rc < 0)
        coil__http_client_release(client);
    return rc;
}
