/* SPDX-License-Identifier: MIT */
/*
 * uv.c - the rows of `make bench-peers` with libuv, which has no tasks
 */
#include <uv.h>

#include "peer.h"

enum { TIMERS = 5000000, BUFFER = 4096 };

static void nothing(uv_timer_t *unused)
{
    (void)unused;
}

static double timers(void)
{
    uv_timer_t timer;
    uint64_t start;

    bench_check(uv_timer_init(uv_default_loop(), &timer));
    start = bench_now();
    for (int i = 0; i < TIMERS; i++) {
        bench_check(uv_timer_start(&timer, nothing, 1000, 0));
        bench_check(uv_timer_stop(&timer));
    }
    return bench_each(start, TIMERS);
}

struct connection {
    uv_tcp_t tcp;
    uv_write_t write;
    char buffer[BUFFER];
};

static void free_connection(uv_handle_t *handle)
{
    free(handle);
}

static void allocate(uv_handle_t *handle, size_t unused, uv_buf_t *buffer)
{
    struct connection *c = (struct connection *)handle;

    (void)unused;
    *buffer = uv_buf_init(c->buffer, BUFFER);
}

static void on_written(uv_write_t *write, int status)
{
    if (status < 0 && !uv_is_closing((uv_handle_t *)write->handle))
        uv_close((uv_handle_t *)write->handle, free_connection);
}

/* What the socket takes at once is written at once. */
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct connection *c = (struct connection *)stream;
    uv_buf_t answer;
    int written;

    if (n == 0)
        return;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, free_connection);
        return;
    }
    answer = uv_buf_init(buffer->base, (unsigned)n);
    written = uv_try_write(stream, &answer, 1);
    if (written == n)
        return;
    written = written < 0 ? 0 : written;
    answer = uv_buf_init(buffer->base + written, (unsigned)(n - written));
    bench_check(uv_write(&c->write, stream, &answer, 1, on_written));
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct connection *c = malloc(sizeof *c);

    bench_check(status);
    bench_check(c ? uv_tcp_init(listener->loop, &c->tcp) : -1);
    bench_check(uv_accept(listener, (uv_stream_t *)&c->tcp));
    uv_tcp_nodelay(&c->tcp, 1);
    bench_check(uv_read_start((uv_stream_t *)&c->tcp, allocate, on_read));
}

static int serve(void)
{
    struct sockaddr_in address;
    int size = sizeof address;
    uv_tcp_t listener;

    bench_check(uv_ip4_addr("127.0.0.1", 0, &address));
    bench_check(uv_tcp_init(uv_default_loop(), &listener));
    bench_check(uv_tcp_bind(&listener, (struct sockaddr *)&address, 0));
    bench_check(uv_listen((uv_stream_t *)&listener, 1024, on_connection));
    bench_check(
        uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size));
    peer_tell_port(&address);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    static const struct peer_row rows[] = { { "timers", timers, false },
                                            { NULL, NULL, false } };

    return peer_main(argc, argv, rows, serve);
}
