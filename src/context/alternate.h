/* SPDX-License-Identifier: MIT */
/*
 * context/alternate.h - a stack for signal handlers
 *
 * A handler that is installed with SA_ONSTACK runs on the alternate stack of its
 * thread, if there is one.  A thread gives back as often as it has taken.
 */
#ifndef COIL_CONTEXT_ALTERNATE_H
#define COIL_CONTEXT_ALTERNATE_H

#include <stdbool.h>

/* Whether this thread has one now: the program's own, or coil's. */
bool coil__alternate_take(void);

/* The stack is freed with the last that was taken, unless it is the program's. */
void coil__alternate_give_back(void);

#endif
