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

#include <coil/base.h>

#include "http/http2/heads.h"
#include "http/http2/outgoing.h"
#include "http/http2/sending.h"
#include "http/http2/state.h"

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
 * Give the session bytes that have come.  An owner that reads by itself calls this
 * function instead of coil__http2_session_run().  Returns 0; COIL_EHTTP_MALFORMED:
 * the other side breaks the protocol, and is told so; -ENOMEM.  After an error the
 * session is to be freed.
 */
int coil__http2_session_receive(struct coil__http2_session *session,
                                const void *data, size_t size);

/* Say that no more streams are wanted; those that are there go on. */
void coil__http2_session_go_away(struct coil__http2_session *session);

/* The same of the session that a stream has, which is still there. */
void coil__http2_stream_go_away(struct coil__http2_stream *stream);

/* Fail, and free the session.  Streams that somebody has go on failing. */
void coil__http2_session_free(struct coil__http2_session *session);

#endif
