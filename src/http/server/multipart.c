/* SPDX-License-Identifier: MIT */
#include "http/server/multipart.h"

#include <string.h>

/* ---- parameters ------------------------------------------------------- */

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

/* ---- parts ------------------------------------------------------------ */

/* Whether "--" and the beginning of a line are before `at`. */
static bool begins_line(const char *at, const char *begin)
{
    if (at - begin < 2 || at[-1] != '-' || at[-2] != '-')
        return false;
    return at - begin == 2 ||
           (at - begin >= 4 && at[-3] == '\n' && at[-4] == '\r');
}

/*
 * Find the next line that begins with "--" and the boundary, from `at` on; a line
 * begins at `begin`.  Returns what is behind the boundary, or NULL.  The line
 * break before the line is at `*data_end`.
 */
static const char *find_line(const char *at, const char *begin, const char *end,
                             const char *boundary, const char **data_end)
{
    size_t size = strlen(boundary);

    for (;; at++) {
        at = memmem(at, (size_t)(end - at), boundary, size);
        if (!at)
            return NULL;
        if (begins_line(at, begin)) {
            *data_end = at - begin == 2 ? begin : at - 4;
            return at + size;
        }
    }
}

/* Behind a boundary: "--" ends, and blanks and a line break go on. */
static const char *end_line(const char *at, const char *end, bool *is_last)
{
    *is_last = end - at >= 2 && at[0] == '-' && at[1] == '-';
    if (*is_last)
        return at + 2;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? at + 2 : NULL;
}

static bool split_part(const char *at, const char *end,
                       struct coil__http_part *part)
{
    const char *blank;

    if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') {
        part->headers = (struct coil__http_slice){ at, 0 };
        part->data =
            (struct coil__http_slice){ at + 2, (size_t)(end - at - 2) };
        return true;
    }
    blank = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
    if (!blank)
        return false;
    part->headers = (struct coil__http_slice){ at, (size_t)(blank + 2 - at) };
    part->data =
        (struct coil__http_slice){ blank + 4, (size_t)(end - blank - 4) };
    return true;
}

/*
 * `*at` is the beginning of the body, or where the last part's data ended: at the
 * line break before the next boundary.
 */
int coil__http_next_part(const char **at, const char *end, const char *boundary,
                         struct coil__http_part *part)
{
    const char *data_end;
    const char *begin;
    const char *line;
    bool is_last;

    line = find_line(*at, *at, end, boundary, &data_end);
    if (!line)
        return -1;
    begin = end_line(line, end, &is_last);
    if (is_last)
        return 0;
    if (!begin || !find_line(begin, begin - 2, end, boundary, &data_end) ||
        data_end < begin || !split_part(begin, data_end, part))
        return -1;
    *at = data_end;
    return 1;
}
