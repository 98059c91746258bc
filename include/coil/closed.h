/* SPDX-License-Identifier: MIT */
/*
 * coil/closed.h - a use after the end is told in words
 *
 * For libraries whose objects a program opens and closes.  In debug mode the
 * memory of a closed object is kept for a while, so that a function that is
 * called with it can see that, and name the mistake.  coil's own streams,
 * listeners and sockets do the same.
 *
 *     void my_thing_close(struct my_thing *thing)
 *     {
 *         ...
 *         thing->is_closed = true;
 *         if (!coil_closed_keep(thing, free))
 *             free(thing);
 *     }
 *
 *     void my_thing_use(struct my_thing *thing)
 *     {
 *         if (thing->is_closed)
 *             coil_closed_stop(thing, "a thing is used after it was closed");
 *         ...
 *     }
 *
 * Threads  Each loop keeps what is closed while it runs.
 */
#ifndef COIL_CLOSED_H
#define COIL_CLOSED_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Keep the memory of `object`, to which nothing belongs any more, and note who
 * has called.  `object` is given: the loop that runs in this thread calls
 * free_fn(object) when 64 other objects have been closed, or when it is closed
 * itself.
 *
 * Returns false outside of debug mode, without a loop, and if memory is lacking:
 * then the object is the caller's.
 */
COIL_API bool coil_closed_keep(void *object, void (*free_fn)(void *object))
    COIL_MUST_CHECK;

/*
 * Stop the program: `object` is used, although it is closed.  The message names
 * the public function that was called, who called it, and, as far as that is
 * known, who has closed the object.  `message` says what is wrong.
 */
COIL_API void coil_closed_stop(const void *object,
                               const char *message) COIL_NEVER_RETURNS;

#ifdef __cplusplus
}
#endif

#endif
