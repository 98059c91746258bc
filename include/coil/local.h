/* SPDX-License-Identifier: MIT */
/*
 * coil/local.h - values that belong to a task and to what it starts
 *
 *     static struct coil_local request = COIL_LOCAL_INIT(NULL);
 *
 *     static int serve(void *arg)              // a task for each request
 *     {
 *         int rc = coil_local_set(&request, arg);
 *         ...
 *     }
 *     static void note(const char *text)       // somewhere below
 *     {
 *         const struct request *r = coil_local_get(&request);
 *         printf("%s: %s\n", r ? r->name : "-", text);
 *     }
 *
 * Copies   A task begins with a copy of the values of its creator.  Afterwards
 *          neither sees what the other sets.  A function in coil_to_thread()
 *          begins with a copy of the values of the task that waits for it.  A
 *          callback (done callbacks, coil_loop_call_soon() and its kin) begins
 *          with a copy of the values at its registration.  A coroutine driven
 *          by hand sees and sets the values of whoever drives it.  Outside of
 *          all these a thread has values of its own, which a loop's main task
 *          begins with.
 * Memory   A copy is shared until somebody sets a value in it, so starting
 *          tasks and callbacks allocates nothing for it.  The values are
 *          pointers that are only passed on: what they point at is the
 *          caller's, kept as long as anybody may get them.
 * Cost     A task has one pointer for it.  Reading takes longer with the number
 *          of keys that are set: a few, not hundreds.
 * Threads  Either function may be called in any thread.
 * asyncio  contextvars.ContextVar, and the context of a task.
 */
#ifndef COIL_LOCAL_H
#define COIL_LOCAL_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key: as a rule a static variable, kept as long as a value is set for it. */
struct coil_local {
    void *initial; /* the value where none is set */
};

#define COIL_LOCAL_INIT(value)                                                 \
    {                                                                          \
        (value)                                                                \
    }

/* The value of the running task, callback or thread. */
COIL_API void *coil_local_get(const struct coil_local *local) COIL_ANY_THREAD;

/*
 * Set the value.  Returns 0, or -ENOMEM, and the former value stays.  Memory is
 * needed for the first value of a key, and when a task or callback that shares
 * the values was started before.
 */
COIL_API int coil_local_set(const struct coil_local *local, void *value)
    COIL_ANY_THREAD COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
