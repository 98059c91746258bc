/* SPDX-License-Identifier: MIT */
/*
 * http_fetch.c - fetch a small JSON document over and over, connections kept
 *
 *   http_N_client_cpu  microseconds of the client's processor time per request,
 *                      N tasks that fetch at a time
 *   http_N_server_cpu  the same for the server
 *   http_N_rate        requests per second
 *
 * Client and server are coil's, a process each, the server on the first
 * processor and the client on the last.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/task.h>

#include "bench_http.h"

enum { REQUESTS = 20000 };

static int repetitions;
static int told;
static clockid_t server_clock;
static char url[64];

static void pin(long cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* ---- the server ----------------------------------------------------------- */

static int serve(void *unused)
{
    struct coil_http_server *server;
    struct coil_address address;
    uint16_t port;

    (void)unused;
    bench_check(coil_http_server_new(&server, NULL));
    bench_check(
        coil_http_server_route(server, "GET", "/get", bench_answer, NULL));
    bench_check(coil_http_server_listen(server, "127.0.0.1", 0));
    bench_check(coil_http_server_address(server, &address));
    port = coil_address_port(&address);
    bench_check(write(told, &port, sizeof port) == sizeof port ? 0 : -1);
    return coil_http_server_serve(server);
}

static pid_t start_server(void)
{
    int ends[2];
    uint16_t port;
    pid_t child;

    bench_check(pipe(ends));
    child = fork();
    bench_check(child);
    if (child == 0) {
        pin(0);
        told = ends[1];
        _exit(coil_run(serve, NULL) < 0);
    }
    close(ends[1]);
    bench_check(read(ends[0], &port, sizeof port) == sizeof port ? 0 : -1);
    close(ends[0]);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/get?a=1", port);
    bench_check(clock_getcpuclockid(child, &server_clock) == 0 ? 0 : -1);
    return child;
}

/* ---- the client ----------------------------------------------------------- */

static struct coil_http_client *client;
static int left;

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

static void fetch(int count, int requests)
{
    left = requests;
    bench_in_tasks(count, fetch_often);
}

static void report(int count)
{
    const struct coil_http_client_options options = {
        .max_connections_per_origin = BENCH_TASKS_MAX,
        .max_connections = BENCH_TASKS_MAX,
    };
    double mine[BENCH_REPETITIONS_MAX];
    double servers[BENCH_REPETITIONS_MAX];
    double rates[BENCH_REPETITIONS_MAX];
    char name[64];

    bench_check(coil_http_client_new(&client, &options));
    fetch(count, count * 3);
    for (int i = 0; i < repetitions; i++) {
        uint64_t cpu = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
        uint64_t server = bench_clock(server_clock);
        uint64_t start = bench_now();

        fetch(count, REQUESTS);
        mine[i] = (double)(bench_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1000 /
                  REQUESTS;
        servers[i] =
            (double)(bench_clock(server_clock) - server) / 1000 / REQUESTS;
        rates[i] = 1e9 / bench_each(start, REQUESTS);
    }
    coil_http_client_free(client);
    snprintf(name, sizeof name, "http_%d_client_cpu", count);
    bench_print(name, "us", mine, repetitions);
    snprintf(name, sizeof name, "http_%d_server_cpu", count);
    bench_print(name, "us", servers, repetitions);
    snprintf(name, sizeof name, "http_%d_rate", count);
    bench_print(name, "1/s", rates, repetitions);
}

static int measure(void *unused)
{
    (void)unused;
    report(3);
    report(100);
    report(BENCH_TASKS_MAX);
    return 0;
}

int main(int argc, char **argv)
{
    pid_t server;
    int rc;

    repetitions = bench_repetitions(argc, argv);
    bench_raise_limit();
    server = start_server();
    pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
    rc = coil_run(measure, NULL);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return rc < 0;
}
