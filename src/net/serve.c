/* SPDX-License-Identifier: MIT */
/*
 * serve.c - accept, a task for each connection, and the end
 *
 * Three parties: the caller's task, which waits for the time to stop; a task that
 * accepts; and the tasks of the connections.  The server is the owner of the
 * others, so it hears of each end.  It stops when its future is done, whoever has
 * completed that: the program, a signal, or the end of the task that accepts.
 */
#include <coil/serve.h>

#include <errno.h>
#include <signal.h>

#include <coil/combinators.h>
#include <coil/signal.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/task_owner.h>

#include "base/platform.h"
#include "base/unreachable.h"
#include "loop/loop.h"
#include "loop/wait_until.h"
#include "sched/sink.h"
#include "sched/wait.h"

static const int ending[] = { SIGINT, SIGTERM };

enum { SIGNALS = sizeof ending / sizeof ending[0] };

/* It lies on the stack of the caller. */
struct server {
    struct coil_task_owner acceptor;
    struct coil_task_owner connections;
    struct coil_list room; /* the task that accepts, at the limit */
    struct coil_list end;  /* the caller, for the end of the others */
    struct coil_listener *listener;
    coil_serve_fn fn;
    void *arg;
    const struct coil_serve_options *options;
    size_t limit;
    struct coil_future *stop;
    struct coil_future own_stop; /* if the program has none */
    struct coil_signal_handler signals[SIGNALS];
    int error; /* of accepting */
    bool stopping;
};

/* What the task of a connection gets a copy of. */
struct connection {
    struct server *server;
    struct coil_stream *stream;
};

static void stop(struct server *server)
{
    if (!coil_future_is_done(server->stop))
        coil_future_set_result(server->stop, NULL);
}

/* ---- a connection --------------------------------------------------------- */

static int run_connection(void *arg)
{
    struct connection *c = arg;
    struct coil_stream *stream = c->stream;
    int rc = c->server->fn(stream, c->server->arg);

    if (rc < 0)
        return rc;
    c->stream = NULL;
    return coil_stream_close(stream);
}

/* Also if it was cancelled before its first step. */
static void destroy_connection(void *arg)
{
    struct connection *c = arg;

    coil_stream_abort(c->stream);
}

static void connection_ended(struct coil_task_owner *self,
                             struct coil_task *task, int rc)
{
    struct server *server =
        coil__container_of(self, struct server, connections);

    (void)task;
    if (rc < 0 && rc != -ECANCELED && !coil__is_unreachable(rc))
        coil__report(NULL, "a connection has ended with an error", rc, NULL);
    coil__wake_one(&server->room, 0);
    if (self->count == 0)
        coil__wake_all(&server->end, 0);
}

/* ---- accepting ------------------------------------------------------------ */

static int wait_for_room(struct server *server)
{
    static const struct coil_wait_reason reason = { .name =
                                                        "a connection's end" };
    int rc = 0;

    while (rc == 0 && server->connections.count >= server->limit) {
        struct coil_waiter self = COIL_WAITER(&reason, server->listener);

        rc = coil__wait(&server->room, &self);
    }
    return rc;
}

static int begin_connection(struct server *server, struct coil_stream *stream)
{
    struct connection c = { .server = server, .stream = stream };
    const struct coil_task_options options = {
        .owner = &server->connections,
        .arg_size = sizeof c,
        .arg_destroy = destroy_connection,
        .stack_size = server->options->stack_size,
    };

    return coil_task_create_with(NULL, run_connection, &c, &options);
}

/* There is no memory for one more task: its client has to come again. */
static int turn_away(struct coil_stream *stream, int error)
{
    coil_stream_abort(stream);
    coil__report(NULL, "a connection was not served", error, NULL);
    return coil_sleep(COIL_SECOND);
}

static int accept_all(void *arg)
{
    struct server *server = arg;
    struct coil_stream *stream;
    int rc = 0;

    while (rc == 0) {
        rc = wait_for_room(server);
        if (rc < 0)
            return rc;
        rc = coil_listener_accept(server->listener, &stream);
        if (rc < 0)
            return rc;
        rc = begin_connection(server, stream);
        if (rc < 0)
            rc = turn_away(stream, rc);
    }
    return rc;
}

