/* SPDX-License-Identifier: MIT */
/*
 * trace/lines.h - the source line of an address
 *
 * This reads debugging information, allocates and locks, so it is not for
 * signal handlers.  It needs libdw, when coil is built and when it runs;
 * otherwise nothing is known.
 */
#ifndef COIL_TRACE_LINES_H
#define COIL_TRACE_LINES_H

#include <stdbool.h>
#include <stdint.h>

struct coil_lines;

struct coil_line {
    const char *file;
    int number;
};

/* NULL: nothing can be known, and the other functions do nothing. */
struct coil_lines *coil__lines_open(void);
void coil__lines_close(struct coil_lines *lines);

/* False if it is not known.  `*line` is valid until coil__lines_close(). */
bool coil__lines_find(struct coil_lines *lines, uintptr_t address,
                      struct coil_line *line);

#endif
