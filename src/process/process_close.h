/* SPDX-License-Identifier: MIT */
/*
 * process/process_close.h - let a program end
 */
#ifndef COIL_PROCESS_PROCESS_CLOSE_H
#define COIL_PROCESS_PROCESS_CLOSE_H

#include "process/process.h"

/*
 * Let the program end, and wait for that: SIGTERM, the grace, SIGKILL.  Returns as
 * coil_process_wait(); -EPERM: it cannot be ended; -ECANCELED: it has ended, and
 * the task was cancelled during the grace.
 */
int coil__process_stop(struct coil_process *process) COIL_MUST_CHECK;

#endif
