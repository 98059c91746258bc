/* SPDX-License-Identifier: MIT */
/*
 * decode.h - from the bytes of a request to JSON values
 *
 * JSON holds Unicode only, requests hold bytes: what is not UTF-8 becomes
 * U+FFFD in names and values, and a data: URL in bodies, as with httpbin.
 *
 * Functions that return a json_t * return a new reference, or NULL: no memory.
 * The others return 0 or -ENOMEM.
 */
#ifndef COIL_HTTPBIN_DECODE_H
#define COIL_HTTPBIN_DECODE_H

#include <stddef.h>

#include "json.h"

/* A string of JSON from a header's value and the like. */
json_t *decode_text(const char *bytes, size_t size);

/* A string of JSON from a body; `type` is for the data: URL of what is binary. */
json_t *decode_body(const char *bytes, size_t size, const char *type);

/* Add the pairs of `a=1&b=2`; what is repeated becomes an array. */
int decode_urlencoded(json_t *object, const char *bytes, size_t size);

/*
 * Add the parts of a multipart/form-data body to `files`, those that have a
 * file name, and to `form`.  What is malformed ends the list of parts.
 */
int decode_multipart(json_t *form, json_t *files, const char *type,
                     const char *bytes, size_t size);

#endif
