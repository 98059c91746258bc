/* SPDX-License-Identifier: MIT */
#include "http/http2/events.h"

#include <string.h>

#include <coil/error.h>

#include "http/http2/outgoing.h"

static struct coil__http2_stream *find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

/* The other side is told an error of the connection, and gets nothing more. */
static int end_connection(nghttp2_session *session, uint32_t code)
{
    nghttp2_session_terminate_session(session, code);
    return 0;
}

static int calm_down(nghttp2_session *session)
{
    return end_connection(session, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* ---- frames ----------------------------------------------------------- */

static int begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd,
                       void *arg)
{
    struct coil__http2_session *s = arg;

    (void)session;
    if (hd->type != NGHTTP2_HEADERS && hd->type != NGHTTP2_CONTINUATION)
        s->head_since = COIL_NEVER;
    return 0;
}

/* ---- heads ------------------------------------------------------------ */

/* A request makes a stream.  Until its head has come nobody has the stream. */
static struct coil__http2_stream *begin_stream(struct coil__http2_session *s,
                                               int32_t id)
{
    struct coil__http2_stream *stream;

    if (coil__http2_stream_new(&stream, &s->carrier) < 0)
        return NULL;
    stream->id = id;
    stream->is_on_wire = true;
    stream->is_closed = stream->is_released = true;
    nghttp2_session_set_stream_user_data(s->nghttp2, id, stream);
    return stream;
}

/* A head begins: HEADERS, since nghttp2 refuses promises. */
static int begin_head(nghttp2_session *session, const nghttp2_frame *frame,
                      void *arg)
{
    struct coil__http2_stream *stream = find(session, frame->hd.stream_id);
    struct coil__http2_session *s = arg;

    s->head_since = coil_now();
    s->head_id = frame->hd.stream_id;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        stream = begin_stream(s, frame->hd.stream_id);
    if (stream)
        stream->incomplete = coil__http2_head_new();
    return stream && stream->incomplete ? 0
                                        : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int add_field(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags,
                     void *arg)
{
    struct coil__http2_session *s = arg;
    struct coil__http2_stream *stream = find(session, frame->hd.stream_id);
    struct coil__http2_head *head;
    int rc;

    (void)flags;
    if (!stream)
        return 0;
    head = stream->incomplete;
    rc = coil__http2_head_add(head, &s->options.head, name, name_size, value,
                              value_size);
    /* A few bytes can stand for many that were sent before. */
    if (head->size > COIL__HTTP2_HEAD_FACTOR * s->options.head.size) {
        calm_down(session);
        rc = COIL_EHTTP_HEADERS_TOO_LARGE;
    }
    /* A server answers that a head is too large; a client gives up. */
    if (rc == 0 && head->is_too_large && !s->options.is_server)
        rc = COIL_EHTTP_HEADERS_TOO_LARGE;
    if (rc == 0)
        return 0;
    stream->error = rc;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* A field that must not be is no matter of taste (RFC 9113, 8.2.1). */
static int refuse_field(nghttp2_session *session, const nghttp2_frame *frame,
                        const uint8_t *name, size_t name_size,
                        const uint8_t *value, size_t value_size, uint8_t flags,
                        void *arg)
{
    struct coil__http2_stream *stream = find(session, frame->hd.stream_id);

    (void)name;
    (void)name_size;
    (void)value;
    (void)value_size;
    (void)flags;
    (void)arg;
    if (stream)
        stream->error = COIL_EHTTP_MALFORMED;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Whether a head says what the first line of HTTP/1.1 says. */
static bool has_start(const struct coil__http2_head *head)
{
    return head->text.size > 0 && *coil__buffer_bytes(&head->text) == ':';
}

/* Whether it is the answer 2xx to a CONNECT.  The status comes first. */
static bool opens_tunnel(const struct coil__http2_stream *stream,
                         const struct coil__http2_head *head)
{
    static const char begin[] = ":status\0002";
    size_t size = sizeof begin - 1;

    return stream->is_connect && head->text.size > size &&
           memcmp(coil__buffer_bytes(&head->text), begin, size) == 0;
}

/* Give the request to who answers it. */
static void hand_over(struct coil__http2_session *s,
                      struct coil__http2_stream *stream)
{
    stream->is_closed = stream->is_released = false;
    if (s->options.request(s->options.owner, stream) == 0)
        return;
    coil__http2_reset(stream, NGHTTP2_REFUSED_STREAM);
    if (!stream->is_closed) /* nobody has taken the stream */
        stream->is_closed = stream->is_released = true;
}

static void end_head(struct coil__http2_session *s,
                     struct coil__http2_stream *stream,
                     const nghttp2_frame *frame)
{
    struct coil__http2_head *head = stream->incomplete;

    stream->incomplete = NULL;
    if (stream->is_tunnel) { /* RFC 9113, 8.5 */
        coil__http2_head_free(head);
        coil__http2_reset(stream, NGHTTP2_PROTOCOL_ERROR);
        return;
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        stream->is_at_end = true;
    if (!has_start(head) && !head->is_too_large) {
        coil__http2_head_free(stream->trailers);
        stream->trailers = head;
    } else {
        coil__list_append(&stream->heads, &head->link);
        stream->head_count++;
        stream->is_tunnel = opens_tunnel(stream, head);
    }
    coil__http2_stream_tell(stream);
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        hand_over(s, stream);
}

/* ---- other frames ----------------------------------------------------- */

/* A priority of stream 0 (RFC 9218, 7.1). */
static bool is_about_nothing(const nghttp2_frame *frame)
{
    const nghttp2_ext_priority_update *update = frame->ext.payload;

    return update->stream_id == 0;
}

static int end_frame(nghttp2_session *session, const nghttp2_frame *frame,
                     void *arg)
{
    struct coil__http2_session *s = arg;
    struct coil__http2_stream *stream =
        frame->hd.stream_id > 0 ? find(session, frame->hd.stream_id) : NULL;

    if (frame->hd.type == NGHTTP2_HEADERS)
        s->head_since = COIL_NEVER;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        s->is_greeted = true;
    if (frame->hd.type == NGHTTP2_PRIORITY_UPDATE && is_about_nothing(frame))
        return end_connection(session, NGHTTP2_PROTOCOL_ERROR);
    if (!stream)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
        end_head(s, stream, frame);
    } else if (frame->hd.type == NGHTTP2_DATA &&
               frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        stream->is_at_end = true;
        coil__http2_stream_tell(stream);
    } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
        stream->was_reset = true;
    }
    return 0;
}

static int take_data(nghttp2_session *session, uint8_t flags, int32_t id,
                     const uint8_t *data, size_t size, void *arg)
{
    struct coil__http2_session *s = arg;
    struct coil__http2_stream *stream = find(session, id);

    (void)flags;
    if (stream)
        coil__http2_stream_receive(stream, data, size);
    else
        coil__http2_outgoing.consume(&s->carrier, id, size);
    return 0;
}

static int note_sent(nghttp2_session *session, const nghttp2_frame *frame,
                     void *arg)
{
    struct coil__http2_session *s = arg;
    bool is_body = frame->hd.type == NGHTTP2_DATA;
    struct coil__http2_stream *stream;

    if (frame->hd.type == NGHTTP2_GOAWAY)
        s->is_at_fault = frame->goaway.error_code != NGHTTP2_NO_ERROR;
    if (!is_body && frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    coil__http2_flood_answer(&s->entrance.flood,
                             is_body ? frame->hd.length : 0);
    stream = find(session, frame->hd.stream_id);
    if (!stream)
        return 0;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
        stream->is_end_sent = true;
        /* What else the client sends is not wanted (RFC 9113, 8.1). */
        if (s->options.is_server && stream->is_closed && !stream->is_at_end)
            coil__http2_reset(stream, NGHTTP2_NO_ERROR);
    }
    if (!stream->is_head_sent) {
        stream->is_head_sent = true;
        coil__http2_stream_tell(stream);
    }
    return 0;
}

/* ---- the end of streams ----------------------------------------------- */

static int error_of(const struct coil__http2_stream *stream, uint32_t code)
{
    if (stream->is_at_end && (stream->is_end_sent || code == NGHTTP2_NO_ERROR))
        return 0;
    if (!stream->was_reset && code == NGHTTP2_PROTOCOL_ERROR)
        return COIL_EHTTP_MALFORMED;
    return -ECONNRESET;
}

/*
 * Whether a request is in vain because of a fault for which this side has to reset
 * the stream (CVE-2025-8671).  Frames RST_STREAM of the client are counted already.
 */
static bool is_at_fault(const struct coil__http2_session *s,
                        const struct coil__http2_stream *stream)
{
    bool is_ended_here = stream->is_closed && stream->head_count > 0;

    return s->options.is_server && !stream->was_reset && !stream->is_end_sent &&
           !is_ended_here;
}

static int end_stream(nghttp2_session *session, int32_t id, uint32_t code,
                      void *arg)
{
    struct coil__http2_session *s = arg;
    struct coil__http2_stream *stream = find(session, id);

    if (id == s->head_id)
        s->head_since = COIL_NEVER;
    if (!stream)
        return 0;
    if (stream->is_at_end && s->options.is_server)
        coil__http2_past_end(&s->entrance.past, id);
    if (is_at_fault(s, stream) && coil__http2_flood_reset(&s->entrance.flood))
        calm_down(session);
    stream->code = stream->is_unsent ? NGHTTP2_REFUSED_STREAM : code;
    coil__http2_stream_over(stream, error_of(stream, code));
    return 0;
}

/*
 * A request has not gone out: the other side wants no more of them.  nghttp2 closes
 * the stream next.
 */
static int note_not_sent(nghttp2_session *session, const nghttp2_frame *frame,
                         int error, void *arg)
{
    struct coil__http2_stream *stream = find(session, frame->hd.stream_id);

    (void)error;
    (void)arg;
    if (stream && frame->hd.type == NGHTTP2_HEADERS && !stream->is_head_sent)
        stream->is_unsent = true;
    return 0;
}

int coil__http2_events_new(nghttp2_session_callbacks **out)
{
    nghttp2_session_callbacks *c;

    if (nghttp2_session_callbacks_new(&c) != 0)
        return -ENOMEM;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, begin_head);
    nghttp2_session_callbacks_set_on_header_callback(c, add_field);
    nghttp2_session_callbacks_set_on_invalid_header_callback(c, refuse_field);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, end_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, take_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, note_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(c, note_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, end_stream);
    *out = c;
    return 0;
}
