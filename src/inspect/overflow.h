/* SPDX-License-Identifier: MIT */
/*
 * inspect/overflow.h - a stack overflow names its task
 */
#ifndef COIL_INSPECT_OVERFLOW_H
#define COIL_INSPECT_OVERFLOW_H

#include <stdbool.h>

/*
 * Handle SIGSEGV, on a separate stack, unless the program handles it already.
 * A fault in the guard of the running coroutine's stack is reported with the
 * name of the task; then the signal takes its usual course.  Returns whether it
 * is handled.
 */
bool coil__overflow_catch(void);

/* Undo coil__overflow_catch(). */
void coil__overflow_release(void);

#endif
