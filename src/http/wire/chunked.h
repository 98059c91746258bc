/* SPDX-License-Identifier: MIT */
/*
 * http/wire/chunked.h - bodies in chunks
 *
 * llhttp could decode chunks, but how strict it is depends on how it was
 * compiled.  Built without its strict mode, version 8 does not check the line
 * end after a chunk, which is enough to smuggle a request.
 *
 * A lenient body may have lines that end in LF alone, or in several CR and LF,
 * control characters in its extensions and trailers, trailers that are no
 * fields, and no blank line at its end.
 */
#ifndef COIL_HTTP_WIRE_CHUNKED_H
#define COIL_HTTP_WIRE_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A body begins with this struct zeroed, but for the first two flags, and
 * for where trailers go. */
struct coil__http_chunked {
    bool may_fold;    /* trailers: it is a response */
    bool is_lenient;  /* it may be sloppy */
    bool is_repaired; /* it was: others may find another end */
    unsigned char state;
    bool has_trailers;
    struct coil_buffer *trailers; /* gets their lines; NULL: they are skipped */
    bool has_size;                /* a digit of the size has come */
    unsigned digits;              /* of the size, behind leading zeros */
    uint64_t left;   /* bytes of the chunk that are still to come */
    size_t overhead; /* bytes that were not body, beyond a fair share */
};

/*
 * Skip what is not body at the beginning of the next `size` bytes.  Sets
 * `*used` to the number of bytes skipped.  The next chunked->left bytes, if not
 * 0, are body.
 *
 * Returns 1 at the end of the body, 0 before it; COIL_EHTTP_MALFORMED; or
 * COIL_EHTTP_HEADERS_TOO_LARGE if padding, extensions or trailers do not end,
 * or if the body has little else; -ENOMEM.
 */
int coil__http_chunked_skip(struct coil__http_chunked *chunked,
                            const char *bytes, size_t size, size_t *used);

/*
 * Whether the body has all its bytes though the stream has ended before the
 * blank line behind its last chunk.  Only a lenient one may.
 */
bool coil__http_chunked_is_over(struct coil__http_chunked *chunked);

/* Count bytes of body that were taken: at most chunked->left. */
static inline void coil__http_chunked_take(struct coil__http_chunked *chunked,
                                           size_t size)
{
    chunked->left -= size;
}

#endif
