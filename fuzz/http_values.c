/* SPDX-License-Identifier: MIT */
/*
 * http_values.c - what a client says in values, paths and forms
 *
 * The first byte chooses what the rest is: a Range, an If-Match and its like, a
 * Content-Range, a pattern and a path, a form, or what the access log repeats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/http_range.h>
#include <coil/stream_pair.h>
#include <coil/testing.h>

#include "http/server/conditional.h"
#include "http/server/form.h"
#include "http/server/json_check.h"
#include "http/server/log_line.h"
#include "http/server/pattern.h"
#include "http/server/range.h"

#include "fuzz.h"

enum { MOST = 4000 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Within the file, in the order of the request, and without overlaps. */
static void check_range(const char *text, size_t size)
{
    struct coil__http_range ranges[COIL__HTTP_RANGES];
    uint64_t file = size > 0 ? (uint64_t)(unsigned char)text[0] * 7 : 0;
    int count = coil__http_parse_ranges(text + (size > 0), file, ranges);

    require(count >= -1 && count <= COIL__HTTP_RANGES);
    for (int i = 0; i < count; i++) {
        require(ranges[i].size > 0 && ranges[i].size <= file &&
                ranges[i].first <= file - ranges[i].size);
        for (int j = 0; j < i; j++)
            require(ranges[j].first >= ranges[i].first + ranges[i].size ||
                    ranges[i].first >= ranges[j].first + ranges[j].size);
    }
}

static void check_conditions(const char *text)
{
    static const char *const names[] = { "If-Match", "If-None-Match",
                                         "If-Range", "If-Modified-Since",
                                         "If-Unmodified-Since" };
    const struct coil__http_validators now = { "\"1-2\"", 784111777 };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct coil_http_header header = { names[i], text };
        struct coil_http_exchange x = {
            .head = { .method = "GET", .headers = &header, .header_count = 1 }
        };
        int status = coil__http_conditions(&x, &now);

        require(status == 0 || status == 304 || status == 412);
        (void)coil__http_may_send_ranges(&x, &now);
    }
}

static void check_content_range(const char *text)
{
    struct coil_http_range_part part;

    if (coil_http_content_range(&part, text) < 0)
        return;
    require(part.first < 0 || part.first <= part.last);
    require(part.size < 0 || part.last < part.size);
}

/* The pattern is the first line, and the path the second. */
static void check_pattern(char *text)
{
    char *path = strchr(text, '\n');
    struct coil__http_captures captures = { .count = 0 };
    int parameters;
    const char *rest;

    if (!path)
        return;
    *path++ = '\0';
    parameters = coil__http_pattern_parameters(text);
    if (parameters < 0 || parameters > COIL__HTTP_CAPTURES || *path != '/' ||
        !coil__http_is_encoded(path, strlen(path)))
        return;
    rest = coil__http_pattern_match(text, path, false, &captures);
    if (!rest)
        return;
    require(*rest == '\0' && captures.count == (size_t)parameters);
    for (size_t i = 0; i < captures.count; i++)
        require(captures.all[i].sent.at >= path &&
                captures.all[i].sent.at + captures.all[i].sent.size <=
                    path + strlen(path));
}

static void check_form(const char *text, size_t size)
{
    struct coil_http_form *form = coil__http_form_new(2 * size + 2);
    int rc = coil__http_form_decode(form, text, size);

    require(form->free <= form->end);
    for (size_t i = 0; rc == 0 && i < form->count; i++)
        require(form->fields[i].value[form->fields[i].size] == '\0' &&
                form->fields[i].size <= size);
    coil__http_form_free(form);
}

/* One line, which is JSON whatever the client has sent. */
static void check_line(char *text, struct coil_stream *stream)
{
    char *path = strchr(text, '\n');
    struct coil_http_header headers[] = { { "Referer", text },
                                          { "User-Agent", text } };
    struct coil__http_channel channel = { .stream = stream };
    struct coil_http_exchange x = {
        .channel = &channel,
        .head = { .method = text, .headers = headers, .header_count = 2 }
    };
    struct coil_buffer line = { 0 };

    x.path = path ? path : "/";
    x.query = text;
    require(coil__log_line(&line, &x, COIL_HTTP_LOG_JSON) == 0);
    require(coil__buffer_append(&line, "", 1) == 0);
    line.size--; /* coil__is_json() needs a NUL behind the text */
    require(line.size > 0 && line.data[line.size - 1] == '\n' &&
            memchr(line.data, '\n', line.size) == line.data + line.size - 1);
    require(coil__is_json((const char *)line.data, line.size));
    coil__buffer_consume(&line, line.size);
    require(coil__log_line(&line, &x, COIL_HTTP_LOG_COMBINED) == 0);
    for (size_t i = 0; i + 1 < line.size; i++)
        require(coil__buffer_bytes(&line)[i] >= ' ' &&
                coil__buffer_bytes(&line)[i] < 0x7f);
    coil__buffer_fini(&line);
}

static int check_log(void *text)
{
    struct coil_stream *pair[2];

    require(coil_stream_pair(pair) == 0);
    check_line(text, pair[0]);
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size == 0 || size > MOST)
        return 0;
    text = malloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % 6) {
    case 0:
        check_range(text, strlen(text));
        break;
    case 1:
        check_conditions(text);
        break;
    case 2:
        check_content_range(text);
        break;
    case 3:
        check_pattern(text);
        break;
    case 4:
        check_form(text, size - 1);
        break;
    default:
        require(coil_test_run(check_log, text, 0) == 0);
    }
    free(text);
    return 0;
}
