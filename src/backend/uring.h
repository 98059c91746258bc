/* SPDX-License-Identifier: MIT */
/*
 * backend/uring.h - the kernel, by io_uring(7)
 *
 * uring.c needs liburing; uring_none.c is built instead where it is missing.
 */
#ifndef COIL_BACKEND_URING_H
#define COIL_BACKEND_URING_H

#include "backend/backend.h"

/*
 * 0, or an error: -ENOMEM, -EMFILE …  -ENOSYS: this library was built without
 * it.  -EINVAL: the kernel is older than Linux 6.1.  -EPERM and the like: the
 * kernel or a sandbox forbids it.
 */
int coil__uring_open(struct coil__backend **out);

#endif
