/* SPDX-License-Identifier: MIT */
#include "http/http2/outgoing.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

#include "http/http2/lines.h"
#include "http/http2/sending.h"

static struct coil__http2_session *
session_of(const struct coil__http2_stream *stream)
{
    return coil__http2_session_of(stream->carrier);
}

/* The body has been sent: trailers follow.  Returns 0; or an error of nghttp2. */
static int submit_trailers(nghttp2_session *session,
                           struct coil__http2_stream *s)
{
    struct coil__http2_fields fields = { .count = 0 };
    int rc = NGHTTP2_ERR_NOMEM;

    coil__http2_fields_add_lines(&fields,
                                 (char *)coil__buffer_bytes(&s->trailing),
                                 s->trailing.size, true);
    if (fields.rc == 0)
        rc = nghttp2_submit_trailer(
            session, s->id, coil__http2_fields_at(&fields), fields.count);
    coil__http2_fields_fini(&fields);
    return rc;
}

/* nghttp2 wants the next bytes of a body. */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *buffer,
                         size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *arg)
{
    bool is_end;
    struct coil__http2_stream *s = source->ptr;
    ptrdiff_t n = coil__http2_stream_send(s, buffer, size, &is_end);

    (void)id;
    (void)arg;
    if (is_end)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (is_end && s->trailing.size > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (submit_trailers(session, s) < 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return n < 0 ? NGHTTP2_ERR_DEFERRED : n;
}

static nghttp2_data_provider body_of(struct coil__http2_stream *stream)
{
    return (nghttp2_data_provider){ .source.ptr = stream,
                                    .read_callback = read_body };
}

/* The body that follows, of `length` bytes. */
static void expect_body(struct coil__http2_stream *stream, uint64_t length)
{
    stream->left = length;
    stream->has_body = length > 0;
    stream->is_end_given = length == 0;
}

static void add(struct coil__http2_fields *f, const char *name,
                const char *value)
{
    coil__http2_fields_add(f, name, strlen(name), value, strlen(value));
}

/* ---- requests --------------------------------------------------------- */

static void add_request(struct coil__http2_fields *f,
                        const struct coil__http2_request *r)
{
    add(f, ":method", r->method);
    add(f, ":scheme", r->is_secure ? "https" : "http");
    coil__http2_fields_add(f, ":authority", 10, r->authority,
                           r->authority_size);
    coil__http2_fields_add(f, ":path", 5, r->path, r->path_size);
    if (r->protocol)
        add(f, ":protocol", r->protocol);
}

/* Returns 0, or an error: nghttp2 does not know the stream. */
static int submit_request(struct coil__http2_stream *s,
                          struct coil__http2_fields *f)
{
    nghttp2_data_provider body = body_of(s);
    int32_t id;

    if (f->rc < 0)
        return f->rc;
    id = nghttp2_submit_request(session_of(s)->nghttp2, NULL,
                                coil__http2_fields_at(f), f->count,
                                s->has_body ? &body : NULL, s);
    if (id < 0)
        return -ENOMEM;
    s->id = id;
    s->is_on_wire = true;
    return 0;
}

bool coil__http2_session_is_open(const struct coil__http2_session *s)
{
    return s->error == 0 && nghttp2_session_check_request_allowed(s->nghttp2);
}

bool coil__http2_session_offers_connect(const struct coil__http2_session *s)
{
    return nghttp2_session_get_remote_settings(
               s->nghttp2, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

int coil__http2_send_request(struct coil__http2_session *session,
                             const struct coil__http2_request *request,
                             char *lines, size_t size, uint64_t length,
                             struct coil_stream **out)
{
    struct coil__http2_fields fields = { .count = 0 };
    struct coil__http2_stream *s;
    int rc;

    *out = NULL;
    if (!coil__http2_session_is_open(session))
        return -ESHUTDOWN;
    rc = coil__http2_stream_new(&s, &session->carrier);
    if (rc < 0)
        return rc;
    s->is_connect = request->protocol != NULL;
    expect_body(s, length);
    add_request(&fields, request);
    coil__http2_fields_add_lines(&fields, lines, size, false);
    rc = coil_stream_new(out, &s->transport);
    if (rc < 0) {
        coil__http2_stream_free(s);
    } else {
        rc = submit_request(s, &fields);
        if (rc < 0) {
            coil_stream_abort(*out);
            *out = NULL;
        }
    }
    coil__http2_fields_fini(&fields);
    if (rc == 0)
        coil__http2_session_send_soon(session);
    return rc;
}

/* ---- responses -------------------------------------------------------- */

static int submit_response(struct coil__http2_stream *s, int status,
                           struct coil__http2_fields *f)
{
    nghttp2_session *session = session_of(s)->nghttp2;
    nghttp2_data_provider body = body_of(s);
    nghttp2_nv *fields = coil__http2_fields_at(f);
    int rc;

    if (f->rc < 0)
        return f->rc;
    if (status < 200)
        rc = nghttp2_submit_headers(session, NGHTTP2_FLAG_NONE, s->id, NULL,
                                    fields, f->count, NULL);
    else
        rc = nghttp2_submit_response(session, s->id, fields, f->count,
                                     s->has_body ? &body : NULL);
    return rc < 0 ? -ENOMEM : 0;
}

int coil__http2_send_response(struct coil__http2_stream *s, int status,
                              char *lines, size_t size, uint64_t length)
{
    struct coil__http2_fields fields = { .count = 0 };
    char text[16];
    int rc;

    if (!s->is_on_wire)
        return s->error < 0 ? s->error : -EPIPE;
    if (status >= 200)
        expect_body(s, length);
    snprintf(text, sizeof text, "%d", status);
    add(&fields, ":status", text);
    coil__http2_fields_add_lines(&fields, lines, size, true);
    rc = submit_response(s, status, &fields);
    coil__http2_fields_fini(&fields);
    if (rc == 0)
        coil__http2_session_send_soon(session_of(s));
    return rc;
}

/* ---- the rest --------------------------------------------------------- */

void coil__http2_reset(struct coil__http2_stream *s, uint32_t code)
{
    if (!s->is_on_wire)
        return;
    nghttp2_submit_rst_stream(session_of(s)->nghttp2, NGHTTP2_FLAG_NONE, s->id,
                              code);
    coil__http2_session_send_soon(session_of(s));
}

static void consume(struct coil__http2_carrier *carrier, int32_t id,
                    size_t size)
{
    struct coil__http2_session *session = coil__http2_session_of(carrier);

    if (session->error < 0)
        return;
    nghttp2_session_consume(session->nghttp2, id, size);
    if (session->memory.has_lacked ||
        nghttp2_session_want_write(session->nghttp2))
        coil__http2_session_send_soon(session);
}

static void resume(struct coil__http2_stream *s)
{
    struct coil__http2_session *session = session_of(s);

    if (s->is_deferred)
        nghttp2_session_resume_data(session->nghttp2, s->id);
    s->is_deferred = false;
    coil__http2_session_send_soon(session);
}

static void leave(struct coil__http2_carrier *carrier)
{
    coil__http2_session_quiet(coil__http2_session_of(carrier));
}

const struct coil__http2_carrier_ops coil__http2_outgoing = {
    .consume = consume,
    .resume = resume,
    .reset = coil__http2_reset,
    .leave = leave,
};
