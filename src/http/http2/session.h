/* SPDX-License-Identifier: MIT */
/*
 * http/http2/session.h - a connection that speaks HTTP/2 (RFC 9113)
 *
 * nghttp2 reads and writes the frames.  A session gives it the bytes that come,
 * and sends those that it has: all that a turn of the loop has brought goes out
 * together.  While the connection takes no more, nghttp2 keeps its frames, and
 * the streams wait.
 *
 * A session belongs to one task, which reads: coil__http2_session_run().
 */
#ifndef COIL_HTTP_HTTP2_SESSION_H
#define COIL_HTTP_HTTP2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/timeout.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/http2/entrance.h"
#include "http/http2/head.h"
#include "http/http2/memory.h"
#include "http/http2/stream.h"
#include "http/wire/budget.h"

struct coil__http2_options {
    bool is_server;
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
    struct nghttp2_session *nghttp2;
    struct coil__http2_memory memory; /* of nghttp2 */
    struct coil_stream *below; /* the connection, which the owner closes */
    struct coil__http2_options options;
    size_t refs; /* of the owner, and of the task that writes */
    struct coil_list streams;
    struct coil_list written; /* streams whose write is over */
    int error;                /* why the session is broken, or 0 */
    bool is_at_fault;         /* the other side, and it was told so */

    struct coil_buffer out; /* frames that go out together */
    struct coil_handle sending;
    bool is_sending_due;
    bool is_writing; /* a task waits until the connection takes more */
    bool is_ours;    /* nghttp2 is being called */

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

/*
 * Begin HTTP/2 on a connection, which is borrowed until the session is freed.
 * `*out` is returned: release it with coil__http2_session_free().
 * Returns 0; -ENOMEM; -ENOTSUP: HTTP/2 is not built in.
 */
int coil__http2_session_new(struct coil__http2_session **out,
                            struct coil_stream *below,
                            const struct coil__http2_options *options);

/*
 * Read until the end.  Returns 0: the other side has closed, or both have said
 * that they go and no stream is left; else
 *   -EAGAIN     nobody has had a stream for `quiet` since it runs: running may
 *               go on
 *   -ETIMEDOUT  a head took too long
 *   -ECANCELED  running may go on
 *   COIL_EHTTP_MALFORMED  the other side breaks the protocol, or floods; it is
 *               told so
 *   -ECONNRESET, -ENOMEM …  the connection broke, or memory was lacking
 */
int coil__http2_session_run(struct coil__http2_session *session,
                            coil_time quiet) COIL_SUSPENDS;

/*
 * The same for who does not run the session: these bytes have come.  Returns 0;
 * COIL_EHTTP_MALFORMED: the other side breaks the protocol, and is told so;
 * -ENOMEM.  After an error the session is to be freed.
 */
int coil__http2_session_receive(struct coil__http2_session *session,
                                const void *data, size_t size);

/* Whether nothing more will come or go: somebody has said that he goes. */
bool coil__http2_session_is_over(const struct coil__http2_session *session);

/* Say that no more streams are wanted; those that are there go on. */
void coil__http2_session_go_away(struct coil__http2_session *session);

/* Whether a request can be made. */
bool coil__http2_session_is_open(const struct coil__http2_session *session);

/* Send what there is to be sent, soon, together with what others have. */
void coil__http2_session_send_soon(struct coil__http2_session *session);

/* Send what there is to be sent, as far as the connection takes it now. */
void coil__http2_session_send_now(struct coil__http2_session *session);

/* End all streams with `error`.  The connection is not used any more. */
void coil__http2_session_fail(struct coil__http2_session *session, int error);

/* Fail, and free the session.  Streams that somebody has go on failing. */
void coil__http2_session_free(struct coil__http2_session *session);

/* ---- heads ---------------------------------------------------------------- */

/* What the first line of HTTP/1.1 says of a request. */
struct coil__http2_request {
    const char *method;
    const char *authority;
    size_t authority_size;
    const char *path;
    size_t path_size;
    const char *protocol; /* of an extended CONNECT; or NULL */
    bool is_secure;
};

/*
 * Send a request.  `lines` are as lines.h has them, and are changed.  `length`
 * is that of the body, 0: there is none, or COIL__HTTP2_UNKNOWN.  `*out` is
 * returned: a stream over which the body goes out, and that of the response comes.
 *
 * Returns 0; -ENOMEM; -ESHUTDOWN: the session takes no more requests.
 */
int coil__http2_send_request(struct coil__http2_session *session,
                             const struct coil__http2_request *request,
                             char *lines, size_t size, uint64_t length,
                             struct coil_stream **out);

/*
 * Send the head of a response, which is an interim one if the status is below
 * 200.  `length` is that of the body.  Returns 0; -ENOMEM; the error of a stream
 * that has gone.
 */
int coil__http2_send_response(struct coil__http2_stream *stream, int status,
                              char *lines, size_t size, uint64_t length);

/* Reset a stream with a code of RFC 9113, 7. */
void coil__http2_reset(struct coil__http2_stream *stream, uint32_t code);

/* Bytes of a body were read, or dropped: the other side may send as many. */
void coil__http2_session_consume(struct coil__http2_session *session,
                                 int32_t id, size_t size);

/* Make nghttp2 ask the stream for what it has to send. */
void coil__http2_session_resume(struct coil__http2_stream *stream);

/* Somebody has no use for a stream any more. */
void coil__http2_session_leave(struct coil__http2_session *session);

/* A stream is about to be freed. */
void coil__http2_session_forget(struct coil__http2_session *session,
                                struct coil__http2_stream *stream);

#endif
