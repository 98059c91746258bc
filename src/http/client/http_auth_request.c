/* SPDX-License-Identifier: MIT */
/* A request that says who asks, and says it again if the server wants to know. */
#include <string.h>

#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "http/wire/url.h"

enum { UNAUTHORIZED = 401, MAX_TIMES = 3 }; /* one may be stale */

/* Path and query, as they are sent. */
static char *target_of(const char *text)
{
    struct coil_url url;
    size_t size = strcspn(text, "#");
    const char *at;
    char *target;

    coil__url_split(&url, text, size);
    at = url.path.at;
    size = (size_t)(text + size - at);
    target = coil__alloc(size + 2);
    if (!target)
        return NULL;
    if (*at != '/')
        *target = '/';
    memcpy(target + strlen(target), at, size);
    return target;
}

/* Send the request with the header `value`, or without one. */
static int send_with(const char *value, struct coil_http_client *client,
                     const struct coil_http_request *request,
                     struct coil_http_response **response)
{
    struct coil_http_request with = *request;
    struct coil_http_header *headers =
        coil__alloc((request->header_count + 1) * sizeof *headers);
    int rc;

    if (!headers)
        return -ENOMEM;
    if (request->header_count > 0)
        memcpy(headers, request->headers,
               request->header_count * sizeof *headers);
    headers[with.header_count] =
        (struct coil_http_header){ "Authorization", value };
    with.headers = headers;
    with.header_count += value ? 1 : 0;
    rc = coil_http_request(client, &with, response);
    coil__free(headers);
    return rc;
}

/*
 * Send it, and see what has come.  Returns 1 if it is to be sent again, 0 with
 * the response, or an error.
 */
static int attempt(struct coil_http_auth *auth, struct coil_http_client *client,
                   const struct coil_http_request *request, const char *target,
                   struct coil_http_response **response)
{
    const char *method = request->method ? request->method : "GET";
    char *value;
    int rc = coil_http_auth_header(auth, method, target, &value);

    if (rc < 0)
        return rc;
    rc = send_with(value, client, request, response);
    if (rc == 0 && (*response)->status == UNAUTHORIZED)
        rc = coil_http_auth_challenge(auth, value, (*response)->headers,
                                      (*response)->header_count, false);
    else if (rc == 0)
        coil_http_auth_take_info(auth, (*response)->headers,
                                 (*response)->header_count, false);
    coil_http_auth_free_text(value);
    return rc;
}

static int send_times(struct coil_http_auth *auth,
                      struct coil_http_client *client,
                      const struct coil_http_request *request,
                      const char *target, struct coil_http_response **response)
{
    for (int i = 1;; i++) {
        int rc = attempt(auth, client, request, target, response);

        if (rc == 0 || (rc > 0 && i == MAX_TIMES))
            return 0;
        coil_http_response_free(*response);
        *response = NULL;
        if (rc < 0)
            return rc;
    }
}

int coil_http_auth_request(struct coil_http_auth *auth,
                           struct coil_http_client *client,
                           const struct coil_http_request *request,
                           struct coil_http_response **response)
{
    struct coil_http_request encoded = *request;
    struct coil__http_url parts;
    char *url = NULL;
    char *target;
    int rc = coil_checkpoint();

    *response = NULL;
    if (rc < 0)
        return rc;
    if (coil__http_url_parse(&parts, request->url) == COIL_EHTTP_BAD_URL)
        rc = coil_url_encode(&url, request->url);
    if (rc < 0)
        return rc;
    if (url)
        encoded.url = url;
    target = target_of(encoded.url);
    rc =
        target ? send_times(auth, client, &encoded, target, response) : -ENOMEM;
    coil__free(target);
    coil_url_free(url);
    return rc;
}
