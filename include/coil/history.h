/* SPDX-License-Identifier: MIT */
/*
 * coil/history.h - record what a run was told from outside, and replay it
 *
 * A bug that shows once a week is recorded when it shows, and replayed as often as one
 * likes, under a debugger as well:
 *
 *     $ COIL_HISTORY=run.hist ./server
 *     $ COIL_REPLAY=run.hist gdb --args ./server
 *
 * What the loop was told is in the file: the clock, which operation was over when and with
 * what bytes, random numbers, signals, and when calls in threads were over.  A replay of the
 * same program, with the same arguments, has the same tasks take the same steps in the same
 * order.  It sends nothing, connects to nobody, and does not wait.
 *
 * The file has all of the run up to its end, also when the process is killed or aborts; there
 * the replay stops.  Its size is that of what was received, and some bytes for each operation.
 *
 * What a replay must find as it was: the program, its arguments and environment; files that it
 * reads; what calls in threads return, since their work is done again, on the loop's thread.
 * Whatever else the program asks (time(), rand(), descriptors that it reads itself) it hands to
 * coil_history_remember().  Child processes and descriptors that come over Unix sockets are
 * outside of histories.  A program that leaves its history is stopped with a message that says
 * where.
 *
 * Each loop has a file of its own: the first loop of a process that COIL_HISTORY names, and for
 * the next ones the same name with ".2", ".3" … at its end.  What loops and other threads say to
 * each other is replayed in its order, but it must be said again.
 */
#ifndef COIL_HISTORY_H
#define COIL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Keep `size` bytes at `data` that came from outside of coil, such as a time of day.  Where
 * the run is recorded, they go into the file.  Where it is replayed, they come from there.
 * Elsewhere, and without a running loop, nothing happens.  Never suspends.
 */
COIL_API void coil_history_remember(void *data, size_t size);

/* Whether the running loop records or replays a history. */
COIL_API bool coil_history_is_kept(void);

#ifdef __cplusplus
}
#endif

#endif
