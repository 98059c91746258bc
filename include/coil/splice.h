/* SPDX-License-Identifier: MIT */
/*
 * coil/splice.h - move bytes from one stream to another
 *
 *     int64_t moved;
 *
 *     rc = coil_splice(server, client, -1, &moved);   // until the client ends
 *     if (rc == 0)
 *         rc = coil_stream_shutdown(server);          // and say so
 *
 * It is what a proxy does in each direction, and what copies a pipe to a
 * socket.  Between sockets, pipes and FIFOs that do not block, the kernel moves
 * the bytes and this process never sees them; between all other streams they are
 * read and written.  A descriptor is made a stream by coil/stream_fd.h, a file by
 * coil/file_stream.h; whole files go faster by coil_stream_send_file().
 *
 * asyncio  loop.sendfile() and a loop of read(), write() and drain().
 * Linux    splice(2).
 */
#ifndef COIL_SPLICE_H
#define COIL_SPLICE_H

#include <stdint.h>

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_stream;

/*
 * Move `size` bytes from `from` to `to`; a negative `size`: all there are until
 * the end of the input.  What was read ahead of `from` comes first.  The function
 * waits until the bytes are given to the kernel, or to what else carries `to`.
 * It does not shut `to` at the end.  Meanwhile nobody else may read from `from`
 * or write to `to`; both may be one stream, whose bytes then go back.  It may
 * have a pipe of its own meanwhile, which is two descriptors.
 *
 * `*moved`, which may be NULL, says how many bytes were taken out of `from`,
 * whatever is returned.  They are sent, or kept to be sent, unless `to` is
 * broken.  What was not moved stays in `from`, for the next read.
 *
 * Returns 0, also if the input has ended first: then `*moved` is less than
 * `size`; else
 *   -ECANCELED   both streams can be used on, and a further call goes on
 *   -EPIPE, -ECONNRESET …  one of the two is broken, or `to` is shut
 *   -EBUSY       another task reads from `from`, or sends a file to `to`
 *   -EBADF       one of the two was closed meanwhile; if it is `from`, a few
 *                bytes that were under way may be lost with it
 *   -ENOMEM, -ENOBUFS, -ENOSPC  memory was lacking; both can be used on
 * That there is no descriptor left for a pipe is no error.
 */
COIL_API int coil_splice(struct coil_stream *to, struct coil_stream *from,
                         int64_t size, int64_t *moved) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
