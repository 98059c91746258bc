/* SPDX-License-Identifier: MIT */
#include "http/server/session.h"

#include <string.h>

#include "base/memory.h"
#include "http/server/http_respond.h"
#include "http/server/route.h"

enum {
    KEPT_BLOCK = 8 * 1024, /* memory that an idle session may keep */
    KEPT_OUT = 4 * COIL__HTTP_SMALL,
    LINGER = 256 * 1024, /* bytes that are read before a connection closes */
};

#define LINGER_TIME (2 * COIL_SECOND)

/* ---- the end of a session --------------------------------------------- */

static void free_session(void *arg)
{
    struct coil__http_session *s = arg;
    struct coil_http_server *server = s->channel.server;

    coil_stream_abort(s->channel.stream);
    coil__http_exchange_fini(&s->exchange);
    coil__http_reader_fini(&s->channel.reader);
    coil__http_share_give_back(&s->channel.reader.share);
    coil__buffer_fini(&s->channel.out);
    coil__free(s->channel.block.memory);

    coil__hook_remove(&s->in_server);
    server->session_count--;
    coil_semaphore_release(&server->slots);
    coil__free(s);
}

/* Read and drop what the client sends, until it has closed or sent enough. */
static int read_away(struct coil_stream *stream)
{
    size_t size = 0;
    ptrdiff_t n;

    do {
        const void *data;

        n = coil_stream_peek(stream, &data);
        if (n > 0) {
            coil_stream_consume(stream, (size_t)n);
            size += (size_t)n;
        }
    } while (n > 0 && size < LINGER);
    return n < 0 ? (int)n : 0;
}

/* Send what is unsent, and read away what the client still sends. */
static int linger(struct coil__http_session *s)
{
    coil_time most = s->channel.server->transfer_timeout;
    struct coil_timeout limit;
    int rc = coil__http_channel_flush(&s->channel);

    if (rc < 0 || !s->channel.is_dirty)
        return rc;
    rc = coil_timeout_begin(&limit, most < LINGER_TIME ? most : LINGER_TIME);
    if (rc < 0)
        return rc;
    rc = coil_stream_shutdown(s->channel.stream);
    if (rc == 0)
        rc = read_away(s->channel.stream);
    return coil_timeout_end(&limit, rc);
}

/*
 * Send what is unsent and close.  If the connection were closed while the
 * client is still sending, the kernel would reset the connection, and the
 * client would lose the answer that it has not read yet.
 */
static void close_session(struct coil__http_session *s)
{
    int rc = linger(s);

    if (rc == 0 && !s->channel.is_dirty) {
        rc = coil_stream_close(s->channel.stream);
        s->channel.stream = NULL;
    }
    /* free_session() closes the connection, whatever `rc` is. */
    (void)rc;
}

/* ---- one request ------------------------------------------------------ */

/* Between requests: give back memory that one large request has needed. */
static void trim(struct coil__http_session *s)
{
    coil__http_exchange_fini(&s->exchange);
    coil__http_share_give_back(&s->channel.reader.share);
    if (s->channel.block.size > KEPT_BLOCK) {
        coil__free(s->channel.block.memory);
        s->channel.block = (struct coil__http_block){ 0 };
    }
    if (s->channel.out.capacity > KEPT_OUT)
        coil__buffer_fini(&s->channel.out);
}

void coil__http_session_send_home(struct coil__http_session *s)
{
    if (!s->is_waiting || coil__http_has_begun(&s->channel.reader))
        return;
    s->is_sent_home = true;
    coil_task_cancel(s->task);
}

/* Read the next head.  Returns 1, 0 at the end, or an error. */
static int await_request(struct coil__http_session *s, bool is_first)
{
    static const struct coil__http_layout layout = { .back = 16,
                                                     .back_heads = 2 };
    struct coil_http_server *server = s->channel.server;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, is_first ? server->header_timeout
                                                 : server->idle_timeout);

    if (rc < 0)
        return rc;
    s->is_waiting = true;
    rc =
        coil__http_read_head(&s->channel.reader, &s->channel.block, &layout,
                             &s->exchange.head, &limit, server->header_timeout);
    s->is_waiting = false;
    rc = coil_timeout_end(&limit, rc);

    /* A request that has come before the cancellation is served. */
    if (s->is_sent_home) {
        s->is_sent_home = false;
        coil_task_uncancel(s->task);
        if (rc == -ECANCELED && coil_task_cancelling(s->task) == 0)
            rc = 0;
    }
    return rc;
}

/* Answer a request that could not be read, if any of it has come. */
static void refuse(struct coil__http_session *s, int error)
{
    struct coil_http_exchange *x = &s->exchange;
    int status = 0;
    int rc;

    if (error == COIL_EHTTP_MALFORMED ||
        error == COIL_EHTTP_HEADERS_TOO_LARGE ||
        (error == -ENOBUFS && x->head.answer == 503))
        status = x->head.answer;
    else if (error == -ETIMEDOUT && coil__http_has_begun(&s->channel.reader))
        status = 408;
    else if (error != COIL_EHTTP_TRUNCATED)
        s->is_broken = true;
    if (status == 0)
        return;

    *x = (struct coil_http_exchange){ .channel = &s->channel, .head.minor = 1 };
    s->channel.is_dirty = true;
    coil__http_channel_begin(&s->channel);
    rc = coil__http_respond_status(x, status);
    if (rc < 0)
        s->is_broken = true;
}

static void report(int error, const char *message)
{
    coil_loop_call_exception_handler(
        NULL, &(struct coil_exception){ .message = message,
                                        .error = error,
                                        .task = coil_current_task() });
}

