/* SPDX-License-Identifier: MIT */
/*
 * WebSockets, for tests of clients: /ws and what is below it.
 */
#include <stdio.h>

#include <coil/websocket.h>

#include "request.h"

enum {
    MAX_MESSAGE = 16 * 1024 * 1024,
    MAX_MESSAGES = 100000,
};

/* What a page does with a WebSocket; returns as coil_websocket_recv(). */
typedef int (*talk_fn)(struct coil_websocket *ws, const void *how);

/* Accept, talk, and say good-bye if the server is stopped meanwhile. */
COIL_SUSPENDS static int converse(struct request *request, talk_fn talk,
                                  const void *how)
{
    static const struct coil_websocket_options options = {
        .max_message = MAX_MESSAGE,
        .close_limit = COIL_SECOND,
    };
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, request->exchange, &options);

    if (rc < 0)
        return rc;
    rc = talk(ws, how);
    if (rc == -ECANCELED)
        rc = coil_websocket_close(ws, COIL_WEBSOCKET_GOING_AWAY, "stopped");
    coil_websocket_free(ws);
    /* How a client behaves is what such a test is about. */
    return rc == -ECANCELED ? rc : 0;
}

/* ---- echoes ------------------------------------------------------------- */

/* How an echo is sent. */
struct manner {
    coil_time delay; /* after which it is sent */
    size_t piece;    /* of how many bytes the frames are; 0: one frame */
};

COIL_SUSPENDS static int send_pieces(struct coil_websocket *ws,
                                     const struct coil_websocket_message *m,
                                     size_t piece)
{
    size_t at = 0;
    int rc = 0;

    while (rc == 0 && m->size - at > piece) {
        rc = coil_websocket_write(ws, m->kind, m->data + at, piece, false);
        at += piece;
    }
    return rc < 0 ? rc
                  : coil_websocket_write(ws, m->kind, m->data + at,
                                         m->size - at, true);
}

static int echo(struct coil_websocket *ws, const void *how)
{
    const struct manner *manner = how;
    struct coil_websocket_message m;
    int rc = 0;

    while (rc == 0) {
        rc = coil_websocket_recv(ws, &m);
        if (rc == 0)
            rc = coil_sleep(manner->delay);
        if (rc == 0)
            rc = send_pieces(ws, &m, manner->piece ? manner->piece : m.size);
    }
    return rc;
}

int answer_ws(struct request *request)
{
    const struct manner manner = { .delay = 0 };

    return converse(request, echo, &manner);
}

int answer_ws_delay(struct request *request)
{
    const char *text = coil_http_exchange_segment(request->exchange, 0);
    struct manner manner = { .delay = 0 };

    if (!parse_seconds(text, MAX_DELAY, &manner.delay))
        return respond_text(request, 400, "Not a number of seconds\n");
    return converse(request, echo, &manner);
}

int answer_ws_pieces(struct request *request)
{
    struct manner manner = { .delay = 0 };
    int piece;

    if (!get_count(request, &piece) || piece == 0)
        return respond_text(request, 400, "N must be a number from 1\n");
    manner.piece = (size_t)piece;
    return converse(request, echo, &manner);
}

/* ---- what is said without being asked ----------------------------------- */

/* The numbers from 0, a message each. */
static int count(struct coil_websocket *ws, const void *how)
{
    const int *n = how;
    int rc = 0;

    for (int i = 0; rc == 0 && i < *n; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d", i);

        rc = coil_websocket_send(ws, COIL_WEBSOCKET_TEXT, text, (size_t)length);
    }
    return rc < 0 ? rc : coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, "");
}

int answer_ws_count(struct request *request)
{
    int n;

    if (!get_count(request, &n) || n > MAX_MESSAGES)
        return respond_text(request, 400,
                            "N must be a number from 0 to 100000\n");
    return converse(request, count, &n);
}

struct farewell {
    int code;
    const char *reason;
};

static int close_at_once(struct coil_websocket *ws, const void *how)
{
    const struct farewell *last = how;
    int rc = coil_websocket_close(ws, (unsigned)last->code, last->reason);

    if (rc != -EINVAL)
        return rc;
    return coil_websocket_close(ws, COIL_WEBSOCKET_INTERNAL_ERROR,
                                "This cannot be said");
}

int answer_ws_close(struct request *request)
{
    struct farewell last = { .reason = argument_or(request, "reason", "") };

    if (!get_count(request, &last.code))
        return respond_text(request, 400, "Invalid code\n");
    return converse(request, close_at_once, &last);
}

static int hang_up(struct coil_websocket *ws, const void *how)
{
    (void)ws;
    (void)how;
    return 0;
}

int answer_ws_hangup(struct request *request)
{
    return converse(request, hang_up, NULL);
}
