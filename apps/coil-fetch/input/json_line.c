/* SPDX-License-Identifier: MIT */
#include "input/json_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "input/base64.h"
#include "input/details.h"
#include "input/json_scan.h"
#include "input/request.h"

enum { MAX_DEPTH = 64, MAX_METHOD = 64 };

struct reading {
    const char *text; /* the line */
    size_t size;
    struct job_details *details;
    const json_t *url;
    int64_t priority;
    const char *member; /* the one that is read */
    size_t index;       /* its place */
    bool is_json;       /* the body is the member `json` */
    char reason[512];
};

__attribute__((format(printf, 2, 3))) static int refuse(struct reading *r,
                                                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    return -EINVAL;
}

/* ---- members ---- */

static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);

    return text && strlen(text) == json_string_length(value) ? text : NULL;
}

static int need_text(struct reading *r, const json_t *value, const char **text)
{
    *text = text_of(value);
    return *text ? 0
                 : refuse(r, "\"%s\" is not a string, or has a NUL", r->member);
}

static int take_text(struct reading *r, const json_t *value, char **field)
{
    const char *text;
    int rc = need_text(r, value, &text);

    if (rc < 0)
        return rc;
    return details_set(field, text, strlen(text));
}

static int take_url(struct reading *r, const json_t *value)
{
    const char *text;

    r->url = value;
    return need_text(r, value, &text);
}

static int take_method(struct reading *r, const json_t *value)
{
    int rc = take_text(r, value, &r->details->method);

    if (rc < 0)
        return rc;
    if (!coil_http_is_token(r->details->method) ||
        strlen(r->details->method) > MAX_METHOD ||
        strcmp(r->details->method, "CONNECT") == 0)
        return refuse(r, "\"method\" is not a method that can be sent");
    return 0;
}

static int add_header(struct reading *r, const char *name, const json_t *value)
{
    const char *text = text_of(value);
    const char *reason;
    int rc;

    if (!name || !text)
        return refuse(r,
                      "a header in \"headers\" is not a string, or has a NUL");
    rc = details_add_header(r->details, name, text, &reason);
    if (rc == -EINVAL)
        return refuse(r, "\"headers\": %s: %.100s", reason, name);
    return rc;
}

static int take_header_object(struct reading *r, const json_t *object)
{
    const char *name;
    json_t *value;
    int rc = 0;

    json_object_foreach((json_t *)object, name, value)
    {
        if (json_is_array(value) && json_array_size(value) > 0)
            for (size_t i = 0; rc == 0 && i < json_array_size(value); i++)
                rc = add_header(r, name, json_array_get(value, i));
        else
            rc = add_header(r, name, value);
        if (rc < 0)
            break;
    }
    return rc;
}

static int take_header_list(struct reading *r, const json_t *list)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);

        if (!json_is_array(pair) || json_array_size(pair) != 2)
            return refuse(
                r, "\"headers\" has an element that is no pair of a name "
                   "and a value");
        rc = add_header(r, text_of(json_array_get(pair, 0)),
                        json_array_get(pair, 1));
    }
    return rc;
}

static int take_headers(struct reading *r, const json_t *value)
{
    if (json_is_object(value))
        return take_header_object(r, value);
    if (json_is_array(value))
        return take_header_list(r, value);
    return refuse(r, "\"headers\" is neither an object nor an array");
}

static int take_body_bytes(struct reading *r, const char *bytes, size_t size)
{
    if (r->details->body)
        return refuse(
            r, "only one of \"body\", \"body_base64\" and \"json\" can be "
               "there");
    r->details->body_size = size;
    return details_set(&r->details->body, bytes, size);
}

static int take_body(struct reading *r, const json_t *value)
{
    if (!json_is_string(value))
        return refuse(r, "\"body\" is not a string; \"json\" takes any value");
    return take_body_bytes(r, json_string_value(value),
                           json_string_length(value));
}

static int take_base64(struct reading *r, const json_t *value)
{
    const char *text;
    unsigned char *bytes;
    size_t size;
    int rc = need_text(r, value, &text);

    if (rc < 0)
        return rc;
    bytes = malloc(strlen(text) + 1);
    if (!bytes)
        return -ENOMEM;
    rc = base64_decode(bytes, &size, text, strlen(text))
             ? take_body_bytes(r, (const char *)bytes, size)
             : refuse(r, "\"body_base64\" is not base64");
    free(bytes);
    return rc;
}

