/* SPDX-License-Identifier: MIT */
/*
 * coil/fd.h - wait for a foreign descriptor
 *
 * For libraries that bring their own descriptor (libpq, a pipe, an eventfd):
 *
 *     rc = coil_wait_fd(PQsocket(connection), COIL_READABLE);
 *
 * coil's own sockets are streams: coil/stream.h.
 */
#ifndef COIL_FD_H
#define COIL_FD_H

#include <coil/base.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COIL_READABLE 1u
#define COIL_WRITABLE 2u

/*
 * Wait until `fd` is readable or writable, as `events` asks; the end of the
 * input and an error of the descriptor count as both.  A descriptor that the
 * kernel cannot wait for, such as a file, is always ready.  Several tasks may
 * wait for one descriptor: all are woken, so whoever reads or writes then needs
 * O_NONBLOCK.  docs/descriptors.md has a row for each kind of descriptor.
 *
 * `fd` must not be closed meanwhile: the kernel does not report that to coil,
 * and those who wait may wait for ever.  coil notices it at the latest when
 * anybody waits for a descriptor of the same number, which then works as usual.
 * In debug mode (COIL_DEBUG=1) it notices when the loop looks outside.  Then those
 * who wait get -EBADF, and the loop's exception handler is told.
 *
 * Returns which of `events` are true, else
 *   -ECANCELED  nothing of the wait is left behind
 *   -EBADF      not a descriptor, one of O_PATH, or closed meanwhile
 *   -EINVAL     `events` is 0 or has unknown bits, or it is coil_loop_fd() of
 *               this loop
 *   -ELOOP      an epoll set that waits for this loop, or sets too deep in each
 *               other
 *   -ENOMEM     the table of descriptors could not grow
 *   -ENOSPC     this user's limit, fs.epoll.max_user_watches
 *   -ENOTSUP    on a user's scheduler, or on the simulator
 * asyncio: none; by add_reader() and a future.  trio: lowlevel.wait_readable().
 */
COIL_API int coil_wait_fd(int fd, unsigned events) COIL_SUSPENDS;

/*
 * The same as a case of coil_select(): its result is what coil_wait_fd() returns.
 */
COIL_API struct coil_select_case coil_wait_fd_case(int fd, unsigned events);

#ifdef __cplusplus
}
#endif

#endif