static void acceptor_ended(struct coil_task_owner *self, struct coil_task *task,
                           int rc)
{
    struct server *server = coil__container_of(self, struct server, acceptor);

    (void)task;
    if (rc != -ECANCELED || !server->stopping)
        server->error = rc;
    stop(server);
    coil__wake_all(&server->end, 0);
}

/* ---- signals -------------------------------------------------------------- */

/* The first one stops the server, the next one cancels who is still there. */
static void on_signal(void *arg)
{
    struct server *server = arg;

    if (coil_future_is_done(server->stop))
        coil_task_owner_cancel(&server->connections);
    stop(server);
}

static int watch_signals(struct server *server, struct coil_loop *loop)
{
    int rc = 0;

    for (size_t i = 0; i < SIGNALS && rc == 0; i++)
        rc = coil_loop_add_signal_handler(loop, &server->signals[i], ending[i],
                                          on_signal, server);
    return rc;
}

static void leave_signals(struct server *server, struct coil_loop *loop)
{
    for (size_t i = 0; i < SIGNALS; i++)
        coil_loop_remove_signal_handler(loop, &server->signals[i]);
}

/* ---- the whole ------------------------------------------------------------ */

static const struct coil_wait_reason reason_end = { .name = "server's end" };

/* 0; -ETIMEDOUT at `deadline`; -ECANCELED. */
static int wait_for_connections(struct server *server, struct coil_loop *loop,
                                coil_time deadline)
{
    struct coil_waiter self = COIL_WAITER(&reason_end, server->listener);

    if (server->connections.count == 0)
        return 0;
    return coil__wait_until(loop, &server->end, &self, deadline, -ETIMEDOUT);
}

/* Cancel the tasks of `owner`, and wait until the last has ended. */
static void end_all(struct server *server, struct coil_task_owner *owner)
{
    coil_task_owner_cancel(owner);
    while (owner->count > 0) {
        struct coil_waiter self = COIL_WAITER(&reason_end, server->listener);
        int rc;

        self.cancel = coil__wait_uninterrupted;
        rc = coil__wait(&server->end, &self);
        (void)rc; /* decided by an end only */
    }
}

/* Serve until it is time to stop.  0, or why not. */
static int serve(struct server *server, struct coil_loop *loop)
{
    const struct coil_task_options options = { .owner = &server->acceptor };
    int rc = server->options->keep_signals ? 0 : watch_signals(server, loop);

    if (rc == 0)
        rc = coil_task_create_with(NULL, accept_all, server, &options);
    if (rc < 0)
        return rc;
    rc = coil_wait(&server->stop, 1, COIL_ALL_COMPLETED, COIL_NEVER);
    return rc < 0 ? rc : 0;
}

static int run_server(struct server *server, struct coil_loop *loop)
{
    coil_time grace = server->options->grace;
    int rc;

    rc = serve(server, loop);
    server->stopping = true;
    end_all(server, &server->acceptor);
    coil_listener_close(server->listener);
    stop(server);
    if (rc == 0)
        rc = wait_for_connections(
            server, loop, coil_after(grace > 0 ? grace : 10 * COIL_SECOND));
    end_all(server, &server->connections);
    leave_signals(server, loop);
    if (rc == -ETIMEDOUT)
        rc = 0;
    return rc < 0 ? rc : server->error;
}

int coil_serve(struct coil_listener *listener, coil_serve_fn fn, void *arg,
               const struct coil_serve_options *options)
{
    static const struct coil_serve_options defaults;
    struct coil_task *task = coil_current_task();
    struct server server = {
        .acceptor = { .ended = acceptor_ended, .parent = task },
        .connections = { .ended = connection_ended, .parent = task },
        .listener = listener,
        .fn = fn,
        .arg = arg,
        .options = options ? options : &defaults,
        .own_stop = COIL_FUTURE_INIT,
    };
    struct coil_loop *loop;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc == 0 && !task)
        rc = -ENOTSUP;
    if (rc < 0) {
        coil_listener_close(listener);
        return rc;
    }
    server.limit = server.options->max_connections;
    if (server.limit == 0)
        server.limit = 1000;
    server.stop = server.options->stop;
    if (!server.stop)
        server.stop = &server.own_stop;
    return run_server(&server, loop);
}
