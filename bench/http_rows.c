/* SPDX-License-Identifier: MIT */
/*
 * http_rows.c - a request, as each side sees it
 *
 *     http_rows server CONNECTIONS REQUESTS   a server answers so many requests
 *     http_rows client CONNECTIONS REQUESTS   so many tasks fetch
 *     http_rows listen                        a server, which prints its port
 *     http_rows fetch CONNECTIONS REQUESTS URL
 *         so many tasks fetch from a server that is there; prints nanoseconds of
 *         processor time for each request, without those that make connections
 *
 * In the first two the other side is a process of its own, which callgrind does
 * not follow.  The client of the first row is made of plain sockets: it writes a
 * request to each connection, and then reads all answers.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/task.h>

#include "bench_http.h"

static const char request[] = "GET /get?a=1 HTTP/1.1\r\n"
                              "Host: 127.0.0.1:8080\r\n"
                              "User-Agent: coil\r\n"
                              "Accept: */*\r\n\r\n";

static char *self;
static int connections;
static int left;

/* Become this program with other arguments: callgrind stays behind. */
static void become(const char *role, int number)
{
    char first[16];
    char second[16];

    snprintf(first, sizeof first, "%d", number);
    snprintf(second, sizeof second, "%d", connections);
    execl(self, self, role, second, first, (char *)NULL);
    _exit(1);
}

/* ---- the server --------------------------------------------------------- */

static struct coil_http_server *server;
static int stop_after; /* 0: never */

static int answer(struct coil_http_exchange *x, void *unused)
{
    (void)unused;
    left--;
    if (left == 0 && stop_after > 0)
        coil_http_server_stop(server, COIL_NEVER);
    return bench_answer(x, NULL);
}

static int make_server(void)
{
    struct coil_address address;

    bench_check(coil_http_server_new(&server, NULL));
    bench_check(coil_http_server_route(server, "GET", "/get", answer, NULL));
    bench_check(coil_http_server_listen(server, "127.0.0.1", 0));
    bench_check(coil_http_server_address(server, &address));
    return coil_address_port(&address);
}

static int serve_sockets(void *unused)
{
    int port = make_server();
    pid_t child = fork();

    (void)unused;
    bench_check(child);
    if (child == 0)
        become("sockets", port);
    bench_check(coil_http_server_serve(server));
    coil_http_server_free(server);
    waitpid(child, NULL, 0);
    return 0;
}

/* The port is told on the standard output. */
static int listen_for_ever(void *unused)
{
    (void)unused;
    printf("%d\n", make_server());
    fflush(stdout);
    return coil_http_server_serve(server);
}

/* ---- a client of sockets ------------------------------------------------ */

static int sockets[BENCH_TASKS_MAX];

static void connect_all(int port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    for (int i = 0; i < connections; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bench_check(sockets[i]);
        bench_check(
            connect(sockets[i], (const struct sockaddr *)&to, sizeof to));
    }
}

/* Until the server closes: all requests are answered. */
static void ask_sockets(int port)
{
    char bytes[4096];

    signal(SIGPIPE, SIG_IGN);
    connect_all(port);
    for (;;) {
        for (int i = 0; i < connections; i++)
            if (write(sockets[i], request, sizeof request - 1) < 0)
                return;
        for (int i = 0; i < connections; i++)
            if (read(sockets[i], bytes, sizeof bytes) <= 0)
                return;
    }
}

/* ---- coil's client ------------------------------------------------------ */

static struct coil_http_client *client;
static char url[128];

static int fetch_often(void *unused)
{
    (void)unused;
    while (left > 0) {
        struct coil_http_response *response;

        left--;
        bench_check(coil_http_get(client, url, &response));
        bench_check(response->status == 200 ? 0 : -1);
        coil_http_response_free(response);
    }
    return 0;
}

static pid_t start_server(void)
{
    int ends[2];
    char port[16] = "";
    pid_t child;

    bench_check(pipe(ends));
    child = fork();
    bench_check(child);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        become("serve", 0);
    }
    bench_check(read(ends[0], port, sizeof port - 1) > 0 ? 0 : -1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/get?a=1", atoi(port));
    return child;
}

static int fetch_all(void *unused)
{
    const struct coil_http_client_options options = {
        .max_connections_per_origin = BENCH_TASKS_MAX,
    };
    pid_t child = start_server();

    (void)unused;
    bench_check(coil_http_client_new(&client, &options));
    bench_in_tasks(connections, fetch_often);
    coil_http_client_free(client);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}

static uint64_t own_time(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static int fetch_from(void *unused)
{
    const struct coil_http_client_options options = {
        .max_connections = BENCH_TASKS_MAX,
        .max_connections_per_origin = BENCH_TASKS_MAX,
    };
    int requests = left;
    uint64_t before;

    (void)unused;
    bench_check(coil_http_client_new(&client, &options));
    left = 2 * connections;
    bench_in_tasks(connections, fetch_often);
    left = requests;
    before = own_time();
    bench_in_tasks(connections, fetch_often);
    printf("%.1f\n", (double)(own_time() - before) / requests);
    coil_http_client_free(client);
    return 0;
}

/* ---- which ------------------------------------------------------------- */

static int usage(const char *name)
{
    fprintf(stderr,
            "usage: %s server|client CONNECTIONS REQUESTS\n"
            "       %s listen\n"
            "       %s fetch CONNECTIONS REQUESTS URL\n",
            name, name, name);
    return 2;
}

int main(int argc, char **argv)
{
    bool is_fetch = argc == 5 && strcmp(argv[1], "fetch") == 0;

    self = argv[0];
    bench_raise_limit();
    if (argc == 2 && strcmp(argv[1], "listen") == 0)
        return coil_run(listen_for_ever, NULL) < 0;
    if (argc != 4 && !is_fetch)
        return usage(argv[0]);
    connections = atoi(argv[2]);
    left = stop_after = atoi(argv[3]);
    if (connections < 1 || connections > BENCH_TASKS_MAX)
        return usage(argv[0]);
    if (is_fetch) {
        snprintf(url, sizeof url, "%s", argv[4]);
        return coil_run(fetch_from, NULL) < 0;
    }
    if (strcmp(argv[1], "sockets") == 0)
        ask_sockets(left);
    else if (strcmp(argv[1], "serve") == 0)
        return coil_run(listen_for_ever, NULL) < 0;
    else
        return coil_run(strcmp(argv[1], "server") == 0 ? serve_sockets
                                                       : fetch_all,
                        NULL) < 0;
    return 0;
}
