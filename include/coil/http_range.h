/* SPDX-License-Identifier: MIT */
/*
 * coil/http_range.h - parts of a body (RFC 9110, 14)
 *
 *     char range[COIL_HTTP_RANGE_SIZE];
 *     struct coil_http_header headers[] = { { "Range", range },
 *                                           { "If-Range", etag } };
 *
 *     coil_http_range(range, 1000, -1);        "bytes=1000-"
 *     ... the response ...
 *     rc = coil_http_range_check(response, 1000, -1, &part);
 *
 * So a transfer that was cut off goes on where it ended.  If-Range takes a strong
 * ETag or a date: the server sends the whole body if that is another one now.
 */
#ifndef COIL_HTTP_RANGE_H
#define COIL_HTTP_RANGE_H

#include <coil/base.h>
#include <coil/error.h>
#include <coil/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_response;

/* Room for the value of a header Range. */
#define COIL_HTTP_RANGE_SIZE 64

/*
 * Write the value of Range: the bytes `first` to `last`, both included, counted
 * from 0.  A negative `last`: to the end.  A negative `first`: the last -first
 * bytes, and `last` does not matter.
 *
 * Returns 0; -EINVAL if `last` is before `first`.
 */
COIL_API int coil_http_range(char value[COIL_HTTP_RANGE_SIZE], int64_t first,
                             int64_t last) COIL_ANY_THREAD COIL_MUST_CHECK;

/* What a header Content-Range says. */
struct coil_http_range_part {
    int64_t first; /* both included; -1: the range cannot be had (416) */
    int64_t last;
    int64_t size; /* of the whole body; -1: it is not said */
};

/*
 * Read the value of a header Content-Range, such as "bytes 0-99/1000".  An
 * asterisk stands for a size, or for a range, that there is not.
 *
 * Returns 0; COIL_EHTTP_MALFORMED.
 */
COIL_API int coil_http_content_range(struct coil_http_range_part *part,
                                     const char *value)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * See what a server made of a request for a range, with the same `first` and
 * `last`.
 *
 * Returns
 *   1  the status is 206, and the body is that range, or what there is of it
 *   0  the status is 200: the body is the whole one, from its beginning
 *   -ERANGE  the status is 416: there is nothing in that range; part->size says
 *            how large the body is, if the server does
 *   -EPROTO  another status
 *   COIL_EHTTP_MALFORMED  206 with another range than that which was asked for,
 *            with several ranges, or with a length that does not fit
 */
COIL_API int coil_http_range_check(const struct coil_http_response *response,
                                   int64_t first, int64_t last,
                                   struct coil_http_range_part *part)
    COIL_ANY_THREAD COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