/* The status of the response when a handler returned an error. */
static int status_of(const struct coil_http_exchange *x, int error)
{
    if (error != x->client_error)
        return 500;
    switch (error) {
    case COIL_EHTTP_BODY_TOO_LARGE:
        return 413;
    case -ETIMEDOUT:
        return 408;
    case -ENOBUFS:
        return 503;
    default:
        return 400;
    }
}

/* End the response after the handler has returned `rc`. */
static int complete(struct coil_http_exchange *x, int rc)
{
    int error = rc;

    if (error == 0 && x->progress == COIL__HTTP_UNANSWERED) {
        error = -EINVAL;
        report(error, "an HTTP handler returned without a response");
    } else if (error < 0 && error != x->client_error) {
        report(error, "an HTTP handler failed");
    }
    if (x->progress == COIL__HTTP_UNANSWERED) {
        coil__buffer_fini(&x->headers);
        x->has_date = false;
        x->channel->is_closing = true;
        x->channel->is_dirty = !coil__http_is_read(&x->channel->reader);
        return coil__http_respond_status(x, status_of(x, error));
    }
    if (error < 0)
        return error;
    rc = coil__http_respond_end(x);
    if (rc == COIL_EHTTP_TRUNCATED)
        report(rc, "an HTTP handler wrote less than it had announced");
    return rc;
}

/* Answer 404, or 405 with the methods that have a route. */
static int answer_without_route(struct coil_http_exchange *x,
                                struct coil_buffer *allowed)
{
    int rc;

    if (allowed->size == 0)
        return coil__http_respond_status(x, 404);
    rc = coil__buffer_append(allowed, "", 1);
    if (rc == 0)
        rc = coil_http_respond_header(
            x, "Allow", (const char *)coil__buffer_bytes(allowed));
    if (rc == 0)
        rc = coil__http_respond_status(x, 405);
    return rc;
}

static int handle(struct coil__http_session *s)
{
    struct coil_http_exchange *x = &s->exchange;
    struct coil_buffer allowed = { 0 };
    const struct coil__http_route *route;
    int status = coil__http_exchange_begin(x, &s->channel);
    int rc;

    if (status != 0) {
        s->channel.is_dirty = true;
        return coil__http_respond_status(x, status);
    }
    route = coil__http_find_route(s->channel.server->routes, x, &allowed);
    if (route)
        rc = route->handler(x, route->arg);
    else
        rc = answer_without_route(x, &allowed);
    coil__buffer_fini(&allowed);

    if (rc == -ECANCELED && coil_task_cancelling(s->task) > 0)
        return rc;
    if (x->progress == COIL__HTTP_HIJACKED) {
        if (rc < 0)
            report(rc, "an HTTP handler failed");
        return 0;
    }
    return complete(x, rc < 0 ? rc : 0);
}

/*
 * Wait until the response is sent, as long as transfer_timeout allows.  A
 * session that waited for the next request instead would not notice that the
 * response cannot be sent, and the client would wait for the rest of it.
 */
static int await_sent(struct coil__http_session *s)
{
    if (coil_stream_unsent(s->channel.stream) == 0)
        return 0;
    return coil__http_channel_flush(&s->channel);
}

/* Serve one request.  Returns whether the connection can serve another. */
static bool serve_one(struct coil__http_session *s, bool is_first)
{
    int rc;

    trim(s);
    rc = await_request(s, is_first);
    if (rc < 0)
        refuse(s, rc);
    if (rc <= 0)
        return false;

    if (handle(s) < 0) {
        s->is_broken = true;
        return false;
    }
    if (!s->channel.is_closing && coil__http_exchange_discard(&s->exchange) < 0)
        s->channel.is_closing = s->channel.is_dirty = true;
    if (!coil__http_is_read(&s->channel.reader))
        s->channel.is_dirty = true;
    if (!s->channel.is_closing && await_sent(s) < 0) {
        s->is_broken = true;
        return false;
    }
    return !s->channel.is_closing && !s->channel.server->is_stopping;
}

/* ---- the task --------------------------------------------------------- */

static int run_session(void *arg)
{
    struct coil__http_session *s = arg;
    bool is_first = true;

    while (serve_one(s, is_first))
        is_first = false;
    trim(s);
    if (!s->is_broken)
        close_session(s);
    return 0;
}

static void enlist(struct coil_http_server *server,
                   struct coil__http_session *s)
{
    coil__hook_push(&server->sessions, &s->in_server);
    server->session_count++;
}

int coil__http_session_start(struct coil_http_server *server,
                             struct coil_task_group *group,
                             struct coil_stream *stream)
{
    static const struct coil_task_options options = { .name = "http session",
                                                      .arg_destroy =
                                                          free_session };
    struct coil__http_session *s = coil__alloc(sizeof *s);
    int rc;

    if (!s) {
        coil_semaphore_release(&server->slots);
        coil_stream_abort(stream);
        return -ENOMEM;
    }
    s->channel.server = server;
    s->channel.stream = stream;
    coil__http_reader_init(&s->channel.reader, COIL__HTTP_REQUEST, stream,
                           server->max_header_size, server->max_header_lines);
    s->channel.reader.share.budget = &server->buffered;
    rc = coil_task_group_create_with(group, &s->task, run_session, s, &options);
    enlist(server, s);
    if (rc < 0) {
        free_session(s);
        return rc;
    }
    /* Only borrowed from here on, since the session ends with its task. */
    coil_task_release(s->task);
    return 0;
}
