/* SPDX-License-Identifier: MIT */
/*
 * text.h - texts of another process, which may have any bytes, in what is printed
 *
 * coil-record has this file as well.
 */
#ifndef COIL_INSPECT_TEXT_H
#define COIL_INSPECT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * For a terminal: control characters as "\x1b".  The second function keeps lines,
 * and indents them.
 */
void text_put(FILE *out, const char *text);
void text_put_lines(FILE *out, const char *text, unsigned indent);

/* A string of JSON with its quotes, and `other` for each byte that is not UTF-8. */
void text_put_json(FILE *out, const char *text, const char *other);

/* For text and attributes of XML; what it cannot have becomes "?". */
void text_put_xml(FILE *out, const char *text);

/* `text` with "?" for each byte that is not UTF-8. */
void text_clean(char *to, size_t size, const char *text);

/* "1.234 ms". */
enum { DURATION_MAX = 32 };
const char *text_duration(char to[DURATION_MAX], int64_t ns);

#endif
