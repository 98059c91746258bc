/* SPDX-License-Identifier: MIT */
/*
 * http/wire/scan.h - find the end of a head while its bytes arrive
 *
 * The scan checks the lines: each line ends in CR LF, CR and LF stand nowhere
 * else, and in a request no line is folded.  In a lenient response a line ends in
 * LF, in front of which there may be any number of CR.
 */
#ifndef COIL_HTTP_WIRE_SCAN_H
#define COIL_HTTP_WIRE_SCAN_H

#include <stddef.h>

#include "http/wire/head.h"

/* A message begins with this struct zeroed. */
struct coil__http_scan {
    size_t size;   /* bytes seen */
    size_t lines;  /* complete lines, without blank ones in front */
    size_t column; /* bytes of the line that is not complete */
    char last;     /* the byte before */
    bool has_text; /* the line has, in a lenient response; else not used */
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

#endif
