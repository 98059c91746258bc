/* SPDX-License-Identifier: MIT */
/*
 * stream_read_test.c - what the programs stream_read and stream_read_until share
 */
#include "stream_read_test.h"

/* ---- read ---- */

int read_four(void *arg)
{
    char buffer[4];

    return coil_stream_read_exactly(arg, buffer, sizeof buffer, NULL);
}

/* ---- read_exactly ---- */

int send_bytes(void *arg)
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
