/* SPDX-License-Identifier: MIT */
#include "http/client/branch.h"

#include <string.h>

#include <coil/error.h>

#include "http/client/limit.h"
#include "http/client/link.h"
#include "http/client/request_head.h"
#include "http/wire/text.h"

static struct coil__http2_stream *
stream_of(const struct coil__http_connection *c)
{
    return c->stream ? coil__http2_stream_of(c->stream) : NULL;
}

/* ---- the request ------------------------------------------------------ */

/* Where the authority, the path and the lines are in the buffer. */
struct text {
    size_t authority_size;
    size_t path_size;
};

/* The user's Host, as in HTTP/1.1, or the URL's. */
static void put_authority(struct coil__http_writer *w,
                          const struct coil__http_call *call)
{
    const struct coil_http_request *request = call->request;

    if (call->has_host && !call->has_left)
        coil__http_put(w, coil_http_find_header(request->headers,
                                                request->header_count, "Host"));
    else
        coil__http_put_authority(w, &call->url);
}

static struct text put_text(struct coil__http_writer *w,
                            struct coil__http_call *call)
{
    struct text text;

    put_authority(w, call);
    text.authority_size = w->out->size;
    coil__http_put_path(w, &call->url);
    text.path_size = w->out->size - text.authority_size;
    coil__http_put_lines(w, call);
    return text;
}

static uint64_t length_of(const struct coil__http_call *call)
{
    const struct coil_http_source *source = call->request->source;

    if (call->is_extended)
        return COIL__HTTP2_UNKNOWN;
    if (!coil__http_has_body(call))
        return 0;
    if (!source)
        return call->request->body_size;
    return source->size < 0 ? COIL__HTTP2_UNKNOWN : (uint64_t)source->size;
}

static int send_text(const struct coil__http_call *call,
                     struct coil__http_connection *c, const struct text *text)
{
    char *bytes = (char *)coil__buffer_bytes(&c->out);
    size_t before = text->authority_size + text->path_size;
    const struct coil__http2_request request = {
        .method = call->is_extended ? "CONNECT" : call->method,
        .protocol = call->is_extended ? call->upgrade->protocol : NULL,
        .authority = bytes,
        .authority_size = text->authority_size,
        .path = bytes + text->authority_size,
        .path_size = text->path_size,
        .is_secure = call->url.is_secure,
    };

    return coil__http2_send_request(c->link->session, &request, bytes + before,
                                    c->out.size - before, length_of(call),
                                    &c->stream);
}

static int send_head(struct coil__http_call *call,
                     struct coil__http_connection *c)
{
    struct coil__http_writer w = coil__http_write_to(&c->out);
    struct text text = put_text(&w, call);
    int rc = w.rc;

    if (rc == 0)
        rc = send_text(call, c, &text);
    coil__buffer_fini(&c->out);
    if (rc < 0)
        return rc;
    c->reader.stream = c->stream;
    if (call->is_close)
        c->link->is_retired = true;
    return 0;
}

/* ---- waiting for the server to allow it ------------------------------- */

static bool is_blocked(const struct coil__http_connection *c)
{
    return c->link->session && c->link->session->is_writing;
}

/* Wait for news.  While the connection takes something there is no limit. */
static int await_news(const struct coil__http_call *call,
                      const struct coil__http_connection *c,
                      struct coil__http2_stream *s)
{
    bool was_blocked = is_blocked(c);
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin(&limit, call->limits.first_byte);

    if (rc < 0)
        return rc;
    coil_event_clear(&s->news);
    rc = coil_event_wait(&s->news);
    rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    if (rc == COIL_EHTTP_FIRST_BYTE_TIMEOUT && !(was_blocked && is_blocked(c)))
        return 0;
    return rc;
}

static int await_sent(struct coil__http_call *call,
                      const struct coil__http_connection *c)
{
    struct coil__http2_stream *s = stream_of(c);
    int rc = 0;

    coil__http_stop_time(call);
    while (rc == 0 && !s->is_head_sent && s->error == 0)
        rc = await_news(call, c, s);
    coil__http_resume_time(call);
    if (s->is_head_sent)
        coil__http_note_sent(call);
    return rc == 0 && !s->heads.head ? s->error : rc;
}

int coil__http_branch_send(struct coil__http_call *call,
                           struct coil__http_connection *c, size_t size)
{
    int rc = send_head(call, c);

    if (rc == 0 && size > 0)
        rc = coil_stream_write(c->stream, call->request->body, size);
    return rc < 0 ? rc : await_sent(call, c);
}

int coil__http_branch_see_offer(const struct coil__http_call *call,
                                const struct coil__http_connection *c)
{
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin(&limit, call->limits.first_byte);

    if (rc < 0)
        return rc;
    rc = coil__http_link_await_greeting(c->link);
    rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    if (rc < 0)
        return rc;
    return !coil__http2_session_offers_connect(c->link->session);
}

/* ---- the response ----------------------------------------------------- */

int coil__http_branch_read_head(const struct coil__http_connection *c,
                                struct coil__http_block *block,
                                const struct coil__http_layout *layout,
                                struct coil__http_head *head)
{
    struct coil__http2_head *raw;
    int rc;

    raw = coil__http2_stream_await_head(stream_of(c), &rc);
    if (!raw)
        return rc;
    rc = coil__http2_head_place(raw, COIL__HTTP_RESPONSE, block, layout, head);
    coil__http2_head_free(raw);
    return rc < 0 ? rc : 1;
}

bool coil__http_branch_has_begun(const struct coil__http_connection *c)
{
    const struct coil__http2_stream *s = stream_of(c);

    return s->head_count > 0 || s->incomplete;
}

void coil__http_branch_begin_body(struct coil__http_connection *c,
                                  bool has_body)
{
    bool is_read = coil__http2_stream_is_read(stream_of(c));

    c->reader.body =
        has_body && !is_read ? COIL__HTTP_UNTIL_CLOSE : COIL__HTTP_NO_BODY;
}

int coil__http_branch_take_trailers(const struct coil__http_connection *c,
                                    struct coil__http_trailers *trailers)
{
    struct coil__http2_stream *s = stream_of(c);

    if (!s->trailers)
        return 0;
    return coil__http2_head_take_trailers(s->trailers, trailers);
}

/* ---- what became of it ------------------------------------------------ */

bool coil__http_branch_is_undone(struct coil__http_call *call,
                                 struct coil__http_connection *c)
{
    const struct coil__http2_stream *s = stream_of(c);
    bool is_refused = s && coil__http2_stream_is_refused(s);
    bool is_downgraded = s && coil__http2_stream_is_downgraded(s);

    /* A second refusal is no matter of too many streams: try another trunk. */
    if (is_refused && call->was_refused)
        c->link->is_retired = true;
    if (is_downgraded) {
        c->link->is_retired = true;
        c->origin->speech = COIL__HTTP_1;
    }
    call->was_refused = is_refused && !call->was_refused;
    return !s || !s->is_head_sent || is_refused || is_downgraded;
}

bool coil__http_branch_is_lost(const struct coil__http_connection *c, int error)
{
    const struct coil__http2_session *session = c->link->session;
    const struct coil__http2_stream *s = stream_of(c);

    return s && s->error == error && (!session || session->error < 0);
}
