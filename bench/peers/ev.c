/* SPDX-License-Identifier: MIT */
/*
 * ev.c - the rows of `make bench-peers` with libev, which has no tasks
 */
#include <netinet/tcp.h>
#include <unistd.h>

#include <ev.h>

#include "peer.h"

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
    int fd = peer_listen();
    ev_io listener;

    ev_io_init(&listener, on_connection, fd, EV_READ);
    ev_io_start(ev_default_loop(0), &listener);
    return ev_run(ev_default_loop(0), 0);
}

int main(int argc, char **argv)
{
    static const struct peer_row rows[] = { { "timers", timers, false },
                                            { NULL, NULL, false } };

    return peer_main(argc, argv, rows, serve);
}
