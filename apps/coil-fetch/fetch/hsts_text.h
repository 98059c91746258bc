/* SPDX-License-Identifier: MIT */
/* hsts_text.h - the header Strict-Transport-Security, and a line of curl's file */
#ifndef COIL_FETCH_FETCH_HSTS_TEXT_H
#define COIL_FETCH_FETCH_HSTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

/* As an age, or as a time: without end. */
#define HSTS_FOREVER INT64_MAX

struct hsts_value {
    int64_t max_age; /* seconds */
    bool has_subdomains;
};

/*
 * Read a header's value (RFC 6797, 6.1).  Directives that are not known are ignored.
 * Returns false if the value is not well formed, has one directive twice, or no
 * max-age.
 */
bool hsts_value_read(struct hsts_value *out, const char *value);

/* `.example.org "20271231 23:59:59"`: the dot is for hosts below it, too. */
struct hsts_line {
    const char *name; /* within the line */
    size_t name_size;
    bool has_subdomains;
    int64_t expires;
};

/* Returns false for a comment, or what is no such line. */
bool hsts_line_read(struct hsts_line *out, const char *line, size_t size);

/* The line, with a "\n".  A year beyond 9999 is written as one without end. */
void hsts_line_write(struct text *text, const struct hsts_line *line);

#endif
