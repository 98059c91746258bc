/* SPDX-License-Identifier: MIT */
#include <coil/http_server.h>

#include <string.h>

#include <coil/closed.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/server/server.h"
#include "http/server/session.h"
#include "http/wire/defaults.h"
#include "http/wire/http2_version.h"
#include "http/wire/secure.h"

static void check(const struct coil_http_server *server)
{
    if (COIL_UNLIKELY(server->is_gone))
        coil_closed_stop(server, "an HTTP server is used after it was freed");
}

/* ---- making one ------------------------------------------------------- */

int coil_http_server_new(struct coil_http_server **out,
                         const struct coil_http_server_options *options)
{
    static const struct coil_http_server_options none = { 0 };
    const struct coil_http_server_options *o = options ? options : &none;
    struct coil_http_server *server = coil__alloc(sizeof *server);
    int rc;

    if (!server)
        return -ENOMEM;
    *server = (struct coil_http_server){
        .max_header_size =
            coil__http_size_or(o->max_header_size, COIL_HTTP_MAX_HEADER_SIZE),
        .max_header_lines =
            coil__http_size_or(o->max_header_lines, COIL_HTTP_MAX_HEADER_LINES),
        .max_body_size =
            coil__http_size_or(o->max_body_size, COIL_HTTP_MAX_BODY_SIZE),
        .max_connections =
            coil__http_size_or(o->max_connections, COIL_HTTP_MAX_CONNECTIONS),
        .buffered.limit =
            coil__http_size_or(o->max_buffered, COIL_HTTP_MAX_BUFFERED),
        .header_timeout =
            coil__http_time_or(o->header_timeout, 30 * COIL_SECOND),
        .idle_timeout = coil__http_time_or(o->idle_timeout, 60 * COIL_SECOND),
        .transfer_timeout =
            coil__http_time_or(o->transfer_timeout, 60 * COIL_SECOND),
    };
    server->has_http2 = !o->http1_only && coil__http2_version();
    server->prepare = o->prepare;
    server->prepare_arg = o->prepare_arg;
    server->pace = (struct coil__http_pace_rules){
        .rate = coil__http_size_or(o->min_rate, 240),
        .grace = coil__http_time_or(o->rate_grace, 5 * COIL_SECOND),
        .most = server->transfer_timeout,
    };
    if (server->pace.grace > server->pace.most)
        server->pace.grace = server->pace.most;
    rc = coil_http_router_new(&server->router);
    if (rc < 0) {
        coil__free(server);
        return rc;
    }
    server->tls = coil__http_hold_context(o->tls);
    *out = server;
    return 0;
}

void coil_http_server_free(struct coil_http_server *server)
{
    if (!server)
        return;
    check(server);
    coil_http_router_free(server->router);
    coil_listener_close(server->listener);
    coil__http_release_context(server->tls);
    server->is_gone = true;
    if (!coil_closed_keep(server, coil__free))
        coil__free(server);
}

struct coil_http_router *
coil_http_server_router(struct coil_http_server *server)
{
    check(server);
    return server->router;
}

int coil_http_server_route(struct coil_http_server *server, const char *method,
                           const char *pattern, coil_http_handler_fn handler,
                           void *arg)
{
    check(server);
    return coil__keep_frame(
        coil_http_router_route(server->router, method, pattern, handler, arg));
}

/* ---- serving ---------------------------------------------------------- */

int coil_http_server_listen(struct coil_http_server *server, const char *host,
                            uint16_t port)
{
    check(server);
    if (server->listener)
        return -EALREADY;
    return coil__keep_frame(coil_tcp_listen(&server->listener, host, port));
}

int coil_http_server_listen_on(struct coil_http_server *server,
                               struct coil_listener *listener)
{
    check(server);
    if (server->listener)
        return -EALREADY;
    server->listener = listener;
    return 0;
}

int coil_http_server_address(const struct coil_http_server *server,
                             struct coil_address *address)
{
    check(server);
    if (!server->listener)
        return -EINVAL;
    coil_listener_address(server->listener, address);
    return 0;
}

size_t coil_http_server_connections(const struct coil_http_server *server)
{
    check(server);
    return server->session_count;
}

size_t coil_http_server_buffered(const struct coil_http_server *server)
{
    check(server);
    return server->buffered.used;
}

/* The sessions that `fn` is called for may be gone afterwards. */
static void for_all_sessions(struct coil_http_server *server,
                             void (*fn)(struct coil__http_session *session))
{
    struct coil_hook *next;

    for (struct coil_hook *hook = server->sessions; hook; hook = next) {
        next = hook->next;
        fn(coil__http_session_of(hook));
    }
}

static void close_listener(struct coil_http_server *server)
{
    coil_listener_close(server->listener);
    server->listener = NULL;
}

/* Accept until the server is stopped.  Returns 0, or an error. */
static int accept_all(struct coil_http_server *server)
{
    while (!server->is_stopping) {
        struct coil_stream *stream;
        int rc = coil_semaphore_acquire(&server->slots);

        if (rc == 0 && server->is_stopping)
            return 0;
        if (rc == 0)
            rc = coil_listener_accept(server->listener, &stream);
        if (rc == -EBADF && server->is_stopping)
            return 0;
        if (rc < 0)
            return rc;

        rc = coil__http_session_start(server, stream);
        if (rc < 0)
            coil_loop_call_exception_handler(
                NULL, &(struct coil_exception){
                          .message = "an HTTP connection was not served",
                          .error = rc,
                          .object = server });
    }
    return 0;
}

int coil_http_server_serve(struct coil_http_server *server)
{
    struct coil_task_group group;
    int rc = coil_checkpoint();

    check(server);
    if (rc < 0)
        return rc;
    if (server->is_serving)
        return -EALREADY;
    if (!server->listener && !server->is_stopping)
        return -EINVAL;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;

    server->is_serving = true;
    /* Half of what a size can be is no limit, too, and one can be added. */
    coil_semaphore_init(&server->slots, server->max_connections < SIZE_MAX / 2
                                            ? server->max_connections
                                            : SIZE_MAX / 2);
    server->group = &group;
    rc = accept_all(server);
    close_listener(server);
    for_all_sessions(server, coil__http_session_send_home);
    rc = coil_task_group_end(&group, rc);
    for_all_sessions(server, coil__http_session_cancel); /* parked ones */
    server->group = NULL;
    coil_handle_cancel(&server->tidying);
    server->freed = 0;
    if (server->is_timed)
        coil_handle_cancel(&server->grace);
    server->is_timed = false;
    server->is_serving = false;
    server->is_grace_over = false;
    server->is_stopping = false;
    return rc;
}

/* ---- stopping --------------------------------------------------------- */

static void cancel_sessions(void *arg)
{
    struct coil_http_server *server = arg;

    server->is_timed = false;
    server->is_grace_over = true;
    for_all_sessions(server, coil__http_session_cancel);
}

void coil_http_server_stop(struct coil_http_server *server, coil_time grace)
{
    coil_time deadline = coil_after(grace);

    check(server);
    if (!server->is_stopping) {
        server->is_stopping = true;
        close_listener(server);
        coil_semaphore_release(&server->slots); /* wakes who waits to accept */
        for_all_sessions(server, coil__http_session_send_home);
    }
    if (!server->is_serving || deadline == COIL_NEVER)
        return;
    if (server->is_timed && coil_handle_when(&server->grace) <= deadline)
        return;
    if (server->is_timed)
        coil_handle_cancel(&server->grace);
    server->is_timed =
        coil_loop_call_at(coil_loop_current(), &server->grace, deadline,
                          cancel_sessions, server) == 0;
}
