/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump.h - write all tasks: who needs whom, and where each waits
 *
 * snapshot.c collects the tasks, dump_graph.c finds trees and cycles, and
 * dump_write.c writes.
 */
#ifndef COIL_INSPECT_DUMP_H
#define COIL_INSPECT_DUMP_H

#include "inspect/snapshot.h"
#include "loop/circle.h"

/* Write all tasks to `fd`.  `frames` are those of `running` (may be NULL). */
void coil__dump(struct coil_scheduler *scheduler, int fd,
                struct coil_task *running, const struct coil_frame *frames,
                size_t frame_count);

/*
 * The same with lines of the sources, not for signal handlers.  `circle`: other
 * loops, which sleep, and whose tasks may be named; NULL: there are none.
 */
void coil__dump_with_lines(struct coil_scheduler *scheduler, int fd,
                           const struct coil_circle *circle);

/* To be called in a signal's handler, whose third argument is `ucontext`. */
void coil__dump_from_signal(int fd, const void *ucontext);

#endif
