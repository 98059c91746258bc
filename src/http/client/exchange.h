/* SPDX-License-Identifier: MIT */
/*
 * http/client/exchange.h - a request and the head of its response, over one
 * connection
 */
#ifndef COIL_HTTP_CLIENT_EXCHANGE_H
#define COIL_HTTP_CLIENT_EXCHANGE_H

#include "http/client/call.h"
#include "http/client/http_response.h"

/*
 * Send the call's next request and read the head of the final response.  On
 * success the response has the connection.
 */
int coil__http_exchange(struct coil__http_call *call,
                        struct coil__http_connection *connection,
                        struct coil__http_response **out) COIL_SUSPENDS;

#endif
