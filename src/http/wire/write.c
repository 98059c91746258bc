/* SPDX-License-Identifier: MIT */
#include "http/wire/write.h"

#include <string.h>

enum { MAX_DIGITS = 20 }; /* of 64 bits in decimal */

struct coil__http_writer coil__http_write_to(struct coil_buffer *out)
{
    coil__buffer_consume(out, out->size);
    return (struct coil__http_writer){ .out = out };
}

/* Write `number` and a NUL to the end of `text`.  Returns where it begins. */
static const char *digits_of(uint64_t number, unsigned base, char *text,
                             size_t size)
{
    size_t at = size - 1;

    text[at] = '\0';
    do {
        text[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    return text + at;
}

void coil__http_put_number(struct coil__http_writer *w, uint64_t number,
                           unsigned base)
{
    char text[MAX_DIGITS + 1];

    coil__http_put(w, digits_of(number, base, text, sizeof text));
}

void coil__http_put_header(struct coil__http_writer *w, const char *name,
                           const char *value)
{
    size_t name_size = strlen(name);
    size_t value_size = strlen(value);
    size_t size = name_size + 2 + value_size + 2;
    unsigned char *line;

    if (w->rc == 0)
        w->rc = coil__buffer_reserve(w->out, size);
    if (w->rc < 0)
        return;
    line = coil__buffer_end(w->out);
    memcpy(line, name, name_size);
    memcpy(line + name_size, ": ", 2);
    memcpy(line + name_size + 2, value, value_size);
    memcpy(line + size - 2, "\r\n", 2);
    coil__buffer_grow(w->out, size);
}

void coil__http_put_length(struct coil__http_writer *w, uint64_t length)
{
    char text[MAX_DIGITS + 1];

    coil__http_put_header(w, "Content-Length",
                          digits_of(length, 10, text, sizeof text));
}
