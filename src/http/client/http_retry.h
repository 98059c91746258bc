/* SPDX-License-Identifier: MIT */
/*
 * http/client/http_retry.h - whether and when a request is made again
 */
#ifndef COIL_HTTP_CLIENT_HTTP_RETRY_H
#define COIL_HTTP_CLIENT_HTTP_RETRY_H

#include "http/client/call.h"
#include "http/client/http_response.h"

/* Whether an error may mean that the other side has ended the connection. */
bool coil__http_is_loss(int error);

/*
 * Whether the call, whose last request came to `rc` and, if that is 0, to
 * `response`, is to be repeated after `*delay`.  Takes what that costs from the
 * client's budget.
 */
bool coil__http_should_repeat(struct coil__http_call *call, int rc,
                              const struct coil__http_response *response,
                              coil_time *delay);

/*
 * How long a server asks to wait.  COIL_NEVER: it does not say, or what it says
 * makes no sense.
 */
coil_time coil__http_retry_after(const struct coil_http_response *response);

#endif
