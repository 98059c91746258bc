/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_fd.h - the system calls on a descriptor that came from elsewhere
 *
 * Whoever opened it may share its open file description with other processes: a
 * terminal with the shell, a pipe with the next command.  O_NONBLOCK belongs to
 * the description, so it would be set for all of them.  It is never set here.
 * Instead, one of these ways is found for each descriptor:
 *
 *   it has O_NONBLOCK                 used as it is
 *   a pipe, a FIFO, a terminal        opened again, through /proc, with
 *                                     O_NONBLOCK: a description of its own
 *   a socket                          each call says MSG_DONTWAIT
 *   what cannot be opened again       each call is made after poll() has said
 *                                     that it will not wait, and a write is small
 */
#ifndef COIL_BACKEND_SYS_FD_H
#define COIL_BACKEND_SYS_FD_H

#include "backend/op.h"

/* How READ_FD, PEEK_FD and WRITE_FD use their descriptor: op.access. */
enum coil_fd_access {
    COIL_FD_SOCKET = 1, /* recv() and send() */
    COIL_FD_POLLED = 2, /* without O_NONBLOCK: poll() comes first */
    COIL_FD_TERMINAL =
        4,              /* of which poll() promises less room than of a pipe */
    COIL_FD_MASTER = 8, /* of a pty: EIO is the end of the input */
};

/* A descriptor that can be used without a wait. */
struct coil_fd_end {
    int fd; /* that was given, or a copy */
    int given;
    unsigned directions;  /* COIL_READABLE, COIL_WRITABLE: as it was opened */
    unsigned char access; /* enum coil_fd_access */
};

/*
 * Find the way for `fd`, which is not changed.  Returns 0, or an error:
 * -EINVAL for what is on a disk and for sockets other than of streams.
 */
int coil__sys_fd_prepare(struct coil_fd_end *end, int fd);

/* Undo that. */
void coil__sys_fd_abandon(const struct coil_fd_end *end);

/*
 * `end` is used from now on, and is closed on exec.  Close what was given, if
 * there is a copy.  The descriptors 0, 1 and 2 stay as they are.
 */
void coil__sys_fd_keep(const struct coil_fd_end *end);

/* As coil__sys_attempt(). */
ptrdiff_t coil__sys_read_fd(const struct coil_op *op);
ptrdiff_t coil__sys_peek_fd(const struct coil_op *op);
ptrdiff_t coil__sys_write_fd(const struct coil_op *op);

#endif
