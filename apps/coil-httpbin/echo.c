/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode.h"
#include "echo.h"

/* Takes the reference to `value`; NULL: no memory. */
static int set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) < 0 ? -ENOMEM : 0;
}

/* Set `key` to a new, empty object, which is borrowed; NULL: no memory. */
static json_t *set_object(json_t *object, const char *key)
{
    json_t *value = json_object();

    return set(object, key, value) < 0 ? NULL : value;
}

static const char *header_or(struct coil_http_exchange *exchange,
                             const char *name, const char *otherwise)
{
    const char *value = coil_http_exchange_header(exchange, name);

    return value ? value : otherwise;
}

static int add_args(json_t *out, struct coil_http_exchange *exchange)
{
    const char *query = coil_http_exchange_query(exchange);
    json_t *args = set_object(out, "args");

    return args ? decode_urlencoded(args, query, strlen(query)) : -ENOMEM;
}

/* "x-foo" as "X-Foo". */
static void make_canonical(char *name)
{
    bool begins = true;

    for (char *c = name; *c; c++) {
        if (begins && *c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (!begins && *c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        begins = *c == '-';
    }
}

/* What is sent twice is one value with a comma. */
static int add_header(json_t *headers, const char *name, const char *value)
{
    const char *old = json_string_value(json_object_get(headers, name));
    char *both;
    int rc;

    if (!old)
        return set(headers, name, decode_text(value, strlen(value)));
    both = malloc(strlen(old) + 1 + strlen(value) + 1);
    if (!both)
        return -ENOMEM;
    stpcpy(stpcpy(stpcpy(both, old), ","), value);
    rc = set(headers, name, decode_text(both, strlen(both)));
    free(both);
    return rc;
}

static int add_headers(json_t *out, struct coil_http_exchange *exchange)
{
    const struct coil_http_header *header;
    json_t *headers = set_object(out, "headers");
    size_t count;
    int rc = 0;

    if (!headers)
        return -ENOMEM;
    header = coil_http_exchange_headers(exchange, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char *name = strdup(header[i].name);

        if (!name)
            return -ENOMEM;
        make_canonical(name);
        rc = add_header(headers, name, header[i].value);
        free(name);
    }
    return rc;
}

static int add_origin(json_t *out, struct coil_http_exchange *exchange)
{
    const char *forwarded =
        coil_http_exchange_header(exchange, "X-Forwarded-For");
    char buffer[COIL_ADDRESS_STRING];
    struct coil_address peer;
    size_t length;

    if (forwarded)
        return set(out, "origin", decode_text(forwarded, strlen(forwarded)));

    /* The host of "127.0.0.1:80" and "[::1]:80". */
    coil_http_exchange_peer(exchange, &peer);
    coil_address_string(&peer, buffer);
    length = strcspn(buffer, "]");
    if (buffer[0] == '[')
        return set(out, "origin", json_stringn_nocheck(buffer + 1, length - 1));
    return set(out, "origin",
               json_stringn_nocheck(buffer, strcspn(buffer, ":")));
}

static int add_url(json_t *out, struct coil_http_exchange *exchange)
{
    const char *scheme = header_or(exchange, "X-Forwarded-Proto", "http");
    const char *host = header_or(exchange, "Host", "localhost");
    const char *path = coil_http_exchange_path(exchange);
    const char *query = coil_http_exchange_query(exchange);
    size_t size = strlen(scheme) + strlen(host) + strlen(path) + strlen(query);
    char *url = malloc(size + sizeof "://?");
    json_t *text;
    char *end;

    if (!url)
        return -ENOMEM;
    end = stpcpy(stpcpy(stpcpy(url, scheme), "://"), host);
    end = stpcpy(end, path);
    if (*query)
        end = stpcpy(stpcpy(end, "?"), query);
    text = decode_text(url, (size_t)(end - url));
    free(url);
    return set(out, "url", text);
}

static int add_json(json_t *out, const char *body, size_t size)
{
    json_t *value = NULL;
    json_error_t error;

    if (size > 0)
        value =
            json_loadb(body, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    /* What is no JSON is null; what could not be read is not. */
    if (size > 0 && !value && strncmp(error.text, "out of memory", 13) == 0)
        return -ENOMEM;
    return set(out, "json", value ? value : json_null());
}

/* A form is told as what it means, other bodies as what they are. */
static int add_body(json_t *out, const char *type, const char *body,
                    size_t size, bool *is_form)
{
    static const char urlencoded[] = "application/x-www-form-urlencoded";
    static const char multipart[] = "multipart/form-data";
    json_t *files = set_object(out, "files");
    json_t *form = set_object(out, "form");
    int rc;

    if (!files || !form)
        return -ENOMEM;
    *is_form = true;
    if (strncasecmp(type, urlencoded, sizeof urlencoded - 1) == 0)
        rc = decode_urlencoded(form, body, size);
    else if (strncasecmp(type, multipart, sizeof multipart - 1) == 0)
        rc = decode_multipart(form, files, type, body, size);
    else {
        *is_form = false;
        return set(out, "data",
                   decode_body(body, size, "application/octet-stream"));
    }
    return rc < 0 ? rc : set(out, "data", json_string(""));
}

int echo_request(struct coil_http_exchange *exchange, unsigned fields,
                 json_t **out)
{
    const char *type = header_or(exchange, "Content-Type", "");
    const char *method = coil_http_exchange_method(exchange);
    const char *body = "";
    bool is_form = false;
    size_t size = 0;
    json_t *object;
    int rc = 0;

    if (fields & (ECHO_BODY | ECHO_JSON)) {
        rc = coil_http_exchange_body(exchange, &body, &size);
        if (rc < 0)
            return rc;
    }

    object = json_object();
    if (!object)
        return -ENOMEM;
    /* In httpbin's order, which /stream shows; the others are sorted. */
    if (fields & ECHO_URL)
        rc = add_url(object, exchange);
    if (rc == 0 && fields & ECHO_ARGS)
        rc = add_args(object, exchange);
    if (rc == 0 && fields & ECHO_BODY)
        rc = add_body(object, type, body, size, &is_form);
    if (rc == 0 && fields & ECHO_JSON)
        rc = add_json(object, body, is_form ? 0 : size);
    if (rc == 0 && fields & ECHO_METHOD)
        rc = set(object, "method", json_string(method));
    if (rc == 0 && fields & ECHO_HEADERS)
        rc = add_headers(object, exchange);
    if (rc == 0 && fields & ECHO_ORIGIN)
        rc = add_origin(object, exchange);
    if (rc < 0) {
        json_decref(object);
        return rc;
    }
    *out = object;
    return 0;
}
