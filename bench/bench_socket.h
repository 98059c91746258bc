/* SPDX-License-Identifier: MIT */
/* bench_socket.h - sockets of a benchmark's own, without coil */
#ifndef BENCH_BENCH_SOCKET_H
#define BENCH_BENCH_SOCKET_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A system call's result that must not be an error. */
static inline int must(const char *what, int result)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static inline void set_no_delay(int fd)
{
    int on = 1;

    must("setsockopt",
         setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

/* A blocking connection over loopback. */
static inline int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
    };
    int fd = must("socket", socket(AF_INET, SOCK_STREAM, 0));

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("connect", connect(fd, (struct sockaddr *)&address, sizeof address));
    set_no_delay(fd);
    return fd;
}

#endif
