/* SPDX-License-Identifier: MIT */
/*
 * http/http2/state.h - what the parts of a session share
 *
 * From the ground up: sending.h sends what nghttp2 has, outgoing.h gives nghttp2
 * heads and bodies to send, events.h takes what nghttp2 reads, and session.h makes
 * and runs the whole.
 */
#ifndef COIL_HTTP_HTTP2_STATE_H
#define COIL_HTTP_HTTP2_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/timeout.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/platform.h"
#include "http/http2/entrance.h"
#include "http/http2/head.h"
#include "http/http2/memory.h"
#include "http/http2/stream.h"
#include "http/wire/budget.h"

struct coil__http2_options {
    bool is_server;
    bool has_connect; /* a server that offers extended CONNECT (RFC 8441) */
    struct coil__http2_head_limits head;
    size_t max_streams;               /* of the other side at a time */
    size_t window;                    /* bytes of a body that may come unread */
    size_t whole_window;              /* the same of all bodies together */
    coil_time head_time;              /* how long a head may take */
    struct coil__http_budget *budget; /* of bodies that are unread; or NULL */

    /*
     * Of a server: a request has come, and its head is in stream->heads.  It is
     * called while frames are read, and must not suspend.  After an error the
     * request is refused.
     */
    int (*request)(void *owner, struct coil__http2_stream *stream);
    void *owner;
};

struct nghttp2_session;

struct coil__http2_session {
    struct coil__http2_carrier carrier; /* first: what its streams know */
    struct nghttp2_session *nghttp2;
    struct coil__http2_memory memory; /* of nghttp2 */
    struct coil__http2_options options;
    size_t refs;      /* of the owner, and of the task that writes */
    int error;        /* why the session is broken, or 0 */
    bool is_at_fault; /* the other side, and it was told so */
    bool is_greeted;  /* its settings have come */

    struct coil_buffer out; /* frames that go out together */
    struct coil_handle sending;
    bool is_sending_due;
    bool is_writing; /* a task waits until the connection takes more */

    /* While somebody reads. */
    struct coil_timeout limit;
    bool is_running;
    coil_time quiet_time;  /* how long to wait without a stream */
    coil_time run_since;   /* when reading has begun */
    coil_time quiet_since; /* when the last stream ended */
    coil_time head_since;  /* when the head that is being read began, or
                           COIL_NEVER */
    int32_t head_id;       /* the stream of that head */
    struct coil__http2_entrance entrance;
};

static inline struct coil__http2_session *
coil__http2_session_of(struct coil__http2_carrier *carrier)
{
    return coil__container_of(carrier, struct coil__http2_session, carrier);
}

#endif
