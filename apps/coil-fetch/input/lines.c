/* SPDX-License-Identifier: MIT */
#include "input/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/stream.h>

enum { ROOM = 64 * 1024, MAX_ROOM = LINE_MAX_SIZE + ROOM };

void lines_begin(struct lines *lines, struct coil_stream *stream)
{
    char *bytes = lines->bytes;
    size_t room = lines->room;

    *lines = (struct lines){ .stream = stream, .bytes = bytes, .room = room };
}

void lines_end(struct lines *lines)
{
    coil_stream_abort(lines->stream);
    lines_begin(lines, NULL);
}

void lines_fini(struct lines *lines)
{
    lines_end(lines);
    free(lines->bytes);
    *lines = (struct lines){ 0 };
}

/* Where the next line ends, as far as is known; NULL: nowhere yet. */
static char *end_of_line(struct lines *lines)
{
    char *end = lines->bytes + lines->end;
    char *newline = NULL;

    if (lines->seen < lines->end)
        newline =
            memchr(lines->bytes + lines->seen, '\n', lines->end - lines->seen);
    lines->seen = lines->end;
    if (newline)
        return newline;
    return lines->has_ended && lines->from < lines->end ? end : NULL;
}

static void take(struct lines *lines, struct line *line, char *end)
{
    char *text = lines->bytes + lines->from;
    size_t size = (size_t)(end - text);

    lines->from = (size_t)(end - lines->bytes);
    if (lines->from < lines->end)
        lines->from++;
    lines->seen = lines->from;
    if (size > LINE_MAX_SIZE)
        lines->is_too_long = true;
    if (lines->is_too_long)
        size = LINE_SHOWN;
    else if (size > 0 && text[size - 1] == '\r')
        size--;
    if (lines->count == 0 && size >= 3 &&
        memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    text[size] = '\0';
    *line = (struct line){ text, size, ++lines->count, lines->is_too_long };
    lines->is_too_long = false;
}

/* Room for more at the end; what was taken goes. */
static int make_room(struct lines *lines)
{
    size_t size = lines->end - lines->from;
    size_t room;
    char *bytes;

    if (size > LINE_MAX_SIZE || lines->is_too_long) {
        lines->is_too_long = true;
        size = LINE_SHOWN;
    }
    if (lines->from > 0 && size > 0)
        memmove(lines->bytes, lines->bytes + lines->from, size);
    lines->from = 0;
    lines->seen = lines->end = size;
    if (size < lines->room)
        return 0;
    room = lines->room > 0 ? 2 * lines->room : ROOM;
    if (room > MAX_ROOM)
        room = MAX_ROOM;
    bytes = realloc(lines->bytes, room + 1);
    if (!bytes)
        return -ENOMEM;
    lines->bytes = bytes;
    lines->room = room;
    return 0;
}

int lines_next(struct lines *lines, struct line *line)
{
    for (;;) {
        char *end = end_of_line(lines);
        ptrdiff_t n;

        if (end) {
            take(lines, line, end);
            return 1;
        }
        if (lines->has_ended)
            return 0;
        n = make_room(lines);
        if (n < 0)
            return (int)n;
        n = coil_stream_read(lines->stream, lines->bytes + lines->end,
                             lines->room - lines->end);
        if (n < 0)
            return (int)n;
        lines->end += (size_t)n;
        lines->has_ended = n == 0;
    }
}

int lines_peek(const struct lines *lines)
{
    if (lines->from < lines->end)
        return (unsigned char)lines->bytes[lines->from];
    return -1;
}
