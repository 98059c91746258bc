/* SPDX-License-Identifier: MIT */
#include "http/server/http_respond.h"

#include <stdio.h>
#include <string.h>

#include "http/server/encode.h"
#include "http/server/response_head.h"
#include "http/server/tunnel.h"
#include "http/wire/text.h"
#include "http/wire/write.h"

/* ---- the head --------------------------------------------------------- */

int coil_http_respond_header(struct coil_http_exchange *x, const char *name,
                             const char *value)
{
    struct coil__http_writer w = { .out = &x->headers };

    if (x->progress != COIL__HTTP_UNANSWERED)
        return -EALREADY;
    if (!coil_http_is_token(name) || !coil_http_is_value(value) ||
        coil__http_equal(name, "Content-Length") ||
        coil__http_equal(name, "Transfer-Encoding"))
        return COIL_EHTTP_BAD_HEADER;
    if (coil__http_equal(name, "Connection")) {
        if (!coil__http_equal(value, "close"))
            return COIL_EHTTP_BAD_HEADER;
        x->channel->is_closing = x->channel->is_last = true;
        return 0;
    }

    coil__http_put_header(&w, name, value);
    if (w.rc < 0)
        return w.rc;
    if (coil__http_equal(name, "Date"))
        x->has_date = true;
    return 0;
}

static int check(const struct coil_http_exchange *x, int status,
                 const char *content_type)
{
    if (x->progress != COIL__HTTP_UNANSWERED)
        return -EALREADY;
    if (status < 200 || status > 599)
        return -EINVAL;
    if (content_type && !coil_http_is_value(content_type))
        return COIL_EHTTP_BAD_HEADER;
    return 0;
}

/* ---- writing ---------------------------------------------------------- */

/* Write what has been put together. */
static int send_out(struct coil__http_channel *c, int rc)
{
    if (rc < 0)
        return rc;
    return coil__http_channel_write(c, coil__buffer_bytes(&c->out),
                                    c->out.size);
}

/*
 * Send the head that has been put together.  Of a body of `size` bytes, or one whose
 * length is not known, the first `first_size` bytes come with it.
 */
static int send_head(struct coil_http_exchange *x, uint64_t size,
                     const void *first, size_t first_size)
{
    struct coil__http_channel *c = x->channel;
    int rc;

    if (!c->http2)
        return send_out(c, 0);
    rc = coil__http2_send_response(c->http2, x->status,
                                   (char *)coil__buffer_bytes(&c->out),
                                   c->out.size, x->is_bodyless ? 0 : size);
    if (rc < 0 || first_size == 0)
        return rc;
    return coil__http_channel_write(c, first, first_size);
}

/* Write a piece of the body, at most COIL__HTTP_SMALL bytes. */
static int send_piece(struct coil_http_exchange *x, const void *data,
                      size_t size)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w;

    x->sent += size;
    if (!x->is_chunked)
        return coil__http_channel_write(c, data, size);
    w = coil__http_write_to(&c->out);
    coil__http_put_number(&w, size, 16);
    coil__http_put(&w, "\r\n");
    coil__http_put_bytes(&w, data, size);
    coil__http_put(&w, "\r\n");
    return send_out(c, w.rc);
}

/* Send the next piece of the body.  Returns its size, or an error. */
static ptrdiff_t send_next(struct coil_http_exchange *x, const void *data,
                           size_t size)
{
    ptrdiff_t n = 0;
    int rc;

    if (!x->is_chunked && size > COIL__HTTP_SMALL)
        n = coil__http_channel_pass(x->channel, data, size);
    if (n > 0)
        x->sent += (size_t)n;
    if (n != 0)
        return n;
    n = size < COIL__HTTP_SMALL ? (ptrdiff_t)size : COIL__HTTP_SMALL;
    rc = send_piece(x, data, (size_t)n);
    return rc < 0 ? rc : n;
}

