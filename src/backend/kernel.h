/* SPDX-License-Identifier: MIT */
/*
 * backend/kernel.h - what every backend that uses the kernel does alike
 *
 * As the functions of struct coil__backend_ops.
 */
#ifndef COIL_BACKEND_KERNEL_H
#define COIL_BACKEND_KERNEL_H

#include "backend/backend.h"

/* Whether nothing could end a wait until `deadline`. */
static inline bool coil__kernel_waits_for_ever(const struct coil__backend *b,
                                               coil_time deadline)
{
    return deadline == COIL_NEVER && !b->pending && !b->holds;
}

coil_time coil__kernel_now(struct coil__backend *backend);
coil_time coil__kernel_ticked(struct coil__backend *backend);
int coil__kernel_bind(struct coil__backend *backend, int fd,
                      const struct coil_address *address);
int coil__kernel_set_option(struct coil__backend *backend, int fd, int level,
                            int name, int value);
int coil__kernel_bind_local(struct coil__backend *backend, int fd,
                            const struct coil_address *address);
int coil__kernel_bind_datagrams(struct coil__backend *backend, int fd,
                                const struct coil_address *address);
int coil__kernel_bind_unix(struct coil__backend *backend, int fd,
                           const struct coil_address *address,
                           struct coil_unix_file *file);
void coil__kernel_unbind_unix(struct coil__backend *backend, int fd,
                              struct coil_unix_file *file);
int coil__kernel_multicast(struct coil__backend *backend, int fd,
                           const struct coil_address *group, unsigned interface,
                           enum coil_multicast what);
int coil__kernel_credentials(struct coil__backend *backend, int fd,
                             struct ucred *credentials);
int coil__kernel_shutdown(struct coil__backend *backend, int fd);
int coil__kernel_local_address(struct coil__backend *backend, int fd,
                               struct coil_address *address);
int coil__kernel_peer_address(struct coil__backend *backend, int fd,
                              struct coil_address *address);
ptrdiff_t coil__kernel_read_now(struct coil__backend *backend, int fd,
                                void *data, size_t size);
bool coil__kernel_is_stale(struct coil__backend *backend, int fd);

#endif
