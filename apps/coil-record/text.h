/* SPDX-License-Identifier: MIT */
/*
 * text.h - texts of a file, which may have any bytes, in what is printed
 */
#ifndef COIL_RECORD_TEXT_H
#define COIL_RECORD_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * For a terminal: control characters as "\x1b".  The second function keeps lines,
 * and indents them.
 */
void text_put(FILE *out, const char *text);
void text_put_lines(FILE *out, const char *text, unsigned indent);

/* A string of JSON with its quotes; what is not UTF-8 becomes "?". */
void text_put_json(FILE *out, const char *text);

/* For text and attributes of XML. */
void text_put_xml(FILE *out, const char *text);

/* `text` with "?" for each byte that is not UTF-8. */
void text_clean(char *to, size_t size, const char *text);

/* "1.234 ms". */
enum { DURATION_MAX = 32 };
const char *text_duration(char to[DURATION_MAX], int64_t ns);

#endif
