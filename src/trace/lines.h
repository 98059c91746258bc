/* SPDX-License-Identifier: MIT */
/*
 * trace/lines.h - the source line of an address
 *
 * Reads debugging information, allocates and locks: not for signal handlers.
 * Without libdw, there and at run time, nothing is known.
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

/* NULL if nothing can be known; the others then do nothing. */
struct coil_lines *coil__lines_open(void);
void coil__lines_close(struct coil_lines *lines);

/* False if it is not known.  `*line` is valid until coil__lines_close(). */
bool coil__lines_find(struct coil_lines *lines, uintptr_t address,
                      struct coil_line *line);

#endif