static int send_body(struct coil_http_exchange *x, const char *data,
                     size_t size)
{
    while (size > 0) {
        ptrdiff_t n = coil__http_channel_drain(x->channel);

        if (n == 0)
            n = send_next(x, data, size);
        if (n < 0)
            return (int)n;
        if (x->is_sized)
            x->left -= (size_t)n;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* ---- compressed ------------------------------------------------------- */

/* Encode, and send what comes out. */
static int send_encoded(struct coil_http_exchange *x, const void *data,
                        size_t size, enum coil__http_push push)
{
    int rc = coil__http_encoder_run(x->encoder, data, size, push, &x->encoded);

    if (rc < 0)
        return rc;
    rc = send_body(x, (const char *)coil__buffer_bytes(&x->encoded),
                   x->encoded.size);
    coil__buffer_consume(&x->encoded, x->encoded.size);
    return rc;
}

/* Encode in pieces, between which others can run. */
static int send_to_encode(struct coil_http_exchange *x, const char *data,
                          size_t size, bool is_flushed)
{
    int rc = coil__http_channel_drain(x->channel);

    while (rc == 0 && size > 0) {
        size_t n = size < COIL__HTTP_SMALL ? size : COIL__HTTP_SMALL;
        bool is_last = n == size;

        rc = send_encoded(x, data, n,
                          is_last && is_flushed ? COIL__HTTP_PUSH_FLUSH
                                                : COIL__HTTP_PUSH_NONE);
        data += n;
        size -= n;
        if (rc == 0 && !is_last)
            rc = coil__http_channel_drain(x->channel);
    }
    return rc;
}

/* The response has not begun; the handler may try again. */
static int give_up(struct coil_http_exchange *x, int rc)
{
    if (x->is_compressible)
        coil__http_encode_undo(x);
    return rc;
}

/* Begin a response that is encoded: how long it gets is not known. */
static int begin_encoded(struct coil_http_exchange *x, int status,
                         const char *content_type)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w;

    coil__http_settle_body(x, status, COIL_HTTP_CHUNKED);
    w = coil__http_write_to(&c->out);
    coil__http_put_response(&w, x, status, content_type, COIL_HTTP_CHUNKED);
    if (w.rc < 0)
        return give_up(x, w.rc);
    x->progress = COIL__HTTP_ANSWERING;
    return send_head(x, COIL__HTTP2_UNKNOWN, NULL, 0);
}

/* A whole body: the response ends when the handler returns. */
static int respond_encoded(struct coil_http_exchange *x, int status,
                           const char *content_type, const void *body,
                           size_t size)
{
    int rc = begin_encoded(x, status, content_type);

    x->promised = 0;
    if (rc == 0 && !x->is_bodyless)
        rc = send_to_encode(x, body, size, false);
    if (rc == 0 && !x->is_bodyless)
        rc = send_encoded(x, NULL, 0, COIL__HTTP_PUSH_END);
    if (rc < 0)
        return rc;
    coil__http_encoder_free(x->encoder);
    x->encoder = NULL;
    x->progress = COIL__HTTP_ANSWERED;
    return 0;
}

/* Whether `size` more bytes are as many as were announced, or fewer. */
static bool is_promised(const struct coil_http_exchange *x, size_t size)
{
    return size <= x->promised;
}

/* ---- responding ------------------------------------------------------- */

int coil_http_respond(struct coil_http_exchange *x, int status,
                      const char *content_type, const void *body, size_t size)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w;
    size_t first;
    int rc = check(x, status, content_type);

    if (rc == 0)
        rc = coil__http_exchange_blame(x, coil__http_channel_drain(c));
    status = coil__http_tunnel_status(x, status);
    if (rc == 0 && x->is_compressible)
        rc = coil__http_encode_begin(x, status, content_type, (int64_t)size);
    if (rc < 0)
        return rc;
    if (x->encoder)
        return coil__http_exchange_blame(
            x, respond_encoded(x, status, content_type, body, size));

    coil__http_settle_body(x, status, (int64_t)size);
    if (x->is_bodyless)
        x->left = 0;
    first = x->left < COIL__HTTP_SMALL ? (size_t)x->left : COIL__HTTP_SMALL;
    w = coil__http_write_to(&c->out);
    coil__http_put_response(&w, x, status, content_type,
                            status == 205 ? 0 : (int64_t)size);
    if (!c->http2)
        coil__http_put_bytes(&w, body, first);
    if (w.rc < 0)
        return give_up(x, w.rc);

    x->progress = COIL__HTTP_ANSWERING;
    rc = send_head(x, x->left, body, first);
    x->left -= first;
    x->sent += first;
    if (rc == 0 && x->left > 0)
        rc = send_body(x, (const char *)body + first, (size_t)x->left);
    if (rc == 0)
        x->progress = COIL__HTTP_ANSWERED;
    return coil__http_exchange_blame(x, rc);
}

