/* SPDX-License-Identifier: MIT */
/*
 * http/server/multiplex.h - serve a connection that speaks HTTP/2
 *
 * Each request has a task, and an exchange and a channel of its own; the stream
 * of the channel is the stream of HTTP/2.  The task of the connection reads for
 * all of them.
 */
#ifndef COIL_HTTP_SERVER_MULTIPLEX_H
#define COIL_HTTP_SERVER_MULTIPLEX_H

#include <coil/stream.h>
#include <coil/task_group.h>

#include "http/http2/session.h"
#include "http/server/server.h"

/* Zeroed but for the server, serving has not begun. */
struct coil__http_multiplex {
    struct coil_http_server *server;
    struct coil__http2_session *http2; /* NULL: not begun, or ended */
    struct coil_task_group *requests;  /* NULL: nobody serves */
    size_t request_count;              /* tasks of the group */
};

/*
 * Serve the connection until it ends, or until there has been no request for
 * `quiet`.  All tasks of requests have ended then.  Returns 0 at the end; -EAGAIN:
 * it was quiet, and serving may go on; or an error: the connection is broken, or
 * this task was cancelled.
 */
int coil__http_multiplex(struct coil__http_multiplex *multiplex,
                         struct coil_stream *connection, coil_time quiet)
    COIL_SUSPENDS;

/*
 * When there will have been no request for `idle`.  Other frames, such as pings, do
 * not count.
 */
coil_time
coil__http_multiplex_end_of_quiet(const struct coil__http_multiplex *multiplex,
                                  coil_time idle);

/* Say that no more requests are served. */
void coil__http_multiplex_go_away(struct coil__http_multiplex *multiplex);

/* The connection is about to be closed: the client is told so, if it can be. */
void coil__http_multiplex_end(struct coil__http_multiplex *multiplex);

#endif
