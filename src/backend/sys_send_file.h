/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_send_file.h - a file into a socket, within the kernel
 */
#ifndef COIL_BACKEND_SYS_SEND_FILE_H
#define COIL_BACKEND_SYS_SEND_FILE_H

#include <stddef.h>

#include "backend/op.h"

/* Attempt a SEND_FILE; see coil__sys_attempt().  No SIGPIPE is raised. */
ptrdiff_t coil__sys_send_file(const struct coil_op *op);

#endif
