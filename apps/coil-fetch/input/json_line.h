/* SPDX-License-Identifier: MIT */
/*
 * json_line.h - a request as an object of JSON
 *
 *     {"url": "https://example.org/a", "priority": 3, "file": "a.html"}
 *
 *     url          the only one that must be there; http:// may be left out
 *     method       GET if there is no body, and POST if there is
 *     headers      {"Accept": "text/html", "X-Many": ["one", "two"]}, or
 *                  [["Accept", "text/html"], ["X-Many", "one"]]
 *     body         a string, sent as UTF-8
 *     body_base64  the same for other bytes
 *     json         any value, sent as it is written, with Content-Type:
 *                  application/json unless `headers` have one
 *     priority     a whole number; the lowest starts first
 *     name         how the record is to name it
 *     file, out    where the body goes; one of the two
 *     checksum     "sha256=hex", and what else details.h has
 *     type         how the response's Content-Type must begin
 *     size         how many bytes the body must have
 *
 * Other members, and members that are there twice, make the line bad.  There are no
 * templates.  Objects may lie in each other 64 deep.
 */
#ifndef COIL_FETCH_INPUT_JSON_LINE_H
#define COIL_FETCH_INPUT_JSON_LINE_H

#include <stddef.h>

struct request;

/* Make a request of a line.  Returns 0, also if it is refused; -ENOMEM. */
int json_line(struct request *request, const char *text, size_t size);

#endif
