/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump.h - write all tasks of a scheduler: who needs whom, where each waits
 *
 * snapshot.c collects, dump_graph.c finds trees and cycles, dump_write.c writes.
 */
#ifndef COIL_INSPECT_DUMP_H
#define COIL_INSPECT_DUMP_H

#include "inspect/snapshot.h"

/*
 * Write all of it to `fd`.  `running`, which may be NULL, came to be where the
 * `frames` say.
 */
void coil__dump(struct coil_scheduler *scheduler, int fd,
                struct coil_task *running, const struct coil_frame *frames,
                size_t frame_count);

/* The same outside of signal handlers, with lines of the sources. */
void coil__dump_with_lines(struct coil_scheduler *scheduler, int fd);

/* From the handler of a signal, whose third argument is `ucontext`. */
void coil__dump_from_signal(int fd, const void *ucontext);

#endif
