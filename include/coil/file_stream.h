/* SPDX-License-Identifier: MIT */
/*
 * coil/file_stream.h - a buffered reader and writer of a file
 *
 *     rc = coil_stream_open_file(&s, "access.log", O_RDONLY, 0);
 *     while (rc == 0) {
 *         rc = coil_stream_read_until(s, "\n", 1, line, sizeof line, &n);
 *         ...
 *     }
 *
 * All functions of coil/stream.h work: reading takes in at most 64 KiB ahead,
 * writing never waits, coil_stream_drain() bounds what is kept, and
 * coil_stream_close() writes the rest and says whether that went well.  The end of
 * the file is the end of the input, and remains it when the file grows;
 * coil_file_read() (coil/file.h) reads on.
 */
#ifndef COIL_FILE_STREAM_H
#define COIL_FILE_STREAM_H

#include <coil/base.h>
#include <coil/file.h>
#include <coil/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make a stream over `file`, which stays open as long as the stream: the caller
 * may close it before or afterwards.  Reading and writing begin at the file's
 * position, and each moves on for itself; with O_APPEND, writes go to the end.
 * Writes are made one after the other, by another thread.
 *
 * What was written when coil_stream_flush() returns, other processes can read;
 * coil_file_sync() brings it to the disk.  coil_stream_abort() may leave a write
 * under way that was begun, which then goes on to its end.
 *
 * Returns 0, and `*out` is to be released with coil_stream_close() or
 * coil_stream_abort(); -ENOMEM; or -ENOTSUP: not within a loop.
 */
COIL_API int coil_stream_from_file(struct coil_stream **out,
                                   struct coil_file *file) COIL_MUST_CHECK;

/* The same of a file that is opened: as coil_file_open(). */
COIL_API int coil_stream_open_file(struct coil_stream **out, const char *path,
                                   int flags, mode_t mode) COIL_SUSPENDS;

/*
 * A stream over 0, 1, 2 or another descriptor that stays the caller's, whatever
 * it is: as coil_stream_from_fd() (coil/stream_fd.h) or, if it is a file, as
 * coil_stream_from_file().  Other processes that share the file go on behind what
 * was read or written here.
 *
 *     rc = coil_stream_standard(&in, STDIN_FILENO);
 *
 * Returns as coil_stream_from_fd(); -EINVAL of a directory or a datagram socket.
 */
COIL_API int coil_stream_standard(struct coil_stream **out, int fd)
    COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
