/* SPDX-License-Identifier: MIT */
/*
 * http/wire/coder.h - what compresses or decompresses a stream of bytes
 *
 * A coder is made by the file of its library (coding_zlib.h and so on), and is
 * only seen through these two functions.
 */
#ifndef COIL_HTTP_WIRE_CODER_H
#define COIL_HTTP_WIRE_CODER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes to take, and room to fill: both move on. */
struct coil__http_coder_io {
    const unsigned char *in;
    size_t in_size;
    unsigned char *out;
    size_t out_size;
};

/* What is wanted of an encoder. */
enum coil__http_push {
    COIL__HTTP_PUSH_NONE,  /* keep what compresses better with more */
    COIL__HTTP_PUSH_FLUSH, /* all input so far can be decoded */
    COIL__HTTP_PUSH_END,
};

struct coil__http_coder {
    /*
     * Take some input and give some output.  It makes progress if it has room
     * and either input or output that is held back.
     *
     * Returns 1 if all that was wanted is done: of a decoder, the stream may end
     * here; of an encoder, all is flushed or ended.  Else 0, or
     *   COIL_EHTTP_BAD_CODING, -ENOMEM
     */
    int (*run)(void *state, struct coil__http_coder_io *io,
               enum coil__http_push push);
    void (*free)(void *state);
    void *state; /* NULL: there is no coder */
};

#endif
