/* SPDX-License-Identifier: MIT */
/* lines.h - the lines of a stream, in a buffer of their own */
#ifndef COIL_FETCH_INPUT_LINES_H
#define COIL_FETCH_INPUT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct coil_stream;

enum {
    LINE_MAX_SIZE = 1024 * 1024, /* of a line; a longer one is cut short */
    LINE_SHOWN = 4096            /* how much is left of it then */
};

struct line {
    char *text; /* with a NUL behind it; it may have others inside */
    size_t size;
    uint64_t number; /* from 1 */
    bool is_too_long;
};

/* Zeroed, it has no stream and no memory. */
struct lines {
    struct coil_stream *stream;
    char *bytes; /* `room` and one more, for a NUL */
    size_t room;
    size_t from; /* the next line begins here */
    size_t seen; /* no line ends before this */
    size_t end;
    uint64_t count;
    bool has_ended;
    bool is_too_long; /* what is left of the line is at `from` */
};

/* Read `stream`, which is given, instead of what was read before. */
void lines_begin(struct lines *lines, struct coil_stream *stream);

/* Close the stream, and keep the memory. */
void lines_end(struct lines *lines);
void lines_fini(struct lines *lines);

/*
 * The next line, without its end, and the first one without a byte order mark.
 * It is valid until the next call.  Returns 1; 0 at the end; an error of
 * coil_stream_read(), with nothing lost; -ENOMEM.  A cancellation is noticed only
 * where it waits.
 */
int lines_next(struct lines *lines, struct line *line) COIL_SUSPENDS;

/* The first byte of the next line, if it is there already; else -1. */
int lines_peek(const struct lines *lines);

#endif
