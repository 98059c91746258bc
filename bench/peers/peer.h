/* SPDX-License-Identifier: MIT */
/*
 * peer.h - what the peers' programs in C share
 *
 *     PEER ROW     prints "ROW NANOSECONDS" for each unit; nothing for a row
 *                  that the peer does not have
 *     PEER serve   an echo server, which prints its port
 */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "bench.h"

struct peer_row {
    const char *name; /* NULL: the end */
    bench_fn fn;
    bool is_cold; /* it is not done once to warm up */
};

/* A row that is not known prints nothing.  Returns the exit status. */
static inline int peer_main(int argc, char **argv, const struct peer_row *rows,
                            int (*serve)(void))
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "serve") == 0)
        return serve();
    for (const struct peer_row *row = rows; row->name; row++) {
        if (strcmp(argv[1], row->name) != 0)
            continue;
        if (!row->is_cold)
            row->fn();
        printf("%s %.2f\n", row->name, row->fn());
        fflush(stdout);
    }
    return 0;
}

static inline void peer_tell_port(const struct sockaddr_in *address)
{
    printf("%d\n", ntohs(address->sin_port));
    fflush(stdout);
}

/* A listening socket of the kernel's choice, whose port is printed. */
static inline int peer_listen(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_check(bind(fd, (struct sockaddr *)&address, size));
    bench_check(listen(fd, 1024));
    bench_check(getsockname(fd, (struct sockaddr *)&address, &size));
    peer_tell_port(&address);
    return fd;
}

#endif
