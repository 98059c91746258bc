/* SPDX-License-Identifier: MIT */
/*
 * http/http2/sending.h - send the frames that nghttp2 has, and the end of a session
 */
#ifndef COIL_HTTP_HTTP2_SENDING_H
#define COIL_HTTP_HTTP2_SENDING_H

#include "http/http2/state.h"

/* Whether nothing more will come or go: somebody has said that he goes. */
bool coil__http2_session_is_over(const struct coil__http2_session *session);

/* Send what there is to be sent, soon, together with what others have. */
void coil__http2_session_send_soon(struct coil__http2_session *session);

/* Send what there is to be sent, as far as the connection takes it now. */
void coil__http2_session_send_now(struct coil__http2_session *session);

/* End all streams with `error`.  The connection is not used any more. */
void coil__http2_session_fail(struct coil__http2_session *session, int error);

/* When the one who reads stops waiting, as things are now. */
coil_time
coil__http2_session_end_of_wait(const struct coil__http2_session *session);

/* How long the one who reads waits may have changed. */
void coil__http2_session_settle(struct coil__http2_session *session);

/* Somebody has no use for a stream any more: perhaps it was the last one. */
void coil__http2_session_quiet(struct coil__http2_session *session);

/* One fewer needs the memory of the session. */
void coil__http2_session_release(struct coil__http2_session *session);

#endif
