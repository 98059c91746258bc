/* SPDX-License-Identifier: MIT */
#include "http/client/http_response.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "http/client/branch.h"
#include "http/client/limit.h"

struct coil__http_response *
coil__http_response_make(const struct coil__http_block *block,
                         const struct coil__http_head *head,
                         const struct coil__http_call *call,
                         struct coil__http_connection *connection)
{
    struct coil__http_response *r = (void *)block->memory;
    size_t url_size = strlen(call->text) + 1;
    char *end = block->memory + block->size - url_size;

    memcpy(end, call->text, url_size);

    *r = (struct coil__http_response){
        .shown = {
            .status = head->status,
            .reason = head->reason,
            .headers = head->headers,
            .header_count = head->header_count,
            .body = "",
            .content_length = head->content_length,
            .url = end,
            .version = coil__http_version_of(head),
        },
        .client = call->client,
        .connection = connection,
        .idle_limit = call->limits.idle,
        .watcher = { .fn = call->watcher.fn,
                     .arg = call->watcher.arg,
                     .url = end,
                     .number = call->watcher.number },
        .spare = block->spare,
        .spare_size = (size_t)(end - block->spare),
    };
    connection->reader.chunked.trailers = &r->trailers.text;
    return r;
}

/* ---- the connection -------------------------------------------------- */

/* Give the connection back, which ends the reading. */
static void let_go(struct coil__http_response *r, bool is_reusable)
{
    struct coil_http_client *client = r->client;

    coil__http_pool_put(r->connection, is_reusable);
    r->connection = NULL;
    coil__http_tell(&r->watcher, (struct coil_http_event){
                                     .moment = COIL_HTTP_DONE,
                                     .status = r->shown.status,
                                     .error = r->error,
                                 });
    coil__http_client_release(client);
}

/* Reading has failed. */
static void fail(struct coil__http_response *r, int error)
{
    r->error = error;
    if (!r->connection)
        return;
    if (error == COIL_EHTTP_IDLE_TIMEOUT)
        coil__http_pool_doubt(r->connection);
    let_go(r, false);
}

int coil__http_response_take_trailers(struct coil__http_response *r)
{
    const struct coil__http_connection *c = r->connection;
    const struct coil__http_reader *reader = &c->reader;
    struct coil__http_trailers *trailers = &r->trailers;
    int rc;

    if (!coil__http_is_read(reader) || trailers->fields ||
        (!c->link && trailers->text.size == 0))
        return 0;
    rc = c->link ? coil__http_branch_take_trailers(c, trailers)
                 : coil__http_trailers_parse(trailers,
                                             reader->kind == COIL__HTTP_LENIENT,
                                             reader->max_lines);
    if (rc == 0) {
        r->shown.trailers = trailers->fields;
        r->shown.trailer_count = trailers->count;
    }
    return rc;
}

void coil__http_response_let_go_if_read(struct coil__http_response *r)
{
    if (!coil__http_is_read(&r->connection->reader))
        return;
    r->error = coil__http_response_take_trailers(r);
    if (r->error < 0) {
        let_go(r, false);
        return;
    }
    r->is_at_end = true;
    let_go(r, r->is_reusable && !r->connection->reader.chunked.is_repaired);
}

/* ---- reading --------------------------------------------------------- */

/* Read a piece of the body in time. */
static ptrdiff_t read_piece(void *response, void *buffer, size_t size)
{
    struct coil__http_response *r = response;
    struct coil__http_limit limit;
    ptrdiff_t n;
    int rc = coil__http_limit_begin(&limit, r->idle_limit);

    if (rc < 0)
        return rc;
    n = coil__http_read(&r->connection->reader, buffer, size);
    rc = coil__http_limit_end(&limit, n < 0 ? (int)n : 0,
                              COIL_EHTTP_IDLE_TIMEOUT);
    return rc < 0 ? rc : n;
}

/* Read the body into the memory behind the head, as far as there is room. */
static int read_to_spare(struct coil__http_response *r)
{
    struct coil__http_reader *reader = &r->connection->reader;
    size_t size = 0;

    while (!coil__http_is_read(reader)) {
        ptrdiff_t n = read_piece(r, r->spare + size, r->spare_size - size);

        if (n < 0)
            return (int)n;
        size += (size_t)n;
    }
    r->spare[size] = '\0';
    r->shown.body = r->spare;
    r->shown.body_size = size;
    return 0;
}

