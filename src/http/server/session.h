/* SPDX-License-Identifier: MIT */
/*
 * http/server/session.h - a connection, and its task while there is work
 *
 * A session is either busy or parked.  A busy session belongs to its task, which
 * frees the session when the task ends, even if the task never ran.  A session
 * whose client has been silent for a while is parked: it has no task and hardly
 * any memory, and gets a task when the client sends something.
 */
#ifndef COIL_HTTP_SERVER_SESSION_H
#define COIL_HTTP_SERVER_SESSION_H

#include <coil/task_group.h>

#include "base/list.h"
#include "base/platform.h"
#include "http/server/channel.h"
#include "http/server/http_exchange.h"
#include "http/server/multiplex.h"

struct coil__http_session {
    struct coil__http_channel channel;
    struct coil_http_exchange *exchange; /* on the task's stack; NULL: parked */
    struct coil_task *task;              /* borrowed; NULL: parked */
    struct coil_hook in_server;

    bool is_http2;
    struct coil__http_multiplex multiplex; /* of HTTP/2 */

    coil_time deadline;    /* the next request must begin before */
    coil_time awake_until; /* the task waits no longer for it */

    struct coil_stream_watch input; /* while parked */
    struct coil_handle alarm;       /* while parked: at the deadline */

    bool is_prepared;
    bool has_begun; /* a request has come */
    bool is_parked;
    bool must_secure;  /* TLS has to begin */
    bool is_waiting;   /* for the first byte of a request */
    bool is_sent_home; /* cancelled because it waited while the server stops */
};

/* The session whose `in_server` is `hook`. */
static inline struct coil__http_session *
coil__http_session_of(struct coil_hook *hook)
{
    return coil__container_of(hook, struct coil__http_session, in_server);
}

/* Serve a connection, which is given, while server->group takes tasks. */
int coil__http_session_start(struct coil_http_server *server,
                             struct coil_stream *stream) COIL_MUST_CHECK;

/* End a session that waits for a request.  A parked one is gone at once. */
void coil__http_session_send_home(struct coil__http_session *session);

/* End a session, whatever it does.  A parked one is gone at once. */
void coil__http_session_cancel(struct coil__http_session *session);

#endif
