/* SPDX-License-Identifier: MIT */
#include <coil/time.h>

#include "http/server/response_head.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/server/date_text.h"

static const char *date_line(struct coil_http_server *server)
{
    char text[COIL__HTTP_DATE_SIZE];

    if (coil_now() < server->date_until)
        return server->date;
    coil__http_date_text(text, coil_time_of_day() / COIL_SECOND);
    snprintf(server->date, sizeof server->date, "Date: %s\r\n", text);
    server->date_until = coil_after(COIL_SECOND);
    return server->date;
}

/* Whether a response with this status is sent without the handler's body. */
static bool forbids_body(int status)
{
    return status == 204 || status == 205 || status == 304;
}

/*
 * With 204 a length must not be sent.  With 304 it would be the length of a
 * body that is not sent, and careful clients would not use the connection again
 * (RFC 9110, 8.6).
 */
static bool says_length(int status)
{
    return status != 204 && status != 304;
}

void coil__http_put_status(struct coil__http_writer *w, int status)
{
    if (status == 200) {
        coil__http_put(w, "HTTP/1.1 200 OK\r\n");
        return;
    }
    coil__http_put(w, "HTTP/1.1 ");
    coil__http_put_number(w, (uint64_t)status, 10);
    coil__http_put(w, " ");
    coil__http_put(w, coil_http_reason(status));
    coil__http_put(w, "\r\n");
}

/* What HTTP/2 says in frames. */
static void put_connection(struct coil__http_writer *w,
                           const struct coil_http_exchange *x)
{
    if (x->is_chunked)
        coil__http_put(w, "Transfer-Encoding: chunked\r\n");
    if (x->channel->is_closing)
        coil__http_put(w, "Connection: close\r\n");
    else if (x->head.minor == 0)
        coil__http_put(w, "Connection: keep-alive\r\n");
}

void coil__http_put_response(struct coil__http_writer *w,
                             struct coil_http_exchange *x, int status,
                             const char *content_type, int64_t length)
{
    struct coil__http_channel *c = x->channel;

    x->status = status;
    if (!c->http2)
        coil__http_put_status(w, status);
    if (!x->has_date)
        coil__http_put(w, date_line(c->server));
    coil__http_put_bytes(w, coil__buffer_bytes(&x->headers), x->headers.size);
    if (content_type && !forbids_body(status))
        coil__http_put_header(w, "Content-Type", content_type);
    if (length >= 0 && says_length(status))
        coil__http_put_length(w, (uint64_t)length);
    if (!c->http2)
        put_connection(w, x);
    coil__http_put(w, "\r\n");
}

void coil__http_put_tunnel(struct coil__http_writer *w,
                           const struct coil_http_exchange *x,
                           const struct coil_buffer *lines)
{
    struct coil__http_channel *c = x->channel;

    if (!c->http2)
        coil__http_put_status(w, 200);
    if (!x->has_date)
        coil__http_put(w, date_line(c->server));
    coil__http_put_bytes(w, coil__buffer_bytes(lines), lines->size);
    coil__http_put_bytes(w, coil__buffer_bytes(&x->headers), x->headers.size);
    coil__http_put(w, "\r\n");
}

/* Decide how the body is sent, and whether the connection is kept after it. */
void coil__http_settle_body(struct coil_http_exchange *x, int status,
                            int64_t length)
{
    bool is_unknown = length < 0;
    bool is_forbidden = forbids_body(status);

    x->is_bodyless =
        is_forbidden || (x->head.method && strcmp(x->head.method, "HEAD") == 0);
    x->is_sized = !is_unknown;
    x->left = is_unknown ? 0 : (uint64_t)length;
    x->is_chunked =
        is_unknown && x->head.minor > 0 && !is_forbidden && !x->channel->http2;
    x->is_endless = is_unknown && x->head.minor == 0 && !is_forbidden;
    /*
     * Without "100 Continue" it is unknown whether the body will come.  A long
     * one is not read away for the sake of the next request.
     */
    if (x->owes_continue || coil__http_exchange_is_too_long(x))
        x->channel->is_dirty = true;
    if (x->is_endless || x->channel->is_dirty ||
        x->channel->server->is_stopping)
        x->channel->is_closing = true;
}
