/* SPDX-License-Identifier: MIT */
/*
 * http/wire/head.h - what the head of a message says
 *
 * A head is taken in two steps: scan.h finds its end while the bytes arrive, and
 * parse.h takes the whole head apart.
 */
#ifndef COIL_HTTP_WIRE_HEAD_H
#define COIL_HTTP_WIRE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>

enum coil__http_kind {
    COIL__HTTP_REQUEST,
    COIL__HTTP_RESPONSE,
    COIL__HTTP_LENIENT, /* a response that may be sloppy */
};

struct coil__http_head {
    unsigned minor;     /* of the version: HTTP/1.minor */
    int status;         /* of a response */
    const char *reason; /* of a response */
    const char *method; /* of a request */
    char *target;       /* of a request */
    struct coil_http_header *headers;
    size_t header_count;

    /* What the headers say about the message itself. */
    const char *host;       /* NULL: not said */
    int64_t content_length; /* -1: not said */
    bool is_chunked;
    bool is_close;      /* Connection: close */
    bool is_keep_alive; /* Connection: keep-alive, which 1.0 has to ask for */
    bool is_expecting;  /* Expect: 100-continue */
    bool is_repaired;   /* others may find another end of the message */

    bool is_http2;        /* `minor` is 1 then */
    const char *protocol; /* that CONNECT asks for (RFC 8441); or NULL */

    int answer; /* the status with which a server answers a refused head */
};

static inline enum coil_http_version
coil__http_version_of(const struct coil__http_head *head)
{
    if (head->is_http2)
        return COIL_HTTP_2;
    return head->minor == 0 ? COIL_HTTP_1_0 : COIL_HTTP_1_1;
}

#endif
