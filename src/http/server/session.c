/* SPDX-License-Identifier: MIT */
#include "http/server/session.h"

#include <coil/exception.h>
#include <coil/loop.h>

#include "base/memory.h"
#include "http/server/http_respond.h"
#include "http/server/preface.h"
#include "http/server/serve.h"
#include "http/wire/secure.h"

enum {
    KEPT_BLOCK = 8 * 1024, /* memory that a busy session may keep */
    KEPT_OUT = 4 * COIL__HTTP_SMALL,
    MANY = 256,
};

/* How long a session waits for a request before it gives up its task. */
#define PARK_AFTER COIL_SECOND

/* When memory that many sessions have freed is given back to the system. */
#define TIDY_AFTER (2 * COIL_SECOND)

enum outcome {
    SERVED,
    ENDED,
    IDLE,
    OTHER, /* what the client speaks is HTTP/2 */
};

/* ---- memory ----------------------------------------------------------- */

static void tidy(void *arg)
{
    struct coil_http_server *server = arg;

    server->freed = 0;
    coil__memory_trim();
}

/*
 * Small pieces that stay in use keep malloc() from giving back what many
 * sessions have freed between them.
 */
static void note_freed(struct coil_http_server *server)
{
    server->freed++;
    if (server->freed == MANY)
        coil_loop_call_later(coil_loop_current(), &server->tidying, TIDY_AFTER,
                             tidy, server);
}

static void free_memory(struct coil__http_session *s)
{
    note_freed(s->channel.server);
    coil__http_reader_fini(&s->channel.reader);
    coil__http_share_give_back(&s->channel.reader.share);
    coil__buffer_fini(&s->channel.out);
    coil__free(s->channel.block.memory);
    s->channel.block = (struct coil__http_block){ 0 };
}

/* Between requests: give back memory that one large request has needed. */
static void trim(struct coil__http_session *s)
{
    coil__http_exchange_fini(s->exchange);
    coil__http_share_give_back(&s->channel.reader.share);
    if (s->channel.block.size > KEPT_BLOCK) {
        coil__free(s->channel.block.memory);
        s->channel.block = (struct coil__http_block){ 0 };
    }
    if (s->channel.out.capacity > KEPT_OUT)
        coil__buffer_fini(&s->channel.out);
}

static void free_session(struct coil__http_session *s)
{
    struct coil_http_server *server = s->channel.server;

    coil_stream_unwatch(&s->input);
    coil_handle_cancel(&s->alarm);
    if (s->multiplex.http2)
        coil__http_multiplex_end(&s->multiplex);
    coil_stream_abort(s->channel.stream);
    free_memory(s);
    coil__hook_remove(&s->in_server);
    server->session_count--;
    coil_semaphore_release(&server->slots);
    coil__free(s);
}

/* ---- requests --------------------------------------------------------- */

/* When the next request must have begun, and how long the task waits for it. */
static void await_next(struct coil__http_session *s, coil_time duration)
{
    coil_time now = coil_now();

    s->awake_until = now + PARK_AFTER;
    s->deadline = duration < COIL_NEVER - now ? now + duration : COIL_NEVER;
}

/* Whether a client without TLS begins with HTTP/2.  Returns 1, 0 or an error. */
static int look_for_http2(struct coil__http_session *s)
{
    const struct coil_http_server *server = s->channel.server;

    if (s->has_begun || server->tls || !server->has_http2)
        return 0;
    return coil__http_has_preface(s->channel.stream);
}

/*
 * A request that has come before the cancellation is served.  Returns whether the
 * session was sent home.
 */
static bool stay(struct coil__http_session *s)
{
    bool was_sent_home = s->is_sent_home;

    s->is_sent_home = false;
    if (was_sent_home)
        coil_task_uncancel(s->task);
    return was_sent_home;
}

/*
 * Read the next head.  Returns 1; 0 at the end; -EAGAIN: nothing has come for a
 * while; or an error.  Sets s->is_http2 and returns 1 if that is what comes.
 */
