/* SPDX-License-Identifier: MIT */
/*
 * http/server/serve.h - answer one request of a connection
 */
#ifndef COIL_HTTP_SERVER_SERVE_H
#define COIL_HTTP_SERVER_SERVE_H

#include "http/server/channel.h"
#include "http/server/http_exchange.h"

/*
 * Answer the request whose head is exchange->head.  Returns whether the
 * connection can serve another request.
 */
bool coil__http_serve(struct coil_http_exchange *exchange,
                      struct coil__http_channel *channel);

/*
 * Answer a request that could not be read because of `error`, if any of it has
 * come.
 */
void coil__http_refuse(struct coil_http_exchange *exchange,
                       struct coil__http_channel *channel, int error);

#endif