static int take_json(struct reading *r, const json_t *value)
{
    const char *bytes;
    size_t size = json_member(r->text, r->size, r->index, &bytes);

    (void)value;
    r->is_json = true;
    return take_body_bytes(r, bytes, size);
}

static int take_priority(struct reading *r, const json_t *value)
{
    if (!json_is_integer(value))
        return refuse(r, "\"priority\" is not a whole number");
    r->priority = json_integer_value(value);
    return 0;
}

static int take_name(struct reading *r, const json_t *value)
{
    return take_text(r, value, &r->details->name);
}

static int take_file(struct reading *r, const json_t *value)
{
    if (r->details->file)
        return refuse(r, "only one of \"file\" and \"out\" can be there");
    return take_text(r, value, &r->details->file);
}

static int take_checksum(struct reading *r, const json_t *value)
{
    const char *reason;
    const char *text;
    int rc = need_text(r, value, &text);

    if (rc < 0)
        return rc;
    rc = details_set_checksum(r->details, text, &reason);
    return rc < 0 ? refuse(r, "%s", reason) : 0;
}

static int take_type(struct reading *r, const json_t *value)
{
    return take_text(r, value, &r->details->expected_type);
}

static int take_size(struct reading *r, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return refuse(r, "\"size\" is not a number of bytes");
    r->details->expected_size = json_integer_value(value);
    return 0;
}

static const struct {
    const char *name;
    int (*take)(struct reading *r, const json_t *value);
    bool needs_details;
} members[] = {
    { "url", take_url, false },           { "method", take_method, true },
    { "headers", take_headers, true },    { "body", take_body, true },
    { "body_base64", take_base64, true }, { "json", take_json, true },
    { "priority", take_priority, false }, { "name", take_name, true },
    { "file", take_file, true },          { "out", take_file, true },
    { "checksum", take_checksum, true },  { "type", take_type, true },
    { "size", take_size, true },
};

static int take_member(struct reading *r, const char *name, const json_t *value)
{
    r->member = name;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(members[i].name, name) != 0)
            continue;
        if (members[i].needs_details && !r->details)
            r->details = details_new();
        if (members[i].needs_details && !r->details)
            return -ENOMEM;
        return members[i].take(r, value);
    }
    return refuse(r, "the member \"%.100s\" is not known", name);
}

/* ---- the object ---- */

static int take_object(struct reading *r, const json_t *object)
{
    const char *reason;
    const char *name;
    json_t *value;
    int rc = 0;

    json_object_foreach((json_t *)object, name, value)
    {
        rc = take_member(r, name, value);
        if (rc < 0)
            return rc;
        r->index++;
    }
    if (!r->url)
        return refuse(r, "the object has no \"url\"");
    if (r->is_json && !details_have_header(r->details, "Content-Type"))
        rc = details_add_header(r->details, "Content-Type", "application/json",
                                &reason);
    return rc;
}

/* The parser takes a lack of memory for an error of the text. */
static bool lacks_memory;

static void *allocate(size_t size)
{
    void *memory = malloc(size);

    if (!memory)
        lacks_memory = true;
    return memory;
}

static int parse(struct reading *r, json_t **object)
{
    json_error_t error;

    *object = NULL;
    if (json_depth(r->text, r->size) > MAX_DEPTH)
        return refuse(r, "the JSON is nested too deep");
    lacks_memory = false;
    json_set_alloc_funcs(allocate, free);
    *object = json_loadb(r->text, r->size,
                         JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!*object && lacks_memory)
        return -ENOMEM;
    if (!*object)
        return refuse(r, "this is not JSON: %s", error.text);
    if (!json_is_object(*object))
        return refuse(r, "this is JSON, but not an object");
    return 0;
}

int json_line(struct request *request, const char *text, size_t size)
{
    struct reading r = { .text = text, .size = size };
    json_t *object;
    int rc = parse(&r, &object);

    if (rc == 0)
        rc = take_object(&r, object);
    if (rc == 0) {
        rc = request_make(request, r.priority, json_string_value(r.url),
                          json_string_length(r.url), r.details);
        if (rc == 0)
            r.details = NULL;
    } else if (rc == -EINVAL) {
        rc = request_refuse(request, text, size, "%s", r.reason);
    }
    job_details_free(r.details);
    json_decref(object);
    return rc;
}
