/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "echo.h"
#include "request.h"

bool parse_count(const char *text, int *value)
{
    long number = 0;

    if (!*text || strlen(text) > 10)
        return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return false;
        number = number * 10 + (*c - '0');
    }
    *value = (int)number;
    return number <= INT32_MAX;
}

bool parse_seconds(const char *text, double max, coil_time *value)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end || !(seconds >= 0))
        return false;
    if (seconds > max)
        seconds = max;
    *value = (coil_time)(seconds * (double)COIL_SECOND);
    return true;
}

bool get_count(struct request *request, int *value)
{
    return parse_count(coil_http_exchange_segment(request->exchange, 0), value);
}

const char *argument_or(struct request *request, const char *name,
                        const char *otherwise)
{
    const char *value = coil_http_exchange_argument(request->exchange, name);

    return value ? value : otherwise;
}

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

int respond_echo(struct request *request, unsigned fields)
{
    json_t *object;
    int rc = echo_request(request->exchange, fields, &object);

    if (rc < 0)
        return rc;
    return respond_json(request, object);
}

int respond_pair(struct request *request, const char *key, json_t *value)
{
    json_t *object = json_object();

    if (!object || json_object_set_new(object, key, value) < 0) {
        if (!object)
            json_decref(value);
        json_decref(object);
        return -ENOMEM;
    }
    return respond_json(request, object);
}
