/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/keep.h - pings by a timer, and what has become of them
 */
#ifndef COIL_HTTP_WEBSOCKET_KEEP_H
#define COIL_HTTP_WEBSOCKET_KEEP_H

#include "http/websocket/websocket.h"

/* Begin to send pings, if the options want them and the scheduler has a clock. */
void coil__websocket_keep_begin(struct coil_websocket *ws);

/* A ping was sent: the program's, or the timer's. */
void coil__websocket_keep_sent(struct coil_websocket *ws, const void *bytes,
                               size_t size);

/* A pong has come. */
void coil__websocket_keep_answered(struct coil_websocket *ws, const void *bytes,
                                   size_t size);

#endif
