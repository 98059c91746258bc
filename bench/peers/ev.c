/* SPDX-License-Identifier: MIT */
/*
 * ev.c - the rows of `make bench-peers` with libev
 *
 *     libev ROW     prints "ROW NANOSECONDS" for each unit; nothing for a row
 *                   that libev does not have: it has no tasks
 *     libev serve   an echo server, which prints its port
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "bench.h"

enum { TIMERS = 5000000, BUFFER = 4096 };

static void nothing(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
}

static double timers(void)
{
    struct ev_loop *loop = ev_default_loop(0);
    uint64_t start = bench_now();
    ev_timer timer;

    for (int i = 0; i < TIMERS; i++) {
        ev_timer_init(&timer, nothing, 1, 0);
        ev_timer_start(loop, &timer);
        ev_timer_stop(loop, &timer);
    }
    return bench_each(start, TIMERS);
}

static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
    char buffer[BUFFER];
    ssize_t n = recv(io->fd, buffer, sizeof buffer, MSG_DONTWAIT);

    (void)events;
    if (n > 0 && send(io->fd, buffer, (size_t)n, MSG_NOSIGNAL) == n)
        return;
    ev_io_stop(loop, io);
    close(io->fd);
    free(io);
}

static void on_connection(struct ev_loop *loop, ev_io *listener, int events)
{
    int fd = accept(listener->fd, NULL, NULL);
    ev_io *io = malloc(sizeof *io);
    int on = 1;

    (void)events;
    bench_check(io ? fd : -1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ev_io_init(io, on_readable, fd, EV_READ);
    ev_io_start(loop, io);
}

static int serve(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ev_io listener;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_check(bind(fd, (struct sockaddr *)&address, size));
    bench_check(listen(fd, 1024));
    bench_check(getsockname(fd, (struct sockaddr *)&address, &size));
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    ev_io_init(&listener, on_connection, fd, EV_READ);
    ev_io_start(ev_default_loop(0), &listener);
    return ev_run(ev_default_loop(0), 0);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "serve") == 0)
        return serve();
    if (strcmp(argv[1], "timers") == 0) {
        timers();
        printf("timers %.2f\n", timers());
    }
    return 0;
}
