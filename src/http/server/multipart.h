/* SPDX-License-Identifier: MIT */
/*
 * http/server/multipart.h - take a body of several parts apart (RFC 2046, 5.1)
 */
#ifndef COIL_HTTP_SERVER_MULTIPART_H
#define COIL_HTTP_SERVER_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "http/wire/text.h"

enum { COIL__BOUNDARY_SIZE = 71 };

/* One part: slices of the body. */
struct coil__http_part {
    struct coil__http_slice headers; /* whole lines, with their ends */
    struct coil__http_slice data;
};

/*
 * Take the parameter `name` out of a value such as
 * "form-data; name=\"a\"; filename=\"b\"", without quotes and escapes, into `out`,
 * which has room for `size` bytes.  Returns whether it is there, and fits.
 */
bool coil__http_parameter(const char *value, size_t value_size,
                          const char *name, char *out, size_t size);

/*
 * Find the part at `*at` of a body that ends at `end`, and move on.  Before the
 * first call `*at` is the beginning of the body.  Returns 1; 0: that was the last
 * one; -1: the body is not well formed.
 */
int coil__http_next_part(const char **at, const char *end, const char *boundary,
                         struct coil__http_part *part);

#endif