int coil_http_begin(struct coil_http_exchange *x, int status,
                    const char *content_type, int64_t length)
{
    struct coil__http_channel *c = x->channel;
    struct coil__http_writer w;
    int rc = check(x, status, content_type);

    if (length < COIL_HTTP_CHUNKED)
        rc = -EINVAL;
    if (rc == 0)
        rc = coil__http_exchange_blame(x, coil__http_channel_drain(c));
    status = coil__http_tunnel_status(x, status);
    if (rc == 0 && x->is_compressible)
        rc = coil__http_encode_begin(x, status, content_type, length);
    if (rc < 0)
        return rc;
    if (x->encoder) {
        x->is_flushed = length < 0;
        x->promised = length < 0 ? UINT64_MAX : (uint64_t)length;
        return coil__http_exchange_blame(
            x, begin_encoded(x, status, content_type));
    }

    coil__http_settle_body(x, status, length);
    w = coil__http_write_to(&c->out);
    coil__http_put_response(&w, x, status, content_type,
                            status == 205 ? 0 : length);
    if (w.rc < 0)
        return give_up(x, w.rc);
    x->progress = COIL__HTTP_ANSWERING;
    return coil__http_exchange_blame(
        x, send_head(x, length < 0 ? COIL__HTTP2_UNKNOWN : x->left, NULL, 0));
}

int coil_http_write(struct coil_http_exchange *x, const void *data, size_t size)
{
    int rc;

    if (x->progress != COIL__HTTP_ANSWERING ||
        (x->is_sized && size > x->left) ||
        (x->encoder && !is_promised(x, size)))
        return -EINVAL;
    if (x->encoder && !x->is_flushed)
        x->promised -= size;
    if (x->encoder && !x->is_bodyless && size > 0) {
        rc = send_to_encode(x, data, size, x->is_flushed);
    } else if (x->is_bodyless || size == 0) {
        rc = coil__http_channel_drain(x->channel);
        if (rc == 0 && x->is_sized)
            x->left -= size;
    } else {
        rc = send_body(x, data, size);
    }
    return coil__http_exchange_blame(x, rc);
}

/* ---- what the server itself says -------------------------------------- */

int coil__http_respond_status(struct coil_http_exchange *x, int status)
{
    char text[80];
    int size = snprintf(text, sizeof text, "%d %s\n", status,
                        coil_http_reason(status));

    int rc = 0;

    if (status == 503)
        rc = coil_http_respond_header(x, "Retry-After", "1");
    if (rc < 0)
        return rc;
    return coil_http_respond(x, status, "text/plain; charset=utf-8", text,
                             (size_t)size);
}

int coil__http_respond_end(struct coil_http_exchange *x)
{
    int rc = 0;

    if (x->left > 0 && !x->is_bodyless)
        return COIL_EHTTP_TRUNCATED;
    if (x->encoder && !x->is_bodyless) {
        if (!x->is_flushed && x->promised > 0)
            return COIL_EHTTP_TRUNCATED;
        rc = send_encoded(x, NULL, 0, COIL__HTTP_PUSH_END);
        if (rc < 0)
            return coil__http_exchange_blame(x, rc);
    }
    if (x->is_chunked && !x->is_bodyless) {
        rc = coil__http_channel_drain(x->channel);
        if (rc == 0)
            rc = coil__http_channel_write(x->channel, "0\r\n\r\n", 5);
    }
    return coil__http_exchange_blame(x, rc);
}
