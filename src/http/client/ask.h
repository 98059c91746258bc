/* SPDX-License-Identifier: MIT */
/*
 * http/client/ask.h - ask one origin
 */
#ifndef COIL_HTTP_CLIENT_ASK_H
#define COIL_HTTP_CLIENT_ASK_H

#include "http/client/call.h"
#include "http/client/http_response.h"

/*
 * Ask one origin, and read the head of its response.  A request that was lost on
 * a dead connection, or that the server has not taken, is repeated.  On success
 * the response has the connection, even if there is no body.
 */
int coil__http_ask(struct coil__http_call *call,
                   struct coil__http_response **out) COIL_SUSPENDS;

#endif
