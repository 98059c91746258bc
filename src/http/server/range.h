/* SPDX-License-Identifier: MIT */
/*
 * http/server/range.h - which bytes of a file a request wants (RFC 9110, 14)
 */
#ifndef COIL_HTTP_SERVER_RANGE_H
#define COIL_HTTP_SERVER_RANGE_H

#include <stddef.h>
#include <stdint.h>

enum { COIL__HTTP_RANGES = 16 };

struct coil__http_range {
    uint64_t first;
    uint64_t size;
};

/*
 * Take apart the value of Range for a file of `size` bytes.  Returns how many
 * ranges there are in `ranges`; 0: the header is to be ignored; -1: none of them
 * is in the file (416).
 */
int coil__http_parse_ranges(const char *value, uint64_t size,
                            struct coil__http_range *ranges);

#endif
