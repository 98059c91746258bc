/* SPDX-License-Identifier: MIT */
#include "context/personality.h"

#include "base/panic.h"

/* Constants of the ABI's exception handling. */
enum { SEARCH_PHASE = 1 };
enum { FATAL_PHASE1_ERROR = 3, CONTINUE_UNWIND = 8 };

static _Thread_local bool has_told;

bool coil__guard_has_told(void)
{
    return has_told;
}

/* Report the exception, and return the answer to the unwinder. */
static int stop(int actions, const char *text)
{
    if (!(actions & SEARCH_PHASE))
        return CONTINUE_UNWIND;
    has_told = true;
    coil__complain("uncaught exception", "%s", text);
    return FATAL_PHASE1_ERROR;
}

int coil__guard_of_call(int version, int actions, unsigned long long class,
                        void *exception, void *context)
{
    (void)version;
    (void)class;
    (void)exception;
    (void)context;
    return stop(actions, "it was thrown by a function that coil has called, "
                         "and cannot pass through coil");
}

int coil__guard_of_coroutine(int version, int actions, unsigned long long class,
                             void *exception, void *context)
{
    (void)version;
    (void)class;
    (void)exception;
    (void)context;
    return stop(actions, "it left the function of a task or coroutine, where "
                         "nobody can catch it");
}
