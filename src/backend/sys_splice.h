/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_splice.h - bytes between a descriptor and a pipe, within the kernel
 */
#ifndef COIL_BACKEND_SYS_SPLICE_H
#define COIL_BACKEND_SYS_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/op.h"

/*
 * Attempt a SPLICE_IN or SPLICE_OUT; see coil__sys_attempt().  No SIGPIPE is
 * raised.
 */
ptrdiff_t coil__sys_splice(const struct coil_op *op);

/* A pipe that does not block and is closed on exec.  0, -EMFILE, -ENFILE. */
int coil__sys_pipe(int ends[2]);
void coil__sys_close_pipe(int ends[2]); /* and set both to -1 */

/* Read the `size` bytes that are in the pipe. */
void coil__sys_empty_pipe(const int ends[2], void *data, size_t size);

/* Whether calls on `fd` do not wait. */
bool coil__sys_is_nonblocking(int fd);

#endif
