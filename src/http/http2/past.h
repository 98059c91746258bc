/* SPDX-License-Identifier: MIT */
/*
 * http/http2/past.h - streams of a client that there are no more
 *
 * nghttp2 forgets a stream that is closed, and drops what comes for it.  That is
 * right if this side has reset the stream, since the client may not know that yet.
 * It hides two faults of the client: it sends on a stream whose end it has said,
 * or begins a stream with a number below that of another (RFC 9113, 5.1 and 5.1.1).
 * So the last few streams are remembered.
 */
#ifndef COIL_HTTP_HTTP2_PAST_H
#define COIL_HTTP_HTTP2_PAST_H

#include <stddef.h>
#include <stdint.h>

enum { COIL__HTTP2_REMEMBERED = 16 };

struct coil__http2_past {
    int32_t last;         /* the largest number that a stream had */
    int32_t skipped_from; /* numbers below that, which no stream can have */
    int32_t skipped_to;
    int32_t ended[COIL__HTTP2_REMEMBERED]; /* by the client, and closed */
    size_t count;                          /* of those that have ever ended */
};

/* A stream is closed whose end the client has said. */
void coil__http2_past_end(struct coil__http2_past *past, int32_t id);

/*
 * A frame begins, with the type and the stream of RFC 9113, 4.1.  Returns the code
 * of an error of the connection (RFC 9113, 7), or 0.
 */
uint32_t coil__http2_past_frame(struct coil__http2_past *past, uint8_t type,
                                int32_t id);

#endif
