/* SPDX-License-Identifier: MIT */
/*
 * wait.h - what a task waits for, and which tasks it needs
 */
#ifndef COIL_INSPECT_WAIT_H
#define COIL_INSPECT_WAIT_H

#include "snapshot.h"

/*
 * Read the waiter at that address.  If its outcome is decided, the task keeps
 * its state.  False: there is no memory.
 */
bool wait_read(struct target *target, struct task *task, uintptr_t waiter);

#endif
