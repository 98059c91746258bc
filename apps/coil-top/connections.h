/* SPDX-License-Identifier: MIT */
/*
 * connections.h - the sockets of a process, as the kernel tells them
 */
#ifndef COIL_TOP_CONNECTIONS_H
#define COIL_TOP_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct connection {
    unsigned long inode;
    int fd;           /* the lowest that it has in the process */
    const char *kind; /* "tcp", "tcp6", "unix" */
    const char *state;
    char local[80];
    char remote[80];
    unsigned long unread; /* bytes; of a listener: who waits to be accepted */
    unsigned long unsent;
};

struct connections {
    struct connection *all; /* by fd */
    size_t count, capacity;
    size_t established, listening;
};

void connections_read(struct connections *connections, pid_t pid);
void connections_free(struct connections *connections);

#endif
