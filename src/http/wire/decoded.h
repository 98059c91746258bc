/* SPDX-License-Identifier: MIT */
/*
 * http/wire/decoded.h - read a compressed body as what it was before
 */
#ifndef COIL_HTTP_WIRE_DECODED_H
#define COIL_HTTP_WIRE_DECODED_H

#include "http/wire/decoder.h"
#include "http/wire/message.h"

struct coil__http_decoded {
    struct coil__http_decoder *decoder; /* NULL: the body is not compressed */
    unsigned char *raw;                 /* what came last */
    const unsigned char *at;            /* what of it is not decoded yet */
    size_t size;
    bool is_last;   /* nothing comes any more */
    size_t at_once; /* how much was decoded without waiting */
};

/*
 * Get ready for a body with these headers.  One in a coding that is unknown or
 * not built in is read as it comes.  Returns 0; -ENOMEM.
 */
int coil__http_decoded_begin(struct coil__http_decoded *decoded,
                             const struct coil_http_header *headers,
                             size_t header_count, size_t max_ratio);

void coil__http_decoded_end(struct coil__http_decoded *decoded);

/*
 * Read some of the body.  What comes is read by read(arg, …).  A task that
 * decodes much without waiting gives way at times.
 *
 * Returns how many bytes, 0 at the end, else
 *   -ECANCELED  nothing was consumed
 *   COIL_EHTTP_BAD_CODING, COIL_EHTTP_TRUNCATED, COIL_EHTTP_BOMB, -ENOMEM
 *   what read() returns
 */
ptrdiff_t coil__http_decoded_read(struct coil__http_decoded *decoded,
                                  coil__http_read_fn read, void *arg,
                                  void *buffer, size_t size) COIL_SUSPENDS;

#endif
