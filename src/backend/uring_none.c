/* SPDX-License-Identifier: MIT */
/*
 * uring_none.c - io_uring in a library that is built without liburing
 */
#include "backend/uring.h"

#include <errno.h>

int coil__uring_open(struct coil__backend **out)
{
    (void)out;
    return -ENOSYS;
}
