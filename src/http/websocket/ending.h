/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/ending.h - the end of a WebSocket, and who hears of it
 */
#ifndef COIL_HTTP_WEBSOCKET_ENDING_H
#define COIL_HTTP_WEBSOCKET_ENDING_H

#include "http/websocket/websocket.h"

/* Who waits for the other side, and hears if the WebSocket ends. */
struct coil__websocket_wait {
    struct coil_link link;
    struct coil_timeout scope;
    bool is_on;
};

/*
 * Begin and end a wait on the stream.  end() turns the `rc` of who was woken
 * because the WebSocket has ended into the error that ended it.
 */
void coil__websocket_wait_begin(struct coil_websocket *ws,
                                struct coil__websocket_wait *wait);
int coil__websocket_wait_end(struct coil_websocket *ws,
                             struct coil__websocket_wait *wait, int rc);

/*
 * Returns `rc`, and remembers it if it is an error of the other side's: a handler
 * that returns it is not reported.
 */
int coil__websocket_blame(struct coil_websocket *ws, int rc);

/* The WebSocket has ended: nobody waits, and nothing more is sent. */
void coil__websocket_end(struct coil_websocket *ws, int error);

#endif
