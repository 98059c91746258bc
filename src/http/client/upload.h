/* SPDX-License-Identifier: MIT */
/*
 * http/client/upload.h - send a body that does not go out in one piece
 */
#ifndef COIL_HTTP_CLIENT_UPLOAD_H
#define COIL_HTTP_CLIENT_UPLOAD_H

#include "http/client/call.h"

/* Bodies in memory up to this size are sent without waiting. */
enum { COIL__HTTP_SHORT_BODY = 64 * 1024 };

/*
 * Send the body of the call's request, and flush the connection.  A source is begun
 * anew if it has been used.
 *
 * Returns 0, or an error; `*is_source_error`: it is the source's, and says
 * nothing of the connection.
 */
int coil__http_send_body(struct coil__http_call *call,
                         struct coil__http_connection *connection,
                         bool *is_source_error) COIL_SUSPENDS;

#endif
