/* SPDX-License-Identifier: MIT */
/*
 * context/cxx.h - the C++ runtime's state of a thread, kept for each stack
 *
 * The runtime keeps, for each thread, the exceptions that are being handled and
 * the number of those that are under way.  If a task waited inside a catch
 * block, the task that runs next would find that exception.  So whoever leaves
 * a stack takes its exceptions along, and leaves none to the thread.  Hence the
 * invariant: at every switch, and when a stack is first entered, the thread has
 * none.
 *
 * A program without C++ has no such runtime, and its contexts are not marked.
 * With a runtime, most stacks have nothing to take along.
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

/* The state of this thread.  NULL: not looked for, or no C++ runtime. */
extern _Thread_local struct coil_cxx_globals *coil__cxx_globals;

/*
 * Look for the runtime.  To be called before a thread makes its first context.
 * When the runtime is found first, std::terminate() is made to report the task
 * that called it.
 */
void coil__cxx_find(void);

/*
 * With a runtime: whether the thread has exceptions that others must not see.
 */
static inline bool coil__cxx_holds(void)
{
    const struct coil_cxx_globals *globals = coil__cxx_globals;

    return ((uintptr_t)globals->caught | globals->uncaught) != 0;
}

#endif
