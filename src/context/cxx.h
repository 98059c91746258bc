/* SPDX-License-Identifier: MIT */
/*
 * context/cxx.h - what the C++ runtime keeps for each thread, kept for each stack
 *
 * The runtime knows the exceptions that are being handled, and how many are on
 * their way, by thread.  Code that waits inside a catch block would find those
 * of the task that runs next.  So whoever leaves a stack takes its own along,
 * and leaves the thread's empty.  Hence the invariant: at every switch, and when
 * a stack is first entered, the thread's are empty.
 *
 * A program without C++ has no such runtime, and its contexts are not marked.
 * Where there is one, most stacks are left with nothing to take along.
 */
#ifndef COIL_CONTEXT_CXX_H
#define COIL_CONTEXT_CXX_H

#include <stdbool.h>
#include <stdint.h>

/* __cxa_eh_globals of the C++ ABI. */
struct coil_cxx_globals {
    void *caught;      /* the exceptions that are being handled, newest first */
    unsigned uncaught; /* how many are thrown and not caught yet */
#if defined(__ARM_EABI_UNWINDER__)
    void *propagating;
#endif
};

/* Those of this thread; NULL: nobody has looked, or there is no C++ runtime. */
extern _Thread_local struct coil_cxx_globals *coil__cxx_globals;

/*
 * Look for the runtime, before a thread makes its first context.  When it is
 * found first, std::terminate() begins to say which task has called it.
 */
void coil__cxx_find(void);

/* Whether there is anything that must not be left to others, with a runtime. */
static inline bool coil__cxx_holds(void)
{
    const struct coil_cxx_globals *globals = coil__cxx_globals;

    return ((uintptr_t)globals->caught | globals->uncaught) != 0;
}

#endif
