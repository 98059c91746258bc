/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_respond_tunnel.h - the answer that opens a tunnel
 */
#ifndef COIL_HTTP_SERVER_HTTP_RESPOND_TUNNEL_H
#define COIL_HTTP_SERVER_HTTP_RESPOND_TUNNEL_H

#include "http/server/http_exchange.h"

/*
 * Open the tunnel by 200, with `lines` and the headers that were added before.  Its
 * stream is the channel's.  Returns 0, else as coil_http_respond_tunnel(): no tunnel
 * is open.
 */
int coil__http_tunnel_open(struct coil_http_exchange *exchange,
                           const struct coil_buffer *lines);

#endif
