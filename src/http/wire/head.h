/* SPDX-License-Identifier: MIT */
/*
 * http/wire/head.h - the head of a message: start line and header fields
 *
 * A head is taken in two steps.  The scan finds its end while the bytes arrive
 * and checks its lines: each ends in CR LF, none is folded in a request, CR and
 * LF stand nowhere else.  Then the whole head is parsed.  llhttp is given the
 * start line alone, and what some versions and modes of it let through is
 * checked behind it.  The header fields are read by fields.c, and by it only.
 * So nothing here depends on how llhttp was built, and no two parsers have
 * opinions about the length of a message.
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
};

/* ---- where it ends ---- */

/* Zeroed is the beginning of a message. */
struct coil__http_scan {
    size_t size;   /* bytes seen */
    size_t lines;  /* lines that are over, but for blank ones in front */
    size_t column; /* bytes of the line that is not over */
    char last;     /* the byte before */
};

/*
 * Look at the next `size` bytes of a message.  Sets `*used` to how many of them
 * belong to the head.
 *
 * Returns 1 if the head ends within them, 0 if it goes on, else
 * COIL_EHTTP_MALFORMED or COIL_EHTTP_HEADERS_TOO_LARGE.
 */
int coil__http_scan(struct coil__http_scan *scan, enum coil__http_kind kind,
                    size_t max_size, size_t max_lines, const char *bytes,
                    size_t size, size_t *used);

/* ---- what it says ---- */

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

    int answer; /* the status with which a server answers a refused head */
};

/*
 * Parse bytes[0 … size-1], which the scan has found to be a head, and which have
 * a NUL behind them.  The strings of `head` lie in `bytes`, which is changed.
 * `headers` has room for as many elements as the scan has counted lines: there
 * is room for one more header than there are.
 *
 * Returns 0 or COIL_EHTTP_MALFORMED, with head->answer set.
 */
int coil__http_head_parse(struct coil__http_head *head,
                          enum coil__http_kind kind, char *bytes, size_t size,
                          struct coil_http_header *headers);

#endif
