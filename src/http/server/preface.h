/* SPDX-License-Identifier: MIT */
/*
 * http/server/preface.h - how a client begins that knows that the server speaks
 * HTTP/2 (RFC 9113, 3.4)
 */
#ifndef COIL_HTTP_SERVER_PREFACE_H
#define COIL_HTTP_SERVER_PREFACE_H

#include <coil/stream.h>

/*
 * Look at the first bytes, as many as are needed, and take none.  Returns 1 or 0,
 * or an error of coil_stream_peek().
 */
int coil__http_has_preface(struct coil_stream *stream) COIL_SUSPENDS;

#endif