/* Read a compressed body whole. */
static int read_whole_decoded(struct coil__http_response *r, size_t limit)
{
    enum { STEP = 16 * 1024 };
    struct coil_buffer *body = &r->body;
    ptrdiff_t n;

    do {
        int rc = coil__buffer_reserve(body, STEP);

        if (rc < 0)
            return rc;
        n = coil__http_decoded_read(&r->decoded, read_piece, r,
                                    coil__buffer_end(body),
                                    coil__buffer_room(body) - 1);
        if (n < 0)
            return (int)n;
        coil__buffer_grow(body, (size_t)n);
        if (body->size > limit)
            return COIL_EHTTP_BODY_TOO_LARGE;
    } while (n > 0);
    *coil__buffer_end(body) = '\0';
    r->shown.body = (const char *)coil__buffer_bytes(body);
    r->shown.body_size = body->size;
    return 0;
}

int coil__http_response_read_whole(struct coil__http_response *r, size_t limit)
{
    struct coil__http_reader *reader = &r->connection->reader;
    int rc;

    if (r->decoded.decoder)
        return read_whole_decoded(r, limit);
    if (reader->body == COIL__HTTP_SIZED && reader->left <= limit &&
        reader->left < r->spare_size)
        return read_to_spare(r);
    if (coil__http_is_read(reader))
        return 0;

    rc = coil__http_read_all(reader, &r->body, limit, read_piece, r);
    if (rc < 0)
        return rc;
    r->shown.body = (const char *)coil__buffer_bytes(&r->body);
    r->shown.body_size = r->body.size;
    return 0;
}

int coil__http_response_skip(struct coil__http_response *r, size_t limit)
{
    struct coil__http_reader *reader = &r->connection->reader;
    char scratch[1024];

    while (r->is_reusable && !coil__http_is_read(reader) && limit > 0) {
        size_t size = limit < sizeof scratch ? limit : sizeof scratch;
        ptrdiff_t n = read_piece(r, scratch, size);

        if (n < 0)
            return (int)n;
        limit -= (size_t)n;
    }
    return 0;
}

/*
 * Read what comes, for the decoder.  The connection may be given back before all
 * is decoded.
 */
static ptrdiff_t read_raw(void *response, void *buffer, size_t size)
{
    struct coil__http_response *r = response;
    ptrdiff_t n;

    if (!r->connection)
        return 0;
    n = read_piece(r, buffer, size);
    if (n >= 0)
        coil__http_response_let_go_if_read(r);
    return n == 0 ? r->error : n;
}

static ptrdiff_t read_decoded(struct coil__http_response *r, void *buffer,
                              size_t size)
{
    ptrdiff_t n;

    if (r->error < 0) {
        n = coil_checkpoint();
        return n < 0 ? n : r->error;
    }
    n = coil__http_decoded_read(&r->decoded, read_raw, r, buffer, size);
    if (n < 0 && n != -ECANCELED)
        fail(r, (int)n);
    return n;
}

ptrdiff_t coil_http_read(struct coil_http_response *response, void *buffer,
                         size_t size)
{
    struct coil__http_response *r = (struct coil__http_response *)response;
    ptrdiff_t n;

    if (r->decoded.decoder)
        return read_decoded(r, buffer, size);
    if (!r->connection) {
        n = coil_checkpoint();
        if (n < 0 || r->is_at_end)
            return n;
        return r->error < 0 ? r->error : -EBADF;
    }
    n = read_piece(r, buffer, size);
    if (n >= 0) {
        coil__http_response_let_go_if_read(r);
        n = n == 0 ? r->error : n;
    } else if (n != -ECANCELED) {
        fail(r, (int)n);
    }
    return n;
}

/* ---- the end of a response ------------------------------------------- */

void coil_http_response_close(struct coil_http_response *response)
{
    struct coil__http_response *r = (struct coil__http_response *)response;

    if (r->connection)
        let_go(r, false);
    /* What is not decoded yet is not read any more. */
    if (r->decoded.decoder && !coil__http_decoder_is_done(r->decoded.decoder) &&
        r->error == 0)
        r->error = -EBADF;
}

void coil__http_hops_free(struct coil_http_hop *hops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        coil__free((char *)hops[i].url);
    coil__free(hops);
}

void coil_http_response_free(struct coil_http_response *response)
{
    struct coil__http_response *r = (struct coil__http_response *)response;

    if (!r)
        return;
    coil_http_response_close(response);
    coil__buffer_fini(&r->body);
    coil__http_trailers_fini(&r->trailers);
    coil__http_decoded_end(&r->decoded);
    coil__http_hops_free(r->hops, r->shown.hop_count);
    coil__free(r);
}

const char *coil_http_response_header(const struct coil_http_response *response,
                                      const char *name)
{
    return coil_http_find_header(response->headers, response->header_count,
                                 name);
}
