/* SPDX-License-Identifier: MIT */
#include "http/server/conditional.h"

#include <string.h>

#include "http/wire/date.h"

/* Whether a list of tags has `etag`; with `is_weak`, "W/" makes no difference. */
static bool has_tag(const char *list, const char *etag, bool is_weak)
{
    size_t size = strlen(etag);

    for (;;) {
        bool weak;
        const char *end;

        list += strspn(list, ", \t");
        if (*list == '*')
            return true;
        weak = strncmp(list, "W/", 2) == 0;
        list += weak ? 2 : 0;
        if (*list != '"')
            return false;
        end = strchr(list + 1, '"');
        if (!end)
            return false;
        end++;
        if ((is_weak || !weak) && (size_t)(end - list) == size &&
            memcmp(list, etag, size) == 0)
            return true;
        list = end;
    }
}

static bool read_date(const char *text, int64_t *seconds)
{
    return text && coil__http_parse_date(seconds, text, strlen(text));
}

static bool is_safe(const struct coil_http_exchange *x)
{
    const char *method = coil_http_exchange_method(x);

    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

int coil__http_conditions(const struct coil_http_exchange *x,
                          const struct coil__http_validators *now)
{
    const char *match = coil_http_exchange_header(x, "If-Match");
    const char *none = coil_http_exchange_header(x, "If-None-Match");
    int64_t date;

    if (match) {
        if (!has_tag(match, now->etag, false))
            return 412;
    } else if (read_date(coil_http_exchange_header(x, "If-Unmodified-Since"),
                         &date) &&
               now->modified > date) {
        return 412;
    }
    if (none) {
        if (has_tag(none, now->etag, true))
            return is_safe(x) ? 304 : 412;
    } else if (is_safe(x) &&
               read_date(coil_http_exchange_header(x, "If-Modified-Since"),
                         &date) &&
               now->modified <= date) {
        return 304;
    }
    return 0;
}

bool coil__http_may_send_ranges(const struct coil_http_exchange *x,
                                const struct coil__http_validators *now)
{
    const char *condition = coil_http_exchange_header(x, "If-Range");
    int64_t date;

    if (!condition)
        return true;
    if (*condition == '"')
        return strcmp(condition, now->etag) == 0;
    return read_date(condition, &date) && date == now->modified;
}
