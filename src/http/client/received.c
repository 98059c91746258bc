/* SPDX-License-Identifier: MIT */
#include "http/client/received.h"

#include <coil/http_cookies.h>

/* A part of a compressed body cannot be decompressed. */
static bool is_decoded(const struct coil__http_call *call,
                       const struct coil__http_connection *c, int status)
{
    return !call->request->keep_encoded && !call->client->keeps_encoded &&
           status != 206 && c->reader.body != COIL__HTTP_NO_BODY;
}

int coil__http_take_head(const struct coil__http_call *call,
                         const struct coil__http_connection *connection,
                         const struct coil__http_head *head,
                         struct coil__http_decoded *decoded)
{
    const struct coil_http_client *client = call->client;
    int rc = 0;

    *decoded = (struct coil__http_decoded){ .decoder = NULL };
    if (client->cookies)
        rc = coil_http_cookies_take(client->cookies, call->text, head->headers,
                                    head->header_count);
    if (rc < 0 || !is_decoded(call, connection, head->status))
        return rc < 0 ? rc : 0;
    return coil__http_decoded_begin(decoded, head->headers, head->header_count,
                                    client->max_ratio);
}
