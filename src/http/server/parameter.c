/* SPDX-License-Identifier: MIT */
#include "http/server/parameter.h"

#include <string.h>

#include "http/wire/text.h"

/* Copy a quoted string, or a token.  Returns what is behind it, or NULL. */
static const char *copy_value(const char *at, const char *end, char *out,
                              size_t size)
{
    bool is_quoted = at < end && *at == '"';
    size_t used = 0;

    for (at += is_quoted; at < end; at++) {
        char c = *at;

        if (is_quoted && c == '"')
            break;
        if (!is_quoted && (c == ';' || c == ' ' || c == '\t'))
            break;
        if (is_quoted && c == '\\' && at + 1 < end &&
            (at[1] == '"' || at[1] == '\\'))
            c = *++at;
        if (used + 1 >= size)
            return NULL;
        out[used++] = c;
    }
    out[used] = '\0';
    if (is_quoted && at == end)
        return NULL;
    return at + is_quoted;
}

/* Skip a value that is not wanted. */
static const char *skip_value(const char *at, const char *end)
{
    bool is_quoted = at < end && *at == '"';

    for (at += is_quoted; at < end; at++) {
        if (is_quoted && *at == '\\' && at + 1 < end)
            at++;
        else if (*at == (is_quoted ? '"' : ';'))
            break;
    }
    return at < end && is_quoted ? at + 1 : at;
}

bool coil__http_parameter(const char *value, size_t value_size,
                          const char *name, char *out, size_t size)
{
    const char *end = value + value_size;
    const char *at = memchr(value, ';', value_size);
    size_t name_size = strlen(name);

    while (at && at < end) {
        const char *key;

        while (at < end && (*at == ';' || *at == ' ' || *at == '\t'))
            at++;
        key = at;
        while (at < end && coil__http_is(*at, COIL__HTTP_TOKEN))
            at++;
        if (at == end || *at != '=')
            return false;
        at++;
        if ((size_t)(at - 1 - key) == name_size &&
            coil__http_equal_n(key, name, name_size))
            return copy_value(at, end, out, size);
        at = skip_value(at, end);
    }
    return false;
}

bool coil__http_is_type(const char *value, const char *type)
{
    size_t size = strcspn(value, "; \t");

    return size == strlen(type) && coil__http_equal_n(value, type, size);
}

bool coil__http_boundary(const char *type, char boundary[COIL__BOUNDARY_SIZE])
{
    return coil__http_parameter(type, strlen(type), "boundary", boundary,
                                COIL__BOUNDARY_SIZE) &&
           boundary[0];
}
