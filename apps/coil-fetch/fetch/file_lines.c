/* SPDX-License-Identifier: MIT */
#include "fetch/file_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/file.h>
#include <coil/sleep.h>

/* What was read of the file. */
struct window {
    char *bytes;
    size_t begin;   /* of the next line */
    size_t end;     /* of what was read */
    int64_t offset; /* of the file, at bytes[0] */
    bool
        is_skipping; /* the line at `begin` is too long, and was begun before */
};

/* Take all whole lines of the window. */
static int take_lines(struct file_lines *lines, struct window *w)
{
    for (;;) {
        char *at = w->bytes + w->begin;
        char *newline = memchr(at, '\n', w->end - w->begin);
        int rc = 0;

        if (!newline)
            return 0;
        if (!w->is_skipping)
            rc = lines->take(lines->arg, at, (size_t)(newline - at),
                             w->offset + (int64_t)w->begin);
        if (rc < 0)
            return rc;
        w->is_skipping = false;
        w->begin = (size_t)(newline - w->bytes) + 1;
        lines->end = w->offset + (int64_t)w->begin;
    }
}

/* Make room behind what is left of the window. */
static void move_down(struct window *w)
{
    if (w->begin == 0 && w->end == FILE_LINES_MAX_SIZE) {
        w->is_skipping = true;
        w->begin = w->end;
    }
    memmove(w->bytes, w->bytes + w->begin, w->end - w->begin);
    w->offset += (int64_t)w->begin;
    w->end -= w->begin;
    w->begin = 0;
}

/* What is in memory is read without waiting: others run in between. */
static int read_window(struct file_lines *lines, struct window *w,
                       struct coil_file *file)
{
    for (;;) {
        ptrdiff_t n = coil_file_pread(file, w->bytes + w->end,
                                      FILE_LINES_MAX_SIZE - w->end,
                                      w->offset + (int64_t)w->end);
        int rc;

        if (n <= 0)
            return (int)n;
        w->end += (size_t)n;
        rc = take_lines(lines, w);
        if (rc == 0)
            rc = coil_yield();
        if (rc < 0)
            return rc;
        move_down(w);
    }
}

int file_lines_read(struct file_lines *lines, struct coil_file *file)
{
    struct window w = { .bytes = malloc(FILE_LINES_MAX_SIZE) };
    int rc;

    lines->end = 0;
    if (!w.bytes)
        return -ENOMEM;
    rc = read_window(lines, &w, file);
    if (rc == 0 && lines->takes_torn && w.end > 0 && !w.is_skipping)
        rc = lines->take(lines->arg, w.bytes, w.end, w.offset);
    free(w.bytes);
    return rc < 0 ? rc : 0;
}
