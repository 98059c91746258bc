/* SPDX-License-Identifier: MIT */
/*
 * http/wire/chunked.h - bodies in chunks
 *
 * llhttp could decode these, but what it lets through depends on how it was
 * compiled: built without its strict mode, version 8 does not look at the line
 * end behind a chunk at all, which is enough to smuggle a request.
 */
#ifndef COIL_HTTP_WIRE_CHUNKED_H
#define COIL_HTTP_WIRE_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed, but for may_fold, is the beginning of a body. */
struct coil__http_chunked {
    unsigned char state;
    bool may_fold;   /* trailers: it is a response */
    bool has_size;   /* a digit of the size has come */
    unsigned digits; /* of the size, behind leading zeros */
    uint64_t left;   /* bytes of the chunk that are still to come */
    size_t overhead; /* bytes that were not body, beyond a fair share */
};

/*
 * Pass over what is not body in the next `size` bytes.  Sets `*used` to the
 * number of bytes passed; chunked->left bytes of body come then, if not 0.
 *
 * Returns 1 at the end of the body, 0 if it goes on, else COIL_EHTTP_MALFORMED
 * or, for endless padding, extensions or trailers, and for a body that consists
 * of little else, COIL_EHTTP_HEADERS_TOO_LARGE.
 */
int coil__http_chunked_skip(struct coil__http_chunked *chunked,
                            const char *bytes, size_t size, size_t *used);

/* Count bytes of body that were taken: at most chunked->left. */
static inline void coil__http_chunked_take(struct coil__http_chunked *chunked,
                                           size_t size)
{
    chunked->left -= size;
}

#endif
