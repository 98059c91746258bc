/* SPDX-License-Identifier: MIT */
#include "http/server/multiplex.h"

#include <coil/error.h>

#include "base/memory.h"
#include "http/server/serve.h"

enum {
    REFUSED_STREAM = 0x7,     /* RFC 9113, 7 */
    STREAMS = 100,            /* of a client at a time */
    MOST_TASKS = 4 * STREAMS, /* some of which serve streams that were reset */
    WINDOW = 256 * 1024,      /* of a body, unread */
    WHOLE_WINDOW = 1024 * 1024, /* of all bodies of a connection, unread */
};

/* What the task of a request has. */
struct arrival {
    struct coil__http_multiplex *multiplex;
    struct coil_stream *stream; /* NULL: closed */
};

/* ---- one request ------------------------------------------------------ */

static int place_head(struct coil_http_exchange *x,
                      struct coil__http_channel *c)
{
    static const struct coil__http_layout layout = { .back = 16,
                                                     .back_heads = 2 };
    int rc;
    struct coil__http2_head *head =
        coil__http2_stream_await_head(c->http2, &rc);

    if (!head)
        return rc < 0 ? rc : COIL_EHTTP_TRUNCATED;
    x->head.answer = 431;
    rc = head->is_too_large ? COIL_EHTTP_HEADERS_TOO_LARGE : 0;
    if (rc == 0) {
        rc = coil__http_share_take(&c->reader.share, head->size);
        x->head.answer = 503;
    }
    if (rc == 0)
        rc = coil__http2_head_place(head, COIL__HTTP_REQUEST, &c->block,
                                    &layout, &x->head);
    coil__http2_head_free(head);
    return rc;
}

/* The end of a response, or of the stream. */
static void end_response(struct coil__http_channel *c)
{
    int rc = c->is_broken ? -ECONNRESET : coil__http_channel_flush(c);

    if (rc == 0)
        rc = coil_stream_close(c->stream);
    else
        coil_stream_abort(c->stream);
    (void)rc;
    c->stream = NULL;
}

static void serve_request(struct coil__http_channel *c)
{
    struct coil_http_exchange exchange = { 0 };
    int rc = place_head(&exchange, c);

    if (rc < 0)
        coil__http_refuse(&exchange, c, rc);
    else
        coil__http_serve(&exchange, c);
    coil__http_exchange_fini(&exchange);
    if (c->is_last)
        coil__http2_stream_go_away(c->http2);
}

static int run_request(void *arg)
{
    struct arrival *a = arg;
    struct coil_http_server *server = a->multiplex->server;
    struct coil__http_channel c = {
        .server = server,
        .stream = a->stream,
        .http2 = coil__http2_stream_of(a->stream),
    };

    a->stream = NULL;
    coil__http_reader_init(&c.reader, COIL__HTTP_REQUEST, c.stream,
                           server->max_header_size, server->max_header_lines);
    c.reader.share.budget = &server->buffered;
    serve_request(&c);
    end_response(&c);
    coil__http_reader_fini(&c.reader);
    coil__http_share_give_back(&c.reader.share);
    coil__buffer_fini(&c.out);
    coil__free(c.block.memory);
    return 0;
}

/* The task has ended.  If it has never run, the client may ask again elsewhere. */
static void leave(void *arg)
{
    struct arrival *a = arg;

    if (a->stream)
        coil__http2_reset(coil__http2_stream_of(a->stream), REFUSED_STREAM);
    coil_stream_abort(a->stream);
    a->multiplex->request_count--;
    coil__free(a);
}

