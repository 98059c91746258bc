/* SPDX-License-Identifier: MIT */
/*
 * coil/serve.h - a task for each connection, until it is time to stop
 *
 *     static int echo(struct coil_stream *stream, void *arg)
 *     {
 *         ... read and write until the client has gone ...
 *     }
 *
 *     rc = coil_tcp_listen(&listener, NULL, 7777);
 *     if (rc == 0)
 *         rc = coil_serve(listener, echo, NULL, NULL);
 *
 * Ctrl-C and SIGTERM end it gracefully: nobody is accepted any more, and those who
 * are there have ten seconds to finish.  A second signal ends them at once.
 *
 * Limit    At most max_connections tasks exist.  While there are so many, nobody is
 *          accepted; the kernel keeps those who come (the backlog).
 * Errors   A connection that ends with an error is no error of the server.  One
 *          that broke is not mentioned; others are told to the loop's exception
 *          handler.  While descriptors or memory are used up, that is reported,
 *          and accepting goes on a second later.
 * Threads  One call serves on one loop.  For several, each loop calls it with a
 *          listener of one coil_listener_group: coil/listener.h.
 * asyncio  start_server() and serve_forever(); there stopping and limits are the
 *          program's.  trio: serve_listeners().
 */
#ifndef COIL_SERVE_H
#define COIL_SERVE_H

#include <coil/base.h>
#include <coil/future.h>
#include <coil/listener.h>
#include <coil/stream.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Serve one connection.  The stream is borrowed: when the function has returned 0
 * or more, it is flushed and closed; after an error or a cancellation it is closed
 * at once.
 */
typedef int (*coil_serve_fn)(struct coil_stream *stream, void *arg);

/* Zeroed is the default of everything. */
struct coil_serve_options {
    size_t max_connections; /* at a time; 0: 1000 */
    /* For those who are there when it is to stop; 0: 10 s; COIL_NEVER: no limit. */
    coil_time grace;
    /* Leave SIGINT and SIGTERM alone; else both stop it while it serves. */
    bool keep_signals;
    /*
     * A future of the program's, kept until coil_serve() returns; NULL: there is
     * none.  Whoever completes it (coil_future_set_result()) stops the server.  When
     * a signal or an error stops it, coil_serve() completes it with NULL.  So a
     * connection can ask coil_future_is_done() between two requests, and wait for it
     * beside others by coil_future_case().
     */
    struct coil_future *stop;
    size_t stack_size; /* of each task: coil_task_options.stack_size */
    void *reserved[4];
};

/*
 * Accept connections and call fn(stream, arg) for each, in a task of its own, until
 * the server is stopped.  Then the listener is closed, and the call waits until the
 * last connection has ended, for `grace` at most; those that are left are cancelled,
 * and it waits for their end.
 *
 * The listener is given, whatever is returned.  `arg` and the options are kept until
 * the call returns; options may be NULL.
 *
 * Returns 0 when it was stopped, else, with no connection left,
 *   -ECANCELED  the task was cancelled: nobody was accepted any more, and all
 *               connections were cancelled at once, without the grace
 *   -ENOMEM     there is no memory for the task that accepts
 *   -ENOTSUP    in a coroutine that no coil task drives, or on a user's scheduler
 *   or what coil_listener_accept() returns besides
 */
COIL_API int coil_serve(struct coil_listener *listener, coil_serve_fn fn,
                        void *arg, const struct coil_serve_options *options)
    COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
