/* SPDX-License-Identifier: MIT */
/*
 * base/bystanders.h - the threads of the process, for who has to account for all
 *
 * A thread of the library that runs no code of the program's wakes nobody: the
 * watchdog, and a thread of a pool while there is no job.  Any other thread may
 * call what may be called in any thread, at any time.
 */
#ifndef COIL_BASE_BYSTANDERS_H
#define COIL_BASE_BYSTANDERS_H

#include <stdatomic.h>

/*
 * The watchdog, and the threads of all pools.  Added when a thread has begun, and
 * subtracted before it ends: so there are at least as many.
 */
extern atomic_uint coil__bystanders; /* a child of fork() has none */

/* Jobs of all pools, queued or running. */
extern atomic_uint coil__jobs;

/*
 * How many threads the process has, those of a sanitizer or an emulator included;
 * 0: that cannot be found out.
 */
unsigned coil__count_threads(void);

#endif
