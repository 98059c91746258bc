/* SPDX-License-Identifier: MIT */
/*
 * core/inspect.h - what the core asks of the layer that looks at it
 *
 * src/inspect stands above: it reads loops and tasks, and the core knows no more
 * of it than this page and core/watched.h.
 */
#ifndef COIL_CORE_INSPECT_H
#define COIL_CORE_INSPECT_H

#include <stdbool.h>

#include "base/platform.h"

struct coil_loop;

/* Nothing can ever run again: say so, and who waits for what, on stderr. */
void coil__report_deadlock(struct coil_loop *loop);

/*
 * A run begins in this thread.  If the environment names a signal in
 * COIL_DUMP_SIGNAL, by its name or number, for which the program has no handler,
 * it has coil's from now on: the tasks of every loop that coil_run() runs are
 * written to standard error.
 */
void coil__dump_signal_begin(void);

/* It ends.  The handler stays; without a loop it does nothing. */
void coil__dump_signal_end(void);

/*
 * Handle SIGSEGV on a stack of its own, unless the program does already: a
 * fault in the guard of the running coroutine's stack is reported with the
 * task's name; then the signal takes its course.  Returns whether it did.
 */
bool coil__overflow_catch(void);

/* Undo it. */
void coil__overflow_release(void);

#endif
