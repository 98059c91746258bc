/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump_write.h - what was found out about tasks, in words
 */
#ifndef COIL_INSPECT_DUMP_WRITE_H
#define COIL_INSPECT_DUMP_WRITE_H

#include "inspect/snapshot.h"

void coil__dump_write_name(struct coil_writer *out,
                           const struct coil_task *task);
void coil__dump_write_frames(struct coil_dump *dump, size_t indent,
                             const struct coil_frame *frames, size_t count);
void coil__dump_write_task(struct coil_dump *dump, uint32_t index,
                           size_t indent);
/* The tasks on a cycle (dump_graph.h), and what each waits for, in a line. */
void coil__dump_write_cycle(struct coil_dump *dump, uint32_t member);
void coil__dump_write(struct coil_dump *dump);

#endif
