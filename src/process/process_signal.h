/* SPDX-License-Identifier: MIT */
/*
 * process/process_signal.h - signals for a whole group
 */
#ifndef COIL_PROCESS_PROCESS_SIGNAL_H
#define COIL_PROCESS_PROCESS_SIGNAL_H

#include "process/process.h"

/* To the whole group, if it is the program's own, else to the program. */
int coil__process_signal_all(struct coil_process *process, int number);

#endif
