/* SPDX-License-Identifier: MIT */
/*
 * coil/stream_pair.h - two streams that are connected to each other, in memory
 *
 * For tests, and for parts of one program that talk as if over a connection.  No
 * system call is made, and no descriptor used.
 *
 *     struct coil_stream *pair[2];
 *
 *     rc = coil_stream_pair(pair);
 *     ...
 *     rc = coil_stream_write(pair[0], "ping\n", 5);
 */
#ifndef COIL_STREAM_PAIR_H
#define COIL_STREAM_PAIR_H

#include <coil/base.h>
#include <coil/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make two connected streams.  What is written to one can be read from the
 * other.  64 KiB are on their way at most; more is kept by the writer, as if a
 * kernel's buffer were full.  The streams have no addresses: asked for one,
 * they give an address of length 0.  If one is closed, the other reads what is
 * still on its way and then the end; writing to it is -EPIPE.
 *
 * Both are returned: release each with coil_stream_close() or
 * coil_stream_abort().  Both belong to this thread, and to the loop that runs in
 * it if one does; a user's scheduler will do as well.
 *
 * Returns 0, or -ENOMEM with nothing made.  trio: memory_stream_pair().
 */
COIL_API int coil_stream_pair(struct coil_stream *pair[2]) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
