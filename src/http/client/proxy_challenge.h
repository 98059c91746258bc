/* SPDX-License-Identifier: MIT */
/*
 * http/client/proxy_challenge.h - a proxy that is asked itself wants to know who
 * asks
 */
#ifndef COIL_HTTP_CLIENT_PROXY_CHALLENGE_H
#define COIL_HTTP_CLIENT_PROXY_CHALLENGE_H

#include "http/client/call.h"
#include "http/client/http_response.h"

/*
 * Whether `response` is that of a proxy that asks who asks, and the request is to
 * be sent again with an answer.
 */
bool coil__http_is_challenged(struct coil__http_call *call,
                              const struct coil__http_response *response);

#endif
