/* SPDX-License-Identifier: MIT */
/*
 * http/http2/heads.h - what the user of a stream takes and gives beside bytes: heads,
 * trailers, and what a reset says
 */
#ifndef COIL_HTTP_HTTP2_HEADS_H
#define COIL_HTTP_HTTP2_HEADS_H

#include "http/http2/stream.h"

/*
 * Wait for a head that nobody has taken.  Returns it, to be freed; NULL, with
 * `*error` 0: there will be none, as the other side has said its end; or NULL and
 * an error, -ECANCELED among them.
 */
struct coil__http2_head *
coil__http2_stream_await_head(struct coil__http2_stream *s, int *error)
    COIL_SUSPENDS;

/*
 * Send trailers behind the body, when it is ended by shutdown().  They are lines
 * as lines.h has them; copied.  Returns 0; -ENOMEM.
 */
int coil__http2_set_trailers(struct coil__http2_stream *s, const void *lines,
                             size_t size);

/* Whether the other side has done nothing with a request: it can be repeated. */
bool coil__http2_stream_is_refused(const struct coil__http2_stream *s);

/* Whether the other side wants HTTP/1.1 for this request. */
bool coil__http2_stream_is_downgraded(const struct coil__http2_stream *s);

#endif
