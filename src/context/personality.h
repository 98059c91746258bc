/* SPDX-License-Identifier: MIT */
/*
 * context/personality.h - where an exception of C++ must not go
 *
 * The library is C.  An exception that unwinds its frames would leave a loop
 * that still believes it runs, or a heap that is half changed.  So user
 * functions are called through a guard, which is an ordinary call and costs
 * nothing more.  An exception that looks for its handler stops at the guard,
 * even if somebody outside would catch it: a line on standard error says so,
 * and the C++ runtime calls std::terminate() where the exception was thrown,
 * with nothing unwound yet.  The bottom of a coroutine is such a guard too.
 *
 * Unwinding that looks for no handler passes: pthread_exit(), and the
 * cancellation of a thread.
 */
#ifndef COIL_CONTEXT_PERSONALITY_H
#define COIL_CONTEXT_PERSONALITY_H

#include <stdbool.h>

/* Whether an exception has been stopped in this thread. */
bool coil__guard_has_told(void);

/* ---- what the unwinder calls: `personality` of the frames ---- */

/* Assembly has their names: whoever compiles all as a whole must keep them. */
#define COIL_HIDDEN __attribute__((visibility("hidden"), used))

COIL_HIDDEN int coil__guard_of_call(int version, int actions,
                                    unsigned long long class, void *exception,
                                    void *context);
COIL_HIDDEN int coil__guard_of_coroutine(int version, int actions,
                                         unsigned long long class,
                                         void *exception, void *context);

#endif
