/* SPDX-License-Identifier: MIT */
/*
 * http/server/server.h - what the parts of the server share
 *
 * A session is a connection with its task.  It belongs to the task, which frees
 * it when it ends, also if it never ran; the server only lists its sessions.
 * An exchange is a part of its session, made new for every request.
 */
#ifndef COIL_HTTP_SERVER_PARTS_H
#define COIL_HTTP_SERVER_PARTS_H

#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/semaphore.h>
#include <coil/stream.h>
#include <coil/task_group.h>

#include "base/buffer.h"
#include "http/wire/message.h"

enum {
    COIL__HTTP_CAPTURES = 8,         /* wildcards in a pattern */
    COIL__HTTP_SMALL = 16 * 1024,    /* goes out in one piece */
    COIL__HTTP_DISCARD = 256 * 1024, /* of a body that no handler read */
};

struct coil__http_route {
    struct coil__http_route *next;
    char *method; /* NULL: any */
    char *pattern;
    coil_http_handler_fn handler;
    void *arg;
};

struct coil_http_server {
    size_t max_header_size;
    size_t max_header_lines;
    size_t max_body_size;
    size_t max_connections; /* 0: no limit */
    coil_time header_timeout;
    coil_time idle_timeout;
    coil_time transfer_timeout;

    struct coil__http_route *routes;
    struct coil__http_route **routes_end;

    struct coil_listener *listener; /* NULL: does not listen, or no more */
    struct coil__http_session *sessions;
    size_t session_count;
    struct coil_semaphore slots; /* of a limited number of connections */
    bool is_serving;
    bool is_stopping;
    struct coil_handle grace; /* armed while stopping: cancel what is left */
    bool is_timed;

    char date[40]; /* "Date: …\r\n" of the second that ends at date_until */
    coil_time date_until;
};

enum coil__http_progress {
    COIL__HTTP_UNANSWERED,
    COIL__HTTP_ANSWERING, /* the head has gone out, the body may not have */
    COIL__HTTP_ANSWERED,
    COIL__HTTP_HIJACKED,
};

struct coil_http_exchange {
    struct coil__http_session *session;
    struct coil__http_head head;

    /* The request's target: NUL-terminated parts of the head's block. */
    const char *path;
    const char *query;
    const char *captures[COIL__HTTP_CAPTURES];
    size_t capture_count;
    char *spare;     /* at least as much as the target is long */
    char *arguments; /* name, NUL, value, NUL …; NULL: not decoded yet */
    size_t argument_count;

    /* The request's body. */
    struct coil_buffer body;
    bool is_body_whole;    /* it is in `body` */
    bool is_body_streamed; /* _read() was called */
    bool owes_continue;    /* the client waits for "100 Continue" */

    /* The response. */
    enum coil__http_progress progress;
    struct coil_buffer headers; /* lines, added before it begins */
    bool has_date;
    bool is_bodyless; /* HEAD, 204, 205, 304 */
    bool is_sized;    /* the handler has said how long the body is */
    bool is_chunked;
    bool is_endless; /* to HTTP/1.0: ends when the connection does */
    uint64_t left;   /* bytes of a sized body that are to be written */

    int client_error; /* what was the client's doing */
};

struct coil__http_session {
    struct coil_http_server *server;
    struct coil_stream *stream; /* NULL: closed */
    struct coil_task *task;     /* borrowed: it cannot end before the session */
    struct coil__http_session *next;
    struct coil__http_session **link;

    struct coil__http_reader reader;
    struct coil__http_block block;
    struct coil_buffer out;
    bool is_waiting;   /* for a request, of which not a byte has come */
    bool is_sent_home; /* cancelled because it waited while the server stops */
    bool is_closing;   /* after this exchange */
    bool is_dirty;     /* the client may go on sending what nobody will read;
                          responses say that the connection closes */
    bool is_broken;    /* or cancelled: close at once, with what is unsent */
    struct coil_http_exchange exchange;
};

/* ---- session.c ---- */

/* Serve a connection, which is given, in a task of `group`. */
int coil__http_session_start(struct coil_http_server *server,
                             struct coil_task_group *group,
                             struct coil_stream *stream) COIL_MUST_CHECK;

/* Cancel a session that waits for a request. */
void coil__http_session_send_home(struct coil__http_session *session);

/* ---- exchange.c ---- */

/*
 * Make the exchange of the request that session->exchange.head is.  Returns 0,
 * or the status that refuses it.
 */
int coil__http_exchange_begin(struct coil__http_session *session);
void coil__http_exchange_fini(struct coil_http_exchange *exchange);

/* Read and forget the rest of the body if it is short.  0, or an error. */
int coil__http_exchange_discard(struct coil_http_exchange *x) COIL_SUSPENDS;

/* ---- route.c ---- */

/* Whether a pattern can be one. */
bool coil__http_is_pattern(const char *pattern);

/*
 * The route of the exchange, whose captures are set then.  Otherwise NULL, and
 * the methods for which there would have been one are put into `allowed`, which
 * is empty, separated by commas.
 */
const struct coil__http_route *
coil__http_find_route(const struct coil_http_server *server,
                      struct coil_http_exchange *exchange,
                      struct coil_buffer *allowed);

/* ---- respond.c ---- */

/* Wait until there is room to write, but not longer than a client may take. */
int coil__http_await_room(struct coil__http_session *session) COIL_SUSPENDS;

/* Answer with the status and its name. */
int coil__http_respond_status(struct coil_http_exchange *exchange, int status)
    COIL_SUSPENDS;

/*
 * Write what ends the response that the handler has begun.  Returns 0, or an
 * error: the connection cannot be used any more.
 */
int coil__http_respond_end(struct coil_http_exchange *exchange) COIL_SUSPENDS;

#endif
