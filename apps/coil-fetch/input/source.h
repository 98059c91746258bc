/* SPDX-License-Identifier: MIT */
/* source.h - a file, a FIFO or standard input, opened without keeping the loop */
#ifndef COIL_FETCH_INPUT_SOURCE_H
#define COIL_FETCH_INPUT_SOURCE_H

#include <stdbool.h>

#include <coil/base.h>

struct coil_stream;

/* A file that is being opened. */
struct source {
    int fd;       /* of a FIFO to which nobody writes yet; -1: none */
    bool is_slow; /* a pipe, a terminal: more may come at any time */
};

#define SOURCE_NONE ((struct source){ .fd = -1 })

/*
 * Open `path`; "-" is standard input, which stays open.  A FIFO is waited for until
 * somebody writes to it.  `*stream` is returned.
 *
 * Returns 0; -ECANCELED: the call can be made again, nobody who wrote meanwhile is
 * lost; -EISDIR; an error of coil_file_open() or coil_stream_standard().
 */
int source_open(struct source *source, const char *path,
                struct coil_stream **stream) COIL_SUSPENDS;

/* Give up what is not open yet. */
void source_fini(struct source *source);

#endif
