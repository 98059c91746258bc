/* SPDX-License-Identifier: MIT */
#include "http/client/proxy_challenge.h"

#include "http/client/proxy_auth.h"

bool coil__http_is_challenged(struct coil__http_call *call,
                              const struct coil__http_response *r)
{
    const struct coil__http_proxy *proxy;

    if (r->shown.status != 407)
        return false;
    proxy = coil__http_forwarder_of(&call->client->pool.dialer.proxies,
                                    call->place.origin);
    return proxy && ++call->proxy_times < COIL__HTTP_PROXY_TIMES &&
           coil__http_can_resend(call) &&
           coil__http_proxy_challenge(proxy, call->is_proxy_answered,
                                      r->shown.headers, r->shown.header_count);
}
