/* SPDX-License-Identifier: MIT */
/* cdxj_lines.h - read an index line by line, and find a value in a line */
#ifndef COIL_FETCH_OUTPUT_CDXJ_LINES_H
#define COIL_FETCH_OUTPUT_CDXJ_LINES_H

#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct coil_file;

/* From the function that takes lines: no more, and this one was not taken. */
#define CDXJ_LINES_ENOUGH 1

/*
 * Call take() with each whole line, its "\n" included, and its offset.  A line of more
 * than 256 KiB is left out.  `*end` is where the last line that was taken ends.
 * Returns 0; what take() returned below 0; -ENOMEM, -ECANCELED, an error of read().
 */
int cdxj_lines_read(struct coil_file *file,
                    int (*take)(void *arg, const char *line, size_t size,
                                uint64_t offset),
                    void *arg, uint64_t *end) COIL_SUSPENDS;

/* What a line says of `name`, which is a string without escapes; NULL: nothing. */
struct cdxj_value {
    const char *at;
    size_t size;
};
struct cdxj_value cdxj_value_of(const char *line, size_t size,
                                const char *name);

#endif
