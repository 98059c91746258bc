/* SPDX-License-Identifier: MIT */
#include "http/server/part_head.h"

#include <string.h>

#include "http/server/parameter.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Take "name: value" of line[0 … size-1], where a NUL may be put behind it. */
static bool take_line(struct coil__part_head *h, char *line, size_t size)
{
    char *colon = memchr(line, ':', size);
    char *end = line + size;
    char *value;

    if (!colon || colon == line || h->count == COIL__PART_HEADERS ||
        !coil__http_all(line, (size_t)(colon - line), COIL__HTTP_TOKEN))
        return false;
    value = colon + 1;
    while (value < end && is_blank(*value))
        value++;
    while (end > value && is_blank(end[-1]))
        end--;
    if (!coil__http_all(value, (size_t)(end - value), COIL__HTTP_VALUE))
        return false;
    *colon = '\0';
    *end = '\0';
    h->headers[h->count++] = (struct coil_http_header){ line, value };
    return true;
}

/* Each line ends with CR and LF, of which the CR becomes a NUL. */
static bool take_lines(struct coil__part_head *h, char *at, size_t size)
{
    char *end = at + size;

    while (at < end) {
        char *lf = memchr(at, '\n', (size_t)(end - at));

        if (lf == at || lf[-1] != '\r' ||
            !take_line(h, at, (size_t)(lf - 1 - at)))
            return false;
        at = lf + 1;
    }
    return true;
}

/* The value of the only header called so; two of them are one too many. */
static bool find_only(const struct coil__part_head *h, const char *name,
                      const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < h->count; i++) {
        if (!coil__http_equal(h->headers[i].name, name))
            continue;
        if (*value)
            return false;
        *value = h->headers[i].value;
    }
    return true;
}

/* NULL: there is none. */
static const char *take_parameter(const char *value, const char *name,
                                  char **room)
{
    size_t size = strlen(value);
    char *text = *room;

    if (!coil__http_parameter(value, size, name, text, size))
        return NULL;
    *room += strlen(text) + 1;
    return text;
}

int coil__part_head_take(struct coil__part_head *h,
                         struct coil__http_slice lines, bool is_form,
                         char **room)
{
    char *copy = *room;
    const char *disposition;

    *h = (struct coil__part_head){ .count = 0 };
    memcpy(copy, lines.at, lines.size);
    *room += lines.size;
    if (!take_lines(h, copy, lines.size) ||
        !find_only(h, "Content-Disposition", &disposition) ||
        !find_only(h, "Content-Type", &h->content_type))
        return COIL_EHTTP_MALFORMED;
    if (disposition) {
        h->name = take_parameter(disposition, "name", room);
        h->file_name = take_parameter(disposition, "filename", room);
    }
    if (is_form && (!h->name || !coil__http_is_type(disposition, "form-data")))
        return COIL_EHTTP_MALFORMED;
    return 0;
}
