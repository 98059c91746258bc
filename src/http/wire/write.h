/* SPDX-License-Identifier: MIT */
/*
 * http/wire/write.h - put a head together
 *
 * The writer remembers that it ran out of memory, so that its caller needs to
 * check only once, at the end of a head.
 */
#ifndef COIL_HTTP_WIRE_WRITE_H
#define COIL_HTTP_WIRE_WRITE_H

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

struct coil__http_writer {
    struct coil_buffer *out;
    int rc; /* 0, or -ENOMEM: something is missing */
};

/* Write to the end of an emptied `out`. */
struct coil__http_writer coil__http_write_to(struct coil_buffer *out);

/* Once something is missing, nothing more is put.  Inline, like what follows. */
static inline void coil__http_put_bytes(struct coil__http_writer *w,
                                        const void *bytes, size_t size)
{
    if (w->rc == 0)
        w->rc = coil__buffer_append_inline(w->out, bytes, size);
}

static inline void coil__http_put(struct coil__http_writer *w, const char *text)
{
    coil__http_put_bytes(w, text, strlen(text));
}

void coil__http_put_number(struct coil__http_writer *w, uint64_t number,
                           unsigned base);

/* Put a header that has been checked: its whole line, or nothing. */
void coil__http_put_header(struct coil__http_writer *w, const char *name,
                           const char *value);

/* Put the header Content-Length. */
void coil__http_put_length(struct coil__http_writer *w, uint64_t length);

#endif