static int read_request(struct coil__http_session *s)
{
    static const struct coil__http_layout layout = { .back = 16,
                                                     .back_heads = 2 };
    struct coil_http_server *server = s->channel.server;
    struct coil_timeout limit;
    int rc = coil_timeout_begin_at(
        &limit, s->deadline < s->awake_until ? s->deadline : s->awake_until);

    if (rc < 0)
        return rc;
    s->is_waiting = true;
    rc = look_for_http2(s);
    s->is_http2 = rc > 0;
    if (rc >= 0)
        stay(s);
    if (rc == 0)
        rc = coil__http_read_head(&s->channel.reader, &s->channel.block,
                                  &layout, &s->exchange->head, &limit,
                                  server->header_timeout);
    s->is_waiting = false;
    rc = coil_timeout_end(&limit, rc);
    if (rc == -ETIMEDOUT && coil_timeout_expired(&limit) &&
        !coil__http_has_begun(&s->channel.reader) && coil_now() < s->deadline)
        rc = -EAGAIN;

    if (stay(s) && rc == -ECANCELED && coil_task_cancelling(s->task) == 0)
        rc = 0;
    return rc;
}

static enum outcome serve_one(struct coil__http_session *s)
{
    int rc;

    trim(s);
    rc = read_request(s);
    if (rc == -EAGAIN)
        return IDLE;
    if (rc < 0)
        coil__http_refuse(s->exchange, &s->channel, rc);
    if (rc <= 0)
        return ENDED;
    s->has_begun = true;
    if (s->is_http2)
        return OTHER;
    if (!coil__http_serve(s->exchange, &s->channel))
        return ENDED;
    await_next(s, s->channel.server->idle_timeout);
    return SERVED;
}

/* ---- without a task --------------------------------------------------- */

static int begin_task(struct coil__http_session *s);

static void report_unserved(struct coil__http_session *s, int error)
{
    coil_loop_call_exception_handler(
        NULL, &(struct coil_exception){ .message =
                                            "an HTTP connection was not served",
                                        .error = error,
                                        .object = s->channel.server });
}

/* The client sends, or has closed. */
static void wake_up(void *arg)
{
    struct coil__http_session *s = arg;
    int rc;

    coil_handle_cancel(&s->alarm);
    s->is_parked = false;
    s->awake_until = coil_after(PARK_AFTER);
    rc = begin_task(s);
    if (rc < 0) {
        report_unserved(s, rc);
        free_session(s);
    }
}

/* Nothing was asked for too long.  A client of HTTP/2 is told so. */
static void end_idle(void *arg)
{
    struct coil__http_session *s = arg;

    if (!s->multiplex.http2) {
        free_session(s);
        return;
    }
    coil_stream_unwatch(&s->input);
    wake_up(s);
}

/*
 * Let the task end: an idle connection has none.  Returns false if the
 * transport cannot watch; then the session goes on waiting as long again.
 */
static bool park(struct coil__http_session *s)
{
    s->awake_until = coil_after(PARK_AFTER);
    if (s->channel.server->is_stopping ||
        coil_stream_watch(s->channel.stream, &s->input, wake_up, s) < 0)
        return false;
    coil_loop_call_at(coil_loop_current(), &s->alarm, s->deadline, end_idle, s);
    free_memory(s);
    s->is_parked = true;
    return true;
}

/* ---- the task --------------------------------------------------------- */

/* The handshake of TLS comes before the first request. */
static int secure(struct coil__http_session *s)
{
    struct coil_http_server *server = s->channel.server;
    int rc;

    s->is_waiting = true;
    rc = coil__http_secure_server(s->channel.stream, server->tls,
                                  server->header_timeout, server->has_http2);
    s->is_waiting = false;
    if (rc == 0) {
        s->is_http2 = coil__http_secure_is_http2(s->channel.stream);
        await_next(s, server->header_timeout);
        return 0;
    }
    /* The client is told why. */
    rc = coil_stream_close(s->channel.stream);
    s->channel.stream = NULL;
    return rc < 0 ? rc : -ECONNABORTED;
}

/* What the program has to do with a new connection, before TLS begins. */
static int prepare(struct coil__http_session *s)
{
    struct coil_http_server *server = s->channel.server;
    struct coil_timeout limit;
    int rc;

    if (!server->prepare || s->is_prepared)
        return 0;
    s->is_waiting = true;
    rc = coil_timeout_begin_at(&limit, s->deadline);
    if (rc == 0)
        rc = coil_timeout_end(
            &limit, server->prepare(s->channel.stream, server->prepare_arg));
    s->is_waiting = false;
    if (rc < 0)
        return rc;
    s->is_prepared = true;
    await_next(s, server->header_timeout);
    return 0;
}

