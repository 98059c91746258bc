/* SPDX-License-Identifier: MIT */
/*
 * http/server/response_head.h - the head of a response, and how its body goes out
 */
#ifndef COIL_HTTP_SERVER_RESPONSE_HEAD_H
#define COIL_HTTP_SERVER_RESPONSE_HEAD_H

#include "http/server/http_exchange.h"
#include "http/wire/write.h"

/* Put the first line of a response of HTTP/1.1. */
void coil__http_put_status(struct coil__http_writer *writer, int status);

/* Decide how the body is sent, and whether the connection is kept after it. */
void coil__http_settle_body(struct coil_http_exchange *exchange, int status,
                            int64_t length);

/*
 * Put the head, of which the lines are the same for HTTP/1.1 and HTTP/2.  A
 * `length` below 0 is not said.
 */
void coil__http_put_response(struct coil__http_writer *writer,
                             struct coil_http_exchange *exchange, int status,
                             const char *content_type, int64_t length);

/* Put the head that opens a tunnel, with `lines` before those of the handler. */
void coil__http_put_tunnel(struct coil__http_writer *writer,
                           const struct coil_http_exchange *exchange,
                           const struct coil_buffer *lines);

#endif
