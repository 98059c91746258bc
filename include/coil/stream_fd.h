/* SPDX-License-Identifier: MIT */
/*
 * coil/stream_fd.h - a stream over a pipe, a terminal, or what else there is
 *
 *     struct coil_stream *in, *out;
 *
 *     rc = coil_stream_from_fd(&in, STDIN_FILENO);
 *     if (rc == 0)
 *         rc = coil_stream_from_fd(&out, STDOUT_FILENO);
 *
 * Pipes, FIFOs, terminals and both sides of a pty, connected sockets that are
 * streams, and descriptors such as those of eventfd() and timerfd_create().
 * All functions of coil/stream.h work on them.
 *
 * A terminal, and a pipe that other processes use as well, never becomes
 * non-blocking for them: coil opens it again through /proc/self/fd, for itself.
 * Where that cannot be done, coil asks with poll() before each call that could
 * wait, and writes little at a time.  Then, if another process reads from the
 * same open file at the same moment, the loop may wait until more comes; give
 * coil a descriptor with O_NONBLOCK to exclude that.
 *
 * What is on a disk is always ready as far as the kernel says, and would keep
 * the loop waiting: coil/file.h.
 *
 * Signals  No SIGPIPE is raised.  A background process that reads from its
 *          terminal is stopped, as always.
 * asyncio  loop.connect_read_pipe(), loop.connect_write_pipe(), for descriptors
 *          of more kinds, and of both directions.
 */
#ifndef COIL_STREAM_FD_H
#define COIL_STREAM_FD_H

#include <coil/base.h>
#include <coil/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make a stream over `fd`, for what it was opened for: reading, writing or both.
 * The descriptor is given: it must not be used any more, coil may close it at
 * once, and it is closed with the stream at the latest.  But 0, 1 and 2 stay
 * open, and can be used on: the stream has a copy of its own.
 *
 * What is different from a connection:
 *   A stream that only writes has no input.  A read, or a watch, waits until
 *   nobody reads any more what is written, and then says that the input has
 *   ended.
 *   A stream that only reads is shut for writing: -EPIPE.
 *   coil_stream_shutdown() closes what is only for writing.  A terminal has no
 *   such end: -ENOTSUP, and the stream can be used on.
 *   The master of a pty says that the input has ended when nobody has the other
 *   side open.
 *
 * `*out` is returned: release it with coil_stream_close() or
 * coil_stream_abort().  Returns 0; else, with `fd` still the caller's and
 * unchanged,
 *   -EBADF    not open
 *   -EINVAL   a file, a directory or a disk, or a socket that is no stream
 *   -ENOMEM, -EMFILE, -ENFILE  memory, or a descriptor for a copy, was lacking
 *   -ENOTSUP  on a user's scheduler, or on the simulator: use a pair of streams
 *             there (coil/stream_pair.h)
 */
COIL_API int coil_stream_from_fd(struct coil_stream **out, int fd)
    COIL_MUST_CHECK;

/*
 * The same of two descriptors: a stream that reads from `read_fd` and writes to
 * `write_fd`, as to and from a child process.  They may be the same.  A negative
 * one means that this direction is left out.
 *
 * As coil_stream_from_fd(), and
 *   -EBADF   `read_fd` is not open for reading, or `write_fd` not for writing,
 *            or both are negative
 */
COIL_API int coil_stream_from_fds(struct coil_stream **out, int read_fd,
                                  int write_fd) COIL_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
