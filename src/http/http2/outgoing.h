/* SPDX-License-Identifier: MIT */
/*
 * http/http2/outgoing.h - what a session sends of its streams: heads, bodies, resets
 */
#ifndef COIL_HTTP_HTTP2_OUTGOING_H
#define COIL_HTTP_HTTP2_OUTGOING_H

#include "http/http2/state.h"

/* What streams call. */
extern const struct coil__http2_carrier_ops coil__http2_outgoing;

/* Whether a request can be made. */
bool coil__http2_session_is_open(const struct coil__http2_session *session);

/* Whether the server offers extended CONNECT (RFC 8441), as far as is known. */
bool coil__http2_session_offers_connect(
    const struct coil__http2_session *session);

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

#endif
