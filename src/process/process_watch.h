/* SPDX-License-Identifier: MIT */
/*
 * process/process_watch.h - notice the end of a child
 */
#ifndef COIL_PROCESS_PROCESS_WATCH_H
#define COIL_PROCESS_PROCESS_WATCH_H

#include "process/process.h"

/* Begin to; the watch takes a reference. */
void coil__process_watch(struct coil_process *process);

#endif
