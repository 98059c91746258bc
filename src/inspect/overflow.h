/* SPDX-License-Identifier: MIT */
/*
 * inspect/overflow.h - a stack overflow names its task
 */
#ifndef COIL_INSPECT_OVERFLOW_H
#define COIL_INSPECT_OVERFLOW_H

#include <stdbool.h>

/*
 * Handle SIGSEGV on a stack of its own, unless the program does already: a
 * fault in the guard of the running coroutine's stack is reported with the
 * task's name; then the signal takes its course.  Returns whether it did.
 */
bool coil__overflow_catch(void);

/* Undo it. */
void coil__overflow_release(void);

#endif
