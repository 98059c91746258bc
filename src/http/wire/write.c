/* SPDX-License-Identifier: MIT */
#include "http/wire/write.h"

#include <string.h>

struct coil__http_writer coil__http_write_to(struct coil_buffer *out)
{
    coil__buffer_consume(out, out->size);
    return (struct coil__http_writer){ .out = out };
}

void coil__http_put_bytes(struct coil__http_writer *w, const void *bytes,
                          size_t size)
{
    if (w->rc == 0)
        w->rc = coil__buffer_append(w->out, bytes, size);
}

void coil__http_put(struct coil__http_writer *w, const char *text)
{
    coil__http_put_bytes(w, text, strlen(text));
}

void coil__http_put_number(struct coil__http_writer *w, uint64_t number,
                           unsigned base)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    coil__http_put_bytes(w, digits + at, sizeof digits - at);
}

void coil__http_put_header(struct coil__http_writer *w, const char *name,
                           const char *value)
{
    coil__http_put(w, name);
    coil__http_put(w, ": ");
    coil__http_put(w, value);
    coil__http_put(w, "\r\n");
}
