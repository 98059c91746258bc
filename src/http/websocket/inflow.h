/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/inflow.h - take frames apart as they come
 *
 * What is wrong ends the WebSocket, and the other side is told, as soon as the
 * wrong byte is there.
 */
#ifndef COIL_HTTP_WEBSOCKET_INFLOW_H
#define COIL_HTTP_WEBSOCKET_INFLOW_H

#include "http/websocket/websocket.h"

struct coil__websocket_piece {
    enum coil_websocket_kind kind; /* of the message */
    bool is_end;                   /* the message ends with the piece */
};

/*
 * Wait for a piece of a message, and answer what comes in between.  No more than
 * `limit` bytes of a message are taken.
 *
 * Returns how many bytes were put to `out`, 0 only at the end of a message, or
 * what coil_websocket_recv() returns.
 */
ptrdiff_t coil__websocket_take(struct coil_websocket *ws, unsigned char *out,
                               size_t room, size_t limit,
                               struct coil__websocket_piece *piece)
    COIL_SUSPENDS;

#endif
