/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_respond.h - send the response of an exchange
 */
#ifndef COIL_HTTP_SERVER_HTTP_RESPOND_H
#define COIL_HTTP_SERVER_HTTP_RESPOND_H

#include <coil/http_respond.h>

#include "http/server/http_exchange.h"
#include "http/wire/write.h"

enum { COIL__HTTP_SMALL = 16 * 1024 }; /* so many bytes are sent in one piece */

/* Answer with the status and its name. */
int coil__http_respond_status(struct coil_http_exchange *exchange, int status)
    COIL_SUSPENDS;

/*
 * Write what ends the response that the handler has begun.  Returns 0, or an
 * error: the connection cannot be used any more.
 */
int coil__http_respond_end(struct coil_http_exchange *exchange) COIL_SUSPENDS;

#endif
