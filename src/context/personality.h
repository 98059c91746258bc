/* SPDX-License-Identifier: MIT */
/*
 * context/personality.h - where an exception of C++ must not go
 *
 * The library is C: an exception that unwinds its frames leaves a loop that
 * believes it runs, or half of a heap.  A call through a guard is an ordinary
 * call, and costs nothing more.  An exception that is looking for its handler
 * gets no further, whoever would catch it outside: a line says so on standard
 * error, and the C++ runtime calls std::terminate() where the exception was
 * thrown, with nothing unwound yet.  The bottom of a coroutine is such a place
 * too.
 *
 * What unwinds without looking for a handler (pthread_exit(), the cancellation of
 * a thread) passes.
 */
#ifndef COIL_CONTEXT_PERSONALITY_H
#define COIL_CONTEXT_PERSONALITY_H

#include <stdbool.h>

/* Whether an exception has been stopped in this thread. */
bool coil__guard_has_told(void);

/* ---- what the unwinder calls: `personality` of the frames ---- */

#define COIL_HIDDEN __attribute__((visibility("hidden")))

COIL_HIDDEN int coil__guard_of_call(int version, int actions,
                                    unsigned long long class, void *exception,
                                    void *context);
COIL_HIDDEN int coil__guard_of_coroutine(int version, int actions,
                                         unsigned long long class,
                                         void *exception, void *context);

#endif
