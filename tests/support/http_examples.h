/* SPDX-License-Identifier: MIT */
/*
 * http_examples.h - messages as anybody may send them, and their meaning
 */
#ifndef COIL_TESTS_HTTP_EXAMPLES_H
#define COIL_TESTS_HTTP_EXAMPLES_H

#include <stddef.h>

struct example {
    const char *text;
    size_t size;
    int outcome;      /* 0: good; the rest is compared */
    int answer;       /* of a server, to a bad request */
    const char *body; /* of a good one */
};

extern const struct example http_requests[];
extern const size_t http_request_count;
extern const struct example http_responses[];
extern const size_t http_response_count;

#endif
