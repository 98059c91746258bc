/* SPDX-License-Identifier: MIT */
/*
 * http/server/session.h - a connection with its task
 *
 * A session belongs to its task, which frees the session when the task ends,
 * even if the task never ran.  The server only lists its sessions.
 */
#ifndef COIL_HTTP_SERVER_SESSION_H
#define COIL_HTTP_SERVER_SESSION_H

#include <coil/task_group.h>

#include "base/list.h"
#include "base/platform.h"
#include "http/server/channel.h"
#include "http/server/http_exchange.h"

struct coil__http_session {
    struct coil__http_channel channel;
    struct coil_http_exchange exchange;
    struct coil_task *task; /* borrowed: it does not end before the session */
    struct coil_hook in_server;

    bool is_waiting;   /* for the first byte of a request */
    bool is_sent_home; /* cancelled because it waited while the server stops */
    bool is_broken;    /* or cancelled: close at once, with what is unsent */
};

/* The session whose `in_server` is `hook`. */
static inline struct coil__http_session *
coil__http_session_of(struct coil_hook *hook)
{
    return coil__container_of(hook, struct coil__http_session, in_server);
}

/* Serve a connection, which is given, in a task of `group`. */
int coil__http_session_start(struct coil_http_server *server,
                             struct coil_task_group *group,
                             struct coil_stream *stream) COIL_MUST_CHECK;

/* Cancel a session that waits for a request. */
void coil__http_session_send_home(struct coil__http_session *session);

#endif