/* HTTP/1: one request after the other. */
static enum outcome serve_in_turn(struct coil__http_session *s)
{
    enum outcome outcome;

    do
        outcome = serve_one(s);
    while (outcome == SERVED || (outcome == IDLE && !park(s)));
    return outcome;
}

/* HTTP/2: what is asked at the same time. */
static enum outcome serve_at_once(struct coil__http_session *s)
{
    coil_time idle = s->channel.server->idle_timeout;
    coil_time quiet = idle < PARK_AFTER ? idle : PARK_AFTER;
    bool is_leaving = s->multiplex.http2 && coil_now() >= s->deadline;
    int rc;

    if (is_leaving)
        coil__http_multiplex_go_away(&s->multiplex);
    rc = coil__http_multiplex(&s->multiplex, s->channel.stream, quiet);
    while (rc == -EAGAIN && !is_leaving) {
        s->deadline = coil__http_multiplex_end_of_quiet(&s->multiplex, idle);
        is_leaving = quiet == idle || coil_now() >= s->deadline;
        if (is_leaving)
            coil__http_multiplex_go_away(&s->multiplex);
        else if (park(s))
            return IDLE;
        else
            quiet = idle;
        rc = coil__http_multiplex(&s->multiplex, s->channel.stream, quiet);
    }
    s->channel.is_broken = rc == -ECONNRESET || rc == -EPIPE || rc == -ENOMEM;
    coil__http_channel_begin(&s->channel);
    coil__http_multiplex_end(&s->multiplex);
    return ENDED;
}

static void run(struct coil__http_session *s)
{
    enum outcome outcome;

    if (prepare(s) < 0)
        return;
    if (s->must_secure) {
        s->must_secure = false;
        if (secure(s) < 0)
            return;
    }
    outcome = s->is_http2 ? OTHER : serve_in_turn(s);
    if (outcome == OTHER)
        outcome = serve_at_once(s);
    if (outcome == IDLE)
        return;
    trim(s);
    coil__http_channel_close(&s->channel);
}

/* The exchange is on the stack, since a parked session has none. */
static int run_session(void *arg)
{
    struct coil__http_session *s = arg;
    struct coil_http_exchange exchange = { 0 };

    s->exchange = &exchange;
    run(s);
    coil__http_exchange_fini(&exchange);
    s->exchange = NULL;
    return 0;
}

static void leave_session(void *arg)
{
    struct coil__http_session *s = arg;

    s->task = NULL;
    if (!s->is_parked)
        free_session(s);
}

static int begin_task(struct coil__http_session *s)
{
    static const struct coil_task_options options = { .name = "http session",
                                                      .arg_destroy =
                                                          leave_session };
    int rc = coil_task_group_create_with(s->channel.server->group, &s->task,
                                         run_session, s, &options);

    /* Only borrowed from here on, since the task ends before the session. */
    if (rc == 0)
        coil_task_release(s->task);
    return rc;
}

int coil__http_session_start(struct coil_http_server *server,
                             struct coil_stream *stream)
{
    struct coil__http_session *s = coil__alloc(sizeof *s);
    int rc;

    if (!s) {
        coil_semaphore_release(&server->slots);
        coil_stream_abort(stream);
        return -ENOMEM;
    }
    s->channel.server = server;
    s->multiplex.server = server;
    s->channel.stream = stream;
    coil__http_reader_init(&s->channel.reader, COIL__HTTP_REQUEST, stream,
                           server->max_header_size, server->max_header_lines);
    s->channel.reader.share.budget = &server->buffered;
    coil__hook_push(&server->sessions, &s->in_server);
    server->session_count++;
    await_next(s, server->header_timeout);
    s->must_secure = server->tls != NULL;
    rc = begin_task(s);
    if (rc < 0)
        free_session(s);
    return rc;
}

/* ---- stopping --------------------------------------------------------- */

void coil__http_session_send_home(struct coil__http_session *s)
{
    if (s->is_parked) {
        free_session(s);
        return;
    }
    if (s->multiplex.http2) {
        coil__http_multiplex_go_away(&s->multiplex);
        return;
    }
    if (!s->is_waiting || s->is_sent_home ||
        coil__http_has_begun(&s->channel.reader))
        return;
    s->is_sent_home = true;
    coil_task_cancel(s->task);
}

void coil__http_session_cancel(struct coil__http_session *s)
{
    coil_task_cancel(s->task);
}
