/* SPDX-License-Identifier: MIT */
/*
 * http/client/received.h - what the head of a response says to the client itself
 */
#ifndef COIL_HTTP_CLIENT_RECEIVED_H
#define COIL_HTTP_CLIENT_RECEIVED_H

#include "http/client/call.h"
#include "http/wire/decoded.h"

/*
 * Take the cookies, and get ready to decompress the body, for which the reader
 * of the connection must be ready.  Returns 0; -ENOMEM.
 */
int coil__http_take_head(const struct coil__http_call *call,
                         const struct coil__http_connection *connection,
                         const struct coil__http_head *head,
                         struct coil__http_decoded *decoded);

#endif
