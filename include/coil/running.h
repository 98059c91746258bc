/* SPDX-License-Identifier: MIT */
/*
 * coil/running.h - what the fast paths in headers know of the running coroutine
 *
 * To take a lock that is free is less work than to call a function.  So some
 * functions are macros of the same name, too, in an optimised program: the macro
 * does what needs no wait, and calls the function if there is more to do, such
 * as to wait, to tell of a cancellation, or to report a misuse.  The function
 * does the whole.  It is what pointers, other languages and programs that are
 * not optimised use.  An inline function would not do: backtraces would show a
 * line of the header instead of the program's.  An argument may have commas of
 * its own, as a compound literal has, hence __VA_ARGS__.
 *
 * A program that is compiled with COIL_NO_FAST_PATHS defined calls the functions
 * always, so that a debugger can stop there.
 *
 * These are private parts of public headers.
 */
#ifndef COIL_RUNNING_H
#define COIL_RUNNING_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && defined(__ELF__) && defined(__OPTIMIZE__) &&          \
    !defined(COIL_NO_FAST_PATHS)
#define COIL_FAST_PATHS 1
#else
#define COIL_FAST_PATHS 0
#endif

/* Every coroutine begins with this. */
struct coil_running {
    uint64_t id;   /* of its task, or 0 */
    int interrupt; /* the error of its next suspending call, or 0 */
};

/* What a thread knows.  It begins with a pointer to what runs in it, or NULL. */
struct coil_thread;

#if COIL_FAST_PATHS

COIL_API extern __thread struct coil_thread coil_this_thread
    __attribute__((__tls_model__("initial-exec")));

#define COIL_FAST_PATH                                                         \
    static __inline__ __attribute__((__always_inline__, __unused__))

/* The running coroutine if it need not be told of a cancellation, else NULL. */
COIL_FAST_PATH const struct coil_running *coil__undisturbed(void)
{
    struct coil_coroutine *const *current =
        (struct coil_coroutine *const *)(const void *)&coil_this_thread;
    const struct coil_running *running =
        (const struct coil_running *)(const void *)*current;

    return running && !running->interrupt ? running : NULL;
}

/* So that a compiler warns of a result that is ignored. */
COIL_MUST_CHECK COIL_FAST_PATH int coil__must_check(int rc)
{
    return rc;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
