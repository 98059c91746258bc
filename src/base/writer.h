/* SPDX-License-Identifier: MIT */
/*
 * base/writer.h - text to a descriptor, also in signal handlers
 *
 * It has a small buffer and calls only write(2).  What cannot be written is
 * lost.
 */
#ifndef COIL_BASE_WRITER_H
#define COIL_BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coil_writer {
    int fd;
    /* Called before each write; false: the text is lost.  NULL: go on. */
    bool (*is_ready)(void *arg);
    void *arg;
    /* Called instead of write(2), unless NULL. */
    void (*put)(void *arg, const char *text, size_t length);
    size_t length;
    char text[1024];
};

static inline void coil__write_begin(struct coil_writer *w, int fd)
{
    w->fd = fd;
    w->is_ready = NULL;
    w->put = NULL;
    w->length = 0;
}

/* Write out what is buffered. */
void coil__write_end(struct coil_writer *w);

void coil__write(struct coil_writer *w, const char *text);
void coil__write_number(struct coil_writer *w, uint64_t n);
void coil__write_hex(struct coil_writer *w, uint64_t n); /* with 0x */
void coil__write_spaces(struct coil_writer *w, size_t n);

/* "3.20 s", "12.0 ms", from nanoseconds. */
void coil__write_duration(struct coil_writer *w, int64_t duration);

#endif
