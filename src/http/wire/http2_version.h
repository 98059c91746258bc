/* SPDX-License-Identifier: MIT */
/*
 * http/wire/http2_version.h - whether HTTP/2 is built in
 */
#ifndef COIL_HTTP_WIRE_HTTP2_VERSION_H
#define COIL_HTTP_WIRE_HTTP2_VERSION_H

/* The version of nghttp2; NULL: HTTP/2 is not built in. */
const char *coil__http2_version(void);

#endif
