/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_unix.h - the names of Unix sockets in the file system
 */
#ifndef COIL_BACKEND_SYS_UNIX_H
#define COIL_BACKEND_SYS_UNIX_H

#include "backend/backend.h"

/* As the functions of struct coil__backend_ops. */
int coil__sys_bind_unix(int fd, const struct coil_address *address,
                        struct coil_unix_file *file);
void coil__sys_unbind_unix(int fd, struct coil_unix_file *file);

#endif
