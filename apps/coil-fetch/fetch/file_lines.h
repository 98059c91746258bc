/* SPDX-License-Identifier: MIT */
/* file_lines.h - the lines of a file that is open, one after another */
#ifndef COIL_FETCH_FETCH_FILE_LINES_H
#define COIL_FETCH_FETCH_FILE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

struct coil_file;

/* A longer line is passed over. */
#define FILE_LINES_MAX_SIZE ((size_t)256 * 1024)

struct file_lines {
    /*
     * Take a line, without its "\n", that begins at `offset` of the file.  The
     * bytes may be changed.  Returns 0 or more, or an error, which ends the
     * reading.  May suspend.
     */
    int (*take)(void *arg, char *line, size_t size, int64_t offset);
    void *arg;
    bool takes_torn; /* the last line, too, if it has no "\n" */
    int64_t end;     /* afterwards: where the last line ends that has one */
};

/*
 * Read the whole file.  Returns 0; an error of coil_file_pread(), or of take();
 * -ENOMEM; -ECANCELED, after some of the lines.
 */
int file_lines_read(struct file_lines *lines, struct coil_file *file)
    COIL_SUSPENDS;

#endif
