/* SPDX-License-Identifier: MIT */
#include "http/http2/lines.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "http/wire/text.h"

void coil__http2_fields_fini(struct coil__http2_fields *fields)
{
    coil__free(fields->many);
}

/* Make room for one more.  Returns false if there is no memory. */
static bool make_room(struct coil__http2_fields *f)
{
    size_t room = f->room ? 2 * f->room : 4 * COIL__HTTP2_FEW;
    nghttp2_nv *many;

    if (f->count < COIL__HTTP2_FEW || f->count < f->room)
        return true;
    many = coil__realloc(f->many, room * sizeof *many);
    if (!many) {
        f->rc = -ENOMEM;
        return false;
    }
    if (!f->many)
        memcpy(many, f->few, sizeof f->few);
    f->many = many;
    f->room = room;
    return true;
}

void coil__http2_fields_add(struct coil__http2_fields *f, const char *name,
                            size_t name_size, const char *value,
                            size_t value_size)
{
    if (!make_room(f))
        return;
    coil__http2_fields_at(f)[f->count++] = (nghttp2_nv){
        .name = (uint8_t *)name,
        .namelen = name_size,
        .value = (uint8_t *)value,
        .valuelen = value_size,
    };
}

/* Whether a line is about the connection of HTTP/1.1, and not the message. */
static bool is_of_connection(const char *name, size_t size)
{
    static const char *const names[] = { "connection", "keep-alive",
                                         "proxy-connection",
                                         "transfer-encoding", "upgrade" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (coil__http_is_word(name, size, names[i]))
            return true;
    return false;
}

/* The one thing that TE may say in HTTP/2 (RFC 9113, 8.2.2). */
static bool is_forbidden_te(const char *name, size_t name_size,
                            const char *value, size_t value_size)
{
    return coil__http_is_word(name, name_size, "te") &&
           !coil__http_is_word(value, value_size, "trailers");
}

static void make_lower(char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        name[i] = coil__http_lower(name[i]);
}

/* Without the blanks behind it. */
static size_t size_of_value(const char *value, const char *end)
{
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (size_t)(end - value);
}

void coil__http2_fields_add_lines(struct coil__http2_fields *f, char *lines,
                                  size_t size, bool has_host)
{
    char *end = lines + size;

    while (lines < end && *lines != '\r') {
        char *colon = memchr(lines, ':', (size_t)(end - lines));
        char *lf = memchr(colon, '\n', (size_t)(end - colon));
        size_t name_size = (size_t)(colon - lines);
        char *value = colon + 1;
        size_t value_size;

        while (*value == ' ' || *value == '\t')
            value++;
        value_size = size_of_value(value, lf - 1);
        if (!is_of_connection(lines, name_size) &&
            !is_forbidden_te(lines, name_size, value, value_size) &&
            (has_host || !coil__http_is_word(lines, name_size, "host"))) {
            make_lower(lines, name_size);
            coil__http2_fields_add(f, lines, name_size, value, value_size);
        }
        lines = lf + 1;
    }
}
