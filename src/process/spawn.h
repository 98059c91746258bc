/* SPDX-License-Identifier: MIT */
/*
 * process/spawn.h - start a child without a copy of the parent's memory
 */
#ifndef COIL_PROCESS_SPAWN_H
#define COIL_PROCESS_SPAWN_H

#include <sys/types.h>

#include "process/child.h"

/*
 * Start the program of `child`; the caller has set all but `mask`, if that is to
 * be the parent's, and `report`.  Returns 0, the number, and a pidfd or -1; or
 * the error, with child->failure.step, and no process is left.
 */
int coil__spawn(struct coil__child *child, pid_t *pid, int *pidfd);

#endif
