/* SPDX-License-Identifier: MIT */
#include "backend/kernel.h"

#include "backend/sys.h"
#include "backend/sys_message.h"
#include "backend/sys_unix.h"

coil_time coil__kernel_now(struct coil__backend *backend)
{
    (void)backend;
    return coil__sys_now();
}

coil_time coil__kernel_ticked(struct coil__backend *backend)
{
    (void)backend;
    return coil__sys_ticked();
}

int coil__kernel_bind(struct coil__backend *backend, int fd,
                      const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind(fd, address);
}

int coil__kernel_set_option(struct coil__backend *backend, int fd, int level,
                            int name, int value)
{
    (void)backend;
    return coil__sys_set_option(fd, level, name, value);
}

int coil__kernel_bind_local(struct coil__backend *backend, int fd,
                            const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind_local(fd, address);
}

int coil__kernel_bind_datagrams(struct coil__backend *backend, int fd,
                                const struct coil_address *address)
{
    (void)backend;
    return coil__sys_bind_datagrams(fd, address);
}

int coil__kernel_bind_unix(struct coil__backend *backend, int fd,
                           const struct coil_address *address,
                           struct coil_unix_file *file)
{
    (void)backend;
    return coil__sys_bind_unix(fd, address, file);
}

void coil__kernel_unbind_unix(struct coil__backend *backend, int fd,
                              struct coil_unix_file *file)
{
    (void)backend;
    coil__sys_unbind_unix(fd, file);
}

int coil__kernel_multicast(struct coil__backend *backend, int fd,
                           const struct coil_address *group, unsigned interface,
                           enum coil_multicast what)
{
    (void)backend;
    return coil__sys_multicast(fd, group, interface, what);
}

int coil__kernel_credentials(struct coil__backend *backend, int fd,
                             struct ucred *credentials)
{
    (void)backend;
    return coil__sys_credentials(fd, credentials);
}

int coil__kernel_shutdown(struct coil__backend *backend, int fd)
{
    (void)backend;
    return coil__sys_shutdown(fd);
}

int coil__kernel_local_address(struct coil__backend *backend, int fd,
                               struct coil_address *address)
{
    (void)backend;
    return coil__sys_local_address(fd, address);
}

int coil__kernel_peer_address(struct coil__backend *backend, int fd,
                              struct coil_address *address)
{
    (void)backend;
    return coil__sys_peer_address(fd, address);
}

ptrdiff_t coil__kernel_read_now(struct coil__backend *backend, int fd,
                                void *data, size_t size)
{
    struct coil_op op = {
        .kind = COIL_OP_READ, .fd = fd, .data = data, .size = size
    };

    (void)backend;
    return coil__sys_attempt(&op, false);
}

bool coil__kernel_is_stale(struct coil__backend *backend, int fd)
{
    (void)backend;
    return coil__sys_is_stale(fd);
}