/* A request has come. */
static int take_request(void *owner, struct coil__http2_stream *stream)
{
    static const struct coil_task_options options = { .name = "HTTP/2 request",
                                                      .arg_destroy = leave };
    struct coil__http_multiplex *m = owner;
    struct arrival *a;
    int rc;

    if (m->server->is_stopping)
        return -ESHUTDOWN;
    if (m->request_count >= MOST_TASKS)
        return -EBUSY;
    a = coil__alloc(sizeof *a);
    if (!a)
        return -ENOMEM;
    a->multiplex = m;
    rc = coil_stream_new(&a->stream, &stream->transport);
    if (rc < 0) {
        coil__free(a);
        return rc;
    }
    m->request_count++;
    rc = coil_task_group_create_with(m->requests, NULL, run_request, a,
                                     &options);
    if (rc < 0)
        leave(a);
    return rc;
}

/* ---- the connection --------------------------------------------------- */

static int begin(struct coil__http_multiplex *m, struct coil_stream *connection)
{
    struct coil_http_server *server = m->server;
    const struct coil__http2_options options = {
        .is_server = true,
        .has_connect = true,
        .head = { .size = server->max_header_size,
                  .fields = server->max_header_lines },
        .max_streams = STREAMS,
        .window = WINDOW,
        .whole_window = WHOLE_WINDOW,
        .budget = &server->buffered,
        .head_time = server->header_timeout,
        .request = take_request,
        .owner = m,
    };

    return coil__http2_session_new(&m->http2, connection, &options);
}

static int read_on(void *arg)
{
    struct coil__http_multiplex *m = arg;
    int rc = coil__http2_session_run(m->http2, COIL_NEVER);

    if (rc == -ECANCELED)
        return rc;
    coil__http2_session_fail(m->http2, rc < 0 ? rc : -ECONNRESET);
    return 0;
}

/*
 * End the requests, which are cancelled.  Handlers that have something to say at the
 * end, as a WebSocket has, hear the answer: another task reads meanwhile.
 */
static int end_cancelled(struct coil__http_multiplex *m)
{
    const struct coil_task_options options = { .name = "HTTP/2 reader" };
    struct coil_task *reader = NULL;
    int rc = -ENOMEM;
    int ended;

    coil__http2_session_go_away(m->http2);
    if (m->request_count > 0)
        rc = coil_task_create_with(&reader, read_on, m, &options);
    ended = coil_task_group_end(m->requests, -ECANCELED);
    while (rc == 0 && !coil_task_is_done(reader)) {
        coil_task_cancel(reader);
        (void)!coil_task_await(reader);
    }
    coil_task_release(reader);
    return ended;
}

int coil__http_multiplex(struct coil__http_multiplex *m,
                         struct coil_stream *connection, coil_time quiet)
{
    struct coil_task_group requests;
    int rc = m->http2 ? 0 : begin(m, connection);
    int ended;

    if (rc == 0)
        rc = coil_task_group_begin(&requests);
    if (rc < 0)
        return rc;
    m->requests = &requests;
    rc = coil__http2_session_run(m->http2, quiet);
    /* Handlers learn as they read and write that the connection has ended. */
    if (rc != -ECANCELED && rc != -EAGAIN)
        coil__http2_session_fail(m->http2, rc < 0 ? rc : -ECONNRESET);
    ended =
        rc == -ECANCELED ? end_cancelled(m) : coil_task_group_end(&requests, 0);
    m->requests = NULL;
    return ended < 0 ? ended : rc;
}

coil_time
coil__http_multiplex_end_of_quiet(const struct coil__http_multiplex *m,
                                  coil_time idle)
{
    coil_time since = m->http2->quiet_since;

    return idle < COIL_NEVER - since ? since + idle : COIL_NEVER;
}

void coil__http_multiplex_go_away(struct coil__http_multiplex *m)
{
    coil__http2_session_go_away(m->http2);
}

void coil__http_multiplex_end(struct coil__http_multiplex *m)
{
    if (!m->http2) /* it could not be made */
        return;
    coil__http2_session_go_away(m->http2);
    coil__http2_session_send_now(m->http2);
    coil__http2_session_free(m->http2);
    m->http2 = NULL;
}
