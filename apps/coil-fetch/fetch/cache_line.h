/* SPDX-License-Identifier: MIT */
/*
 * cache_line.h - a line of the cache's file, and what of a response is kept
 *
 * A line has seven fields with tabs between: URL, variant, ETag, Last-Modified; of
 * the body's file the size, the time of its last change in nanoseconds, and the
 * name.  A line without ETag and Last-Modified takes older ones back.  Within a field a tab, a line end and a backslash
 * are \t, \n, \r and \\.
 */
#ifndef COIL_FETCH_FETCH_CACHE_LINE_H
#define COIL_FETCH_FETCH_CACHE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http.h>

#include "common/text.h"

struct cache_line {
    const char *url;
    const char *variant;
    const char *etag;          /* "": none */
    const char *last_modified; /* "": none */
    const char *file;          /* "": none; then the two numbers are 0 */
    int64_t size;
    int64_t changed_at;
};

/* The first two fields, with a tab behind each: by these a line is found. */
void cache_line_write_key(struct text *text, const char *url,
                          const char *variant);

/* The size of these fields in a line; 0: it has no such fields. */
size_t cache_line_key_size(const char *line, size_t size);

/* Whether it takes older ones back: its key has this size. */
bool cache_line_is_empty(const char *line, size_t size, size_t key_size);

/* The whole line, with a "\n". */
void cache_line_write(struct text *text, const struct cache_line *line);

/*
 * Read a line, without its "\n" but with a NUL, which is changed; the fields point
 * into it.  Returns false if it is none.
 */
bool cache_line_read(struct cache_line *out, char *line);

/*
 * Take the validators of a response into `out`.  They may not be kept if it says
 * no-store, or "Vary: *"; or if it varies with headers that a variant does not
 * cover, such as Cookie, and has no strong ETag (RFC 9110, 8.8.3).  Returns whether
 * there is one that may be kept.
 */
bool cache_line_take(struct cache_line *out,
                     const struct coil_http_header *headers, size_t count);

#endif
