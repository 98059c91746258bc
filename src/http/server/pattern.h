/* SPDX-License-Identifier: MIT */
/*
 * http/server/pattern.h - match the path of a request against a pattern
 */
#ifndef COIL_HTTP_SERVER_PATTERN_H
#define COIL_HTTP_SERVER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "http/wire/text.h"

enum { COIL__HTTP_CAPTURES = 8 }; /* parameters of all patterns of a route */

/* What matched a parameter: encoded in the path, with its name in the pattern. */
struct coil__http_capture {
    struct coil__http_slice name;
    struct coil__http_slice sent;
};

struct coil__http_captures {
    struct coil__http_capture all[COIL__HTTP_CAPTURES];
    size_t count;
};

/* A decimal number that fits into 64 bits, as it has no more than 18 digits. */
bool coil__http_is_integer(const char *text, size_t size);

/* The number of parameters of a pattern; -1: it is none. */
int coil__http_pattern_parameters(const char *pattern);

/*
 * Match `path`, in which every % is a good escape, and add what parameters
 * matched to `captures`, which has room.  Returns what the pattern leaves of the
 * path: "" or, only if it `is_prefix`, a path; NULL: no match.
 */
const char *coil__http_pattern_match(const char *pattern, const char *path,
                                     bool is_prefix,
                                     struct coil__http_captures *captures);

#endif
