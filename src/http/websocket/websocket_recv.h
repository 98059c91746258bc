/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/websocket_recv.h - one task at a time receives
 */
#ifndef COIL_HTTP_WEBSOCKET_WEBSOCKET_RECV_H
#define COIL_HTTP_WEBSOCKET_WEBSOCKET_RECV_H

#include "http/websocket/websocket.h"

/* Be the one who receives.  Returns 0; -ECANCELED; -EBUSY: there is another. */
int coil__websocket_enter(struct coil_websocket *ws) COIL_SUSPENDS;
void coil__websocket_leave(struct coil_websocket *ws);

#endif
