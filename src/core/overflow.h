/* SPDX-License-Identifier: MIT */
/*
 * core/overflow.h - say whose stack it was that overflowed
 */
#ifndef COIL_CORE_OVERFLOW_H
#define COIL_CORE_OVERFLOW_H

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
