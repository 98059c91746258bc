/* SPDX-License-Identifier: MIT */
/*
 * http/client/redirect.h - where a response sends the request to
 */
#ifndef COIL_HTTP_CLIENT_REDIRECT_H
#define COIL_HTTP_CLIENT_REDIRECT_H

#include "http/client/call.h"
#include "http/client/http_response.h"

/*
 * Whether `response` is a redirect that the call can follow.  It cannot if
 * the body would have to be sent again and is gone.
 */
bool coil__http_is_redirect(const struct coil__http_call *call,
                            const struct coil__http_response *response);

/*
 * Make the call ask for what the redirect names, and remember the redirect.
 *
 * Returns 0; COIL_EHTTP_TOO_MANY_REDIRECTS; COIL_EHTTP_BAD_REDIRECT;
 * COIL_EHTTP_DOWNGRADE; -ENOMEM.
 */
int coil__http_redirect(struct coil__http_call *call,
                        const struct coil__http_response *response);

#endif
