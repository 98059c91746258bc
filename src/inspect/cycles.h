/* SPDX-License-Identifier: MIT */
/*
 * inspect/cycles.h - tasks that wait for each other while others go on
 */
#ifndef COIL_INSPECT_CYCLES_H
#define COIL_INSPECT_CYCLES_H

#include <coil/time.h>

struct coil_loop;

/*
 * Search the loop's tasks for cycles of waits, write each to standard error once,
 * and say when to search again.  The clock shows `now`, and no task runs.
 */
void coil__cycles_search(struct coil_loop *loop, coil_time now);

#endif
