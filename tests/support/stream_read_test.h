/* SPDX-License-Identifier: MIT */
/* stream_read_test.h - what the programs stream_read and stream_read_until share */
#ifndef COIL_TESTS_STREAM_READ_TEST_H
#define COIL_TESTS_STREAM_READ_TEST_H

#include "stream_test.h"

/* ---- read ---- */

static inline int read_four(void *arg)
{
    char buffer[4];

    return coil_stream_read_exactly(arg, buffer, sizeof buffer, NULL);
}

/* ---- read_exactly ---- */

struct sender {
    struct coil_stream *stream;
    size_t size;
    size_t piece; /* 0: pieces of all sizes */
    bool shut;    /* and then end */
};

static inline int send_bytes(void *arg)
{
    const struct sender *s = arg;
    unsigned char *bytes = make_bytes(s->size);
    size_t piece = s->piece ? s->piece : 1;
    size_t sent = 0;
    int rc = 0;

    while (rc == 0 && sent < s->size) {
        size_t n = s->size - sent < piece ? s->size - sent : piece;

        rc = coil_stream_write(s->stream, bytes + sent, n);
        sent += n;
        if (rc == 0)
            rc = coil_stream_drain(s->stream);
        if (!s->piece)
            piece = piece * 3 + 1;
    }
    free(bytes);
    if (rc == 0 && s->shut)
        rc = coil_stream_shutdown(s->stream);
    return rc;
}

#endif
