/* SPDX-License-Identifier: MIT */
/*
 * http/http2/events.h - what nghttp2 tells a session
 */
#ifndef COIL_HTTP_HTTP2_EVENTS_H
#define COIL_HTTP_HTTP2_EVENTS_H

#include <nghttp2/nghttp2.h>

struct coil__http2_session;

/* Make callbacks for sessions.  Returns 0; -ENOMEM. */
int coil__http2_events_new(nghttp2_session_callbacks **out);

#endif
