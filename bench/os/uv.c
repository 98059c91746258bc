/* SPDX-License-Identifier: MIT */
/*
 * What process_start.c and the server of udp_echo.c do, with libuv:
 *
 *   uv process WIDTH COUNT MEGABYTES
 *   uv udp one|many
 *
 * `many` receives by recvmmsg().  Answers go by uv_udp_try_send(), at once and
 * without a copy; uv_udp_send() is the way of those for which there is no room.
 */
#include <uv.h>

#include "bench_os.h"

enum { WARM_UP = 20, WIDTH_MAX = 1000, ROOM = 64 * 1024, BATCH = 20 };

static uv_loop_t *loop;

/* ---- processes ------------------------------------------------------------ */

static uv_process_t processes[WIDTH_MAX];
static long width;
static long left;

static void start(uv_process_t *process);

static void start_again(uv_handle_t *handle)
{
    if (left > 0)
        start((uv_process_t *)handle);
}

static void end(uv_process_t *process, int64_t status, int signal)
{
    bench_check(status == 0 && signal == 0 ? 0 : -1);
    uv_close((uv_handle_t *)process, start_again);
}

static void start(uv_process_t *process)
{
    static char *arguments[] = { (char *)"/bin/true", NULL };
    uv_stdio_container_t io[3];
    const uv_process_options_t options = {
        .exit_cb = end,
        .file = arguments[0],
        .args = arguments,
        .stdio = io,
        .stdio_count = 3,
    };

    for (int i = 0; i < 3; i++) {
        io[i].flags = UV_INHERIT_FD;
        io[i].data.fd = i;
    }
    left--;
    bench_check(uv_spawn(loop, process, &options));
}

static void run(long count)
{
    left = count;
    for (long i = 0; i < width && left > 0; i++)
        start(&processes[i]);
    uv_run(loop, UV_RUN_DEFAULT);
}

static int run_processes(char **arguments)
{
    long count = atol(arguments[1]);
    struct bench_times before;

    width = atol(arguments[0]);
    bench_check(width > WIDTH_MAX ? -1 : 0);
    bench_touch(atol(arguments[2]));
    run(width + WARM_UP);
    before = bench_times_now();
    run(count);
    bench_times_print(&before, count);
    return 0;
}

/* ---- datagrams ------------------------------------------------------------ */

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char memory[BATCH * ROOM];

    (void)suggested;
    *buffer = uv_buf_init(memory, uv_udp_using_recvmmsg((uv_udp_t *)handle)
                                      ? sizeof memory
                                      : ROOM);
}

/* What there is no room for is lost, as with UDP elsewhere. */
static void send_back(uv_udp_t *socket, ssize_t size, const uv_buf_t *buffer,
                      const struct sockaddr *from, unsigned flags)
{
    uv_buf_t answer =
        uv_buf_init(buffer->base, (unsigned)(size < 0 ? 0 : size));

    (void)flags;
    bench_check((int)size);
    if (from)
        (void)uv_udp_try_send(socket, &answer, 1, from);
}

static int serve(const char *how)
{
    unsigned flags = strcmp(how, "many") == 0 ? UV_UDP_RECVMMSG : 0;
    struct sockaddr_in address;
    int size = sizeof address;
    uv_udp_t socket;

    bench_check(uv_ip4_addr("127.0.0.1", 0, &address));
    bench_check(uv_udp_init_ex(loop, &socket, AF_INET | flags));
    bench_check(uv_udp_bind(&socket, (struct sockaddr *)&address, 0));
    bench_check(
        uv_udp_getsockname(&socket, (struct sockaddr *)&address, &size));
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    bench_check(uv_udp_recv_start(&socket, give_buffer, send_back));
    return uv_run(loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
    loop = uv_default_loop();
    if (argc == 5 && strcmp(argv[1], "process") == 0)
        return run_processes(argv + 2);
    if (argc == 3 && strcmp(argv[1], "udp") == 0)
        return serve(argv[2]);
    fputs("usage: uv process WIDTH COUNT MEGABYTES\n"
          "       uv udp one|many\n",
          stderr);
    return 2;
}
