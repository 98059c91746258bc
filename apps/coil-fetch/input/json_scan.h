/* SPDX-License-Identifier: MIT */
/* json_scan.h - what a parser of JSON does not say of a text */
#ifndef COIL_FETCH_INPUT_JSON_SCAN_H
#define COIL_FETCH_INPUT_JSON_SCAN_H

#include <stddef.h>

/*
 * How deep brackets and braces lie within each other.  A parser that recurs needs a
 * stack for that.  The text need not be JSON.
 */
size_t json_depth(const char *text, size_t size);

/*
 * The value of the object's member number `index`, as it is written; the text is
 * JSON, and an object with so many members.  Returns its length.
 */
size_t json_member(const char *text, size_t size, size_t index,
                   const char **value);

#endif
