/* SPDX-License-Identifier: MIT */
#include <coil/http_client.h>

#include <string.h>

#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "http/client/client.h"
#include "http/wire/defaults.h"
#include "http/wire/text.h"

/* ---- the client ------------------------------------------------------- */

int coil_http_client_new(struct coil_http_client **out,
                         const struct coil_http_client_options *options)
{
    static const struct coil_http_client_options none = { 0 };
    const struct coil_http_client_options *o = options ? options : &none;
    const char *agent = "coil/" COIL_VERSION_STRING;
    struct coil_http_client *client;

    if (o->user_agent)
        agent = o->user_agent;
    if (!coil_http_is_value(agent))
        return COIL_EHTTP_BAD_HEADER;

    client = coil__alloc(sizeof *client);
    if (!client)
        return -ENOMEM;
    client->refs = 1;
    client->max_body =
        coil__http_size_or(o->max_body_size, COIL_HTTP_MAX_BODY_SIZE);
    client->request_limit = coil__http_time_or(o->request_limit, COIL_NEVER);
    client->place_limit = coil__http_time_or(o->place_limit, COIL_NEVER);
    client->pool.limits = (struct coil__http_pool_limits){
        .idle = coil__http_size_or(o->max_idle, 512),
        .idle_per_origin = coil__http_size_or(o->max_idle_per_origin, 100),
        .per_origin = o->max_connections_per_origin,
        .idle_time = coil__http_time_or(o->idle_limit, 30 * COIL_SECOND),
        .header_size =
            coil__http_size_or(o->max_header_size, COIL_HTTP_MAX_HEADER_SIZE),
        .header_lines =
            coil__http_size_or(o->max_header_lines, COIL_HTTP_MAX_HEADER_LINES),
    };
    client->agent = coil__strndup(agent, strlen(agent));
    if (!client->agent)
        goto free_client;
    if (coil__http_pool_init(&client->pool) < 0)
        goto free_agent;
    *out = client;
    return 0;

free_agent:
    coil__free(client->agent);
free_client:
    coil__free(client);
    return -ENOMEM;
}

void coil__http_client_release(struct coil_http_client *client)
{
    if (--client->refs > 0)
        return;
    coil__http_pool_fini(&client->pool);
    coil__free(client->agent);
    coil__free(client);
}

void coil_http_client_free(struct coil_http_client *client)
{
    if (!client)
        return;
    coil__http_pool_close(&client->pool);
    coil__http_client_release(client);
}

void coil_http_client_close_idle(struct coil_http_client *client)
{
    coil__http_pool_close_idle(&client->pool);
}

size_t coil_http_client_connections(const struct coil_http_client *client)
{
    return client->pool.open_count;
}

size_t coil_http_client_idle(const struct coil_http_client *client)
{
    return client->pool.idle_count;
}

/* ---- responses -------------------------------------------------------- */

/* Give the connection back; what the response is worth is decided. */
static void let_go(struct coil__http_response *r, bool is_reusable)
{
    struct coil_http_client *client = r->client;

    coil__http_pool_put(r->connection, is_reusable);
    r->connection = NULL;
    coil__http_client_release(client);
}

static void let_go_if_read(struct coil__http_response *r)
{
    if (!coil__http_is_read(&r->connection->reader))
        return;
    r->is_at_end = true;
    let_go(r, r->is_reusable);
}

ptrdiff_t coil_http_read(struct coil_http_response *response, void *buffer,
                         size_t size)
{
    struct coil__http_response *r = (struct coil__http_response *)response;
    ptrdiff_t n;

    if (!r->connection) {
        n = coil_checkpoint();
        if (n < 0 || r->is_at_end)
            return n;
        return r->error < 0 ? r->error : -EBADF;
    }
    n = coil__http_read(&r->connection->reader, buffer, size);
    if (n >= 0) {
        let_go_if_read(r);
    } else if (n != -ECANCELED) {
        r->error = (int)n;
        let_go(r, false);
    }
    return n;
}

void coil_http_response_close(struct coil_http_response *response)
{
    struct coil__http_response *r = (struct coil__http_response *)response;

    if (r->connection)
        let_go(r, false);
}

void coil_http_response_free(struct coil_http_response *response)
{
    struct coil__http_response *r = (struct coil__http_response *)response;

    if (!r)
        return;
    coil_http_response_close(response);
    coil__buffer_fini(&r->body);
    coil__free(r);
}

const char *coil_http_response_header(const struct coil_http_response *response,
                                      const char *name)
{
    return coil_http_find_header(response->headers, response->header_count,
                                 name);
}

/* ---- requests --------------------------------------------------------- */

/* Read the body into the memory behind the head, where it has room. */
static int read_to_spare(struct coil__http_response *r)
{
    struct coil__http_reader *reader = &r->connection->reader;
    size_t size = 0;

    while (!coil__http_is_read(reader)) {
        ptrdiff_t n =
            coil__http_read(reader, r->spare + size, r->spare_size - size);

        if (n < 0)
            return (int)n;
        size += (size_t)n;
    }
    r->spare[size] = '\0';
    r->shown.body = r->spare;
    r->shown.body_size = size;
    return 0;
}

static ptrdiff_t read_piece(void *reader, void *buffer, size_t size)
{
    return coil__http_read(reader, buffer, size);
}

static int read_whole(struct coil__http_response *r, size_t limit)
{
    struct coil__http_reader *reader = &r->connection->reader;
    int rc;

    if (reader->body == COIL__HTTP_SIZED && reader->left <= limit &&
        reader->left < r->spare_size)
        return read_to_spare(r);
    if (coil__http_is_read(reader))
        return 0;

    rc = coil__http_read_all(reader, &r->body, limit, read_piece, reader);
    if (rc < 0)
        return rc;
    r->shown.body = (const char *)coil__buffer_bytes(&r->body);
    r->shown.body_size = r->body.size;
    return 0;
}

/* Perform a call, and read the body too if `is_whole`. */
static int exchange(struct coil__http_call *call, bool is_whole,
                    struct coil_http_response **response)
{
    struct coil__http_response *r;
    int rc = coil__http_call_perform(call, &r);

    if (rc < 0)
        return rc;
    if (is_whole)
        rc = read_whole(r, coil__http_size_or(call->request->max_body_size,
                                              call->client->max_body));
    if (rc < 0) {
        coil_http_response_free(&r->shown);
        return rc;
    }
    let_go_if_read(r);
    *response = &r->shown;
    return 0;
}

/* The time begins when the call has its place. */
static int request_in_time(struct coil_http_client *client,
                           const struct coil_http_request *request,
                           bool is_whole, struct coil_http_response **response)
{
    coil_time most = coil__http_time_or(request->limit, client->request_limit);
    struct coil__http_call call;
    struct coil_timeout limit;
    int rc = coil__http_call_begin(&call, client, request);

    *response = NULL;
    if (rc < 0)
        return rc;
    if (most == COIL_NEVER)
        return exchange(&call, is_whole, response);

    rc = coil_timeout_begin(&limit, most);
    if (rc < 0) {
        coil__http_call_abandon(&call);
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
