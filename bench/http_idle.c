/* SPDX-License-Identifier: MIT */
/*
 * http_idle.c - what the server keeps for connections, and what stays behind
 *
 *   http_idle_silent   resident bytes of the server for each connection over
 *                      which nothing has come yet
 *   http_idle_kept     the same when each has had one request and its answer
 *   http_idle_peak     the same in the moment in which all are answered
 *   http_idle_behind   kilobytes that are resident more than in the beginning,
 *                      after twelve waves of 5,000 connections, with a request
 *                      each, have come and gone
 *
 * The server is a process of its own; the client is plain sockets.  Each figure
 * is taken once: run the program again for another.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/http_server.h>
#include <coil/resolve.h>
#include <coil/run.h>

#include "bench.h"

enum { IDLE = 9000, WAVES = 12, WAVE = 5000 };

static int told;
static pid_t server_pid;
static struct sockaddr_in address;
static int sockets[IDLE];

static int answer(struct coil_http_exchange *exchange, void *unused)
{
    (void)unused;
    return coil_http_respond(exchange, 200, "text/plain", "hello", 5);
}

static int serve(void *unused)
{
    struct coil_http_server *server;
    struct coil_address at;
    uint16_t port;

    (void)unused;
    bench_check(coil_http_server_new(&server, NULL));
    bench_check(coil_http_server_route(server, "GET", "/", answer, NULL));
    bench_check(coil_http_server_listen(server, "127.0.0.1", 0));
    bench_check(coil_http_server_address(server, &at));
    port = coil_address_port(&at);
    bench_check(write(told, &port, sizeof port) == sizeof port ? 0 : -1);
    return coil_http_server_serve(server);
}

static void start_server(void)
{
    int ends[2];
    uint16_t port;

    bench_check(pipe(ends));
    server_pid = fork();
    bench_check(server_pid);
    if (server_pid == 0) {
        told = ends[1];
        _exit(coil_run(serve, NULL) < 0);
    }
    close(ends[1]);
    bench_check(read(ends[0], &port, sizeof port) == sizeof port ? 0 : -1);
    close(ends[0]);
    address = (struct sockaddr_in){ .sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Kilobytes of the server. */
static long resident(void)
{
    return bench_resident(server_pid);
}

static void dial(int from, int to)
{
    for (int i = from; i < to; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
        bench_check(sockets[i]);
        bench_check(connect(sockets[i], (const struct sockaddr *)&address,
                            sizeof address));
    }
}

static void ask(int count)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char reply[1024];

    for (int i = 0; i < count; i++)
        bench_check(write(sockets[i], request, sizeof request - 1) > 0 ? 0
                                                                       : -1);
    for (int i = 0; i < count; i++)
        bench_check(read(sockets[i], reply, sizeof reply) > 0 ? 0 : -1);
}

static void hang_up(int count)
{
    for (int i = 0; i < count; i++)
        close(sockets[i]);
}

static void print(const char *name, const char *unit, double value)
{
    printf("%-30s %10.0f %-6s best %.0f\n", name, value, unit, value);
    fflush(stdout);
}

int main(void)
{
    long before;

    bench_raise_limit();
    start_server();
    before = resident();
    dial(0, IDLE);
    sleep(10);
    print("http_idle_silent", "B", (double)(resident() - before) * 1024 / IDLE);
    ask(IDLE);
    print("http_idle_peak", "B", (double)(resident() - before) * 1024 / IDLE);
    sleep(10);
    print("http_idle_kept", "B", (double)(resident() - before) * 1024 / IDLE);
    hang_up(IDLE);
    kill(server_pid, SIGTERM);
    waitpid(server_pid, NULL, 0);

    start_server();
    before = resident();
    for (int i = 0; i < WAVES; i++) {
        dial(0, WAVE);
        ask(WAVE);
        hang_up(WAVE);
    }
    sleep(10);
    print("http_idle_behind", "kB", (double)(resident() - before));
    kill(server_pid, SIGTERM);
    waitpid(server_pid, NULL, 0);
    return 0;
}
