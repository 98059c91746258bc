/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

void request_is_served(struct request *request)
{
    if (request->counted)
        request->httpbin->inflight--;
    request->counted = false;
}

int respond(struct request *request, int status, const char *type,
            const void *body, size_t size)
{
    request_is_served(request);
    return coil_http_respond(request->exchange, status, type, body, size);
}

int respond_text(struct request *request, int status, const char *text)
{
    return respond(request, status, "text/plain; charset=utf-8", text,
                   strlen(text));
}

int respond_json(struct request *request, json_t *value)
{
    size_t length;
    char *text;
    int rc;

    text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(value);
    if (!text)
        return -ENOMEM;
    /* The line ends in place of the NUL. */
    length = strlen(text);
    text[length] = '\n';
    rc = respond(request, 200, "application/json", text, length + 1);
    free(text);
    return rc;
}
