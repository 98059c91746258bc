/* SPDX-License-Identifier: MIT */
/*
 * base/panic.h - stop when the program cannot continue
 *
 * For a bug of the caller that leaves no state to return to: waiting outside of
 * a task, a broken invariant.  A correct program never gets here; what a
 * correct program can meet is an error code.
 */
#ifndef COIL_BASE_PANIC_H
#define COIL_BASE_PANIC_H

#include <coil/base.h>

#include "base/platform.h"

/* Print "coil: function: text", and the running task's name, and abort. */
COIL_NORETURN void coil__panic(const char *function, const char *format, ...)
    COIL_PRINTF(2, 3);

/* The name of the running task, or NULL. */
const char *coil__panic_who(void);

/* Print the same line and return: somebody else will end the program. */
void coil__complain(const char *function, const char *format, ...)
    COIL_PRINTF(2, 3);

#define COIL_PANIC(...) coil__panic(__func__, __VA_ARGS__)

/*
 * Let `who` give the name of the running task for the message; it may return
 * NULL.  May be called in any thread, and repeatedly.
 */
void coil__panic_ask(const char *(*who)(void));

#endif
