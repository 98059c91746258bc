/* SPDX-License-Identifier: MIT */
/*
 * http/wire/websocket_url.h - URLs of WebSockets: "ws" is "http", and "wss" is
 * "https" (RFC 6455, 3)
 */
#ifndef COIL_HTTP_WIRE_WEBSOCKET_URL_H
#define COIL_HTTP_WIRE_WEBSOCKET_URL_H

/*
 * What follows "ws" in "ws:…" and "wss:…", in any case: with "http" before it, it is
 * the URL of the same place.  NULL: `url` begins in another way.
 */
const char *coil__websocket_url_behind_ws(const char *url);

#endif
