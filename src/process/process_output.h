/* SPDX-License-Identifier: MIT */
/*
 * process/process_output.h - what a program has written, for its owner
 */
#ifndef COIL_PROCESS_PROCESS_OUTPUT_H
#define COIL_PROCESS_PROCESS_OUTPUT_H

#include "process/process.h"

/* Move what was read to `output`.  There is room for a NUL: talk.c. */
void coil__process_take_output(struct coil_process *process,
                               struct coil_process_output *output);

#endif
