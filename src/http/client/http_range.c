/* SPDX-License-Identifier: MIT */
#include <coil/http_range.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <coil/http_response.h>

#include "http/wire/text.h"

int coil_http_range(char value[COIL_HTTP_RANGE_SIZE], int64_t first,
                    int64_t last)
{
    if (first < 0)
        snprintf(value, COIL_HTTP_RANGE_SIZE, "bytes=%" PRId64, first);
    else if (last < 0)
        snprintf(value, COIL_HTTP_RANGE_SIZE, "bytes=%" PRId64 "-", first);
    else if (last < first)
        return -EINVAL;
    else
        snprintf(value, COIL_HTTP_RANGE_SIZE, "bytes=%" PRId64 "-%" PRId64,
                 first, last);
    return 0;
}

/* Take a number.  Returns what is behind it, or NULL. */
static const char *take_number(int64_t *number, const char *at)
{
    if (*at < '0' || *at > '9')
        return NULL;
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        int digit = *at - '0';

        if (*number > (INT64_MAX - digit) / 10)
            return NULL;
        *number = *number * 10 + digit;
    }
    return at;
}

/* "0-99" or "*". */
static const char *take_range(struct coil_http_range_part *part, const char *at)
{
    if (*at == '*')
        return at + 1;
    at = take_number(&part->first, at);
    if (!at || *at != '-')
        return NULL;
    at = take_number(&part->last, at + 1);
    return at && part->last >= part->first ? at : NULL;
}

int coil_http_content_range(struct coil_http_range_part *part,
                            const char *value)
{
    static const char unit[] = "bytes";
    const char *at = value + sizeof unit - 1;

    *part =
        (struct coil_http_range_part){ .first = -1, .last = -1, .size = -1 };
    if (strlen(value) < sizeof unit ||
        !coil__http_equal_n(value, unit, sizeof unit - 1) || *at != ' ')
        return COIL_EHTTP_MALFORMED;
    at = take_range(part, at + 1);
    if (!at || *at != '/')
        return COIL_EHTTP_MALFORMED;
    at++;
    if (*at == '*')
        at++;
    else
        at = take_number(&part->size, at);
    if (!at || *at || (part->size >= 0 && part->last >= part->size) ||
        (part->first < 0 && part->size < 0))
        return COIL_EHTTP_MALFORMED;
    return 0;
}

/* Whether the part is what was asked for, or what there is of it. */
static bool is_asked_for(const struct coil_http_range_part *part, int64_t first,
                         int64_t last)
{
    int64_t end = part->size >= 0 ? part->size - 1 : part->last;

    if (part->first < 0)
        return false;
    if (first < 0)
        return part->last == end && (part->first == end + 1 + first ||
                                     (part->first == 0 && end + 1 < -first));
    if (part->first != first)
        return false;
    if (last < 0 || (part->size >= 0 && last > end))
        return part->last == end;
    return part->last == last || (part->size < 0 && part->last < last);
}

static int check_part(const struct coil_http_response *response, int64_t first,
                      int64_t last, struct coil_http_range_part *part)
{
    const char *value = coil_http_response_header(response, "Content-Range");
    int64_t length = response->content_length;

    if (!value || coil_http_content_range(part, value) < 0 ||
        !is_asked_for(part, first, last) ||
        (length >= 0 && length != part->last - part->first + 1))
        return COIL_EHTTP_MALFORMED;
    return 1;
}

int coil_http_range_check(const struct coil_http_response *response,
                          int64_t first, int64_t last,
                          struct coil_http_range_part *part)
{
    const char *value;

    *part =
        (struct coil_http_range_part){ .first = -1, .last = -1, .size = -1 };
    switch (response->status) {
    case 200:
        return 0;
    case 206:
        return check_part(response, first, last, part);
    case 416:
        value = coil_http_response_header(response, "Content-Range");
        if (value && coil_http_content_range(part, value) < 0)
            *part = (struct coil_http_range_part){ -1, -1, -1 };
        return -ERANGE;
    default:
        return -EPROTO;
    }
}
