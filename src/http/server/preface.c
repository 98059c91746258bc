/* SPDX-License-Identifier: MIT */
#include "http/server/preface.h"

#include <stdbool.h>
#include <string.h>

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum { SIZE = sizeof preface - 1 };

int coil__http_has_preface(struct coil_stream *stream)
{
    size_t seen = 0;

    for (;;) {
        const void *data;
        ptrdiff_t n = coil_stream_peek_more(stream, seen, &data);

        if (n <= 0)
            return (int)n;
        seen = (size_t)n < SIZE ? (size_t)n : SIZE;
        if (memcmp(data, preface, seen) != 0)
            return 0;
        if (seen == SIZE)
            return 1;
    }
}
