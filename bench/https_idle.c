/* SPDX-License-Identifier: MIT */
/*
 * https_idle.c - what idle connections keep, on both sides, plain or over TLS
 *
 *   https_idle URL CA PROCESS
 *
 *   idle_client, idle_server      resident bytes for each of 10,000 connections
 *                                 that have had one request, ten seconds later
 *   behind_client, behind_server  kilobytes that are resident more than in the
 *                                 beginning, ten seconds after twelve waves of
 *                                 5,000 connections, with a request each, have
 *                                 come and gone
 *
 * The client is coil's; the server is PROCESS.  Each figure is taken once.
 * scripts/run/bench-tls runs it with servers of coil, nginx and Go.
 */
#include <unistd.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/tls.h>

#include "bench_http.h"

enum { IDLE = 10000, WAVES = 12, WAVE = 5000, AT_ONCE = 100 };

static char **arguments;
static struct coil_tls_context *tls;
static struct coil_http_client *client;
static struct coil_http_response *responses[IDLE];
static int next;
static int wanted;

static int open_some(void *unused)
{
    const struct coil_http_request request = { .url = arguments[1] };

    (void)unused;
    while (next < wanted) {
        int i = next++;

        bench_check(coil_http_open(client, &request, &responses[i]));
        bench_check(responses[i]->status == 200 ? 0 : -1);
    }
    return 0;
}

/* Have so many connections, each with an answer that was read. */
static void connect_all(int count)
{
    const struct coil_http_client_options options = {
        .max_connections = IDLE,
        .max_connections_per_origin = IDLE,
        .keep_limit = COIL_NEVER,
        .connect_limit = COIL_NEVER,
        .first_byte_limit = COIL_NEVER,
        .idle_limit = COIL_NEVER,
        .tls = tls,
    };
    char bytes[4096];

    bench_check(coil_http_client_new(&client, &options));
    next = 0;
    wanted = count;
    bench_in_tasks(AT_ONCE, open_some);
    for (int i = 0; i < count; i++) {
        while (coil_http_read(responses[i], bytes, sizeof bytes) > 0)
            ;
        coil_http_response_free(responses[i]);
    }
    bench_check(coil_http_client_idle(client) == (size_t)count ? 0 : -1);
}

static void print(const char *name, const char *unit, double value)
{
    printf("%-16s %8.0f %s\n", name, value, unit);
    fflush(stdout);
}

static int measure(void *unused)
{
    const struct coil_tls_client_options options = { .ca_file = arguments[2] };
    pid_t server = atoi(arguments[3]);
    long mine, its;

    (void)unused;
    bench_check(coil_tls_context_new_client(&tls, &options));
    connect_all(1);
    coil_http_client_free(client);
    mine = bench_resident(getpid());
    its = bench_resident(server);

    connect_all(IDLE);
    bench_check(coil_sleep(10 * COIL_SECOND));
    print("idle_client", "B",
          (double)(bench_resident(getpid()) - mine) * 1024 / IDLE);
    print("idle_server", "B",
          (double)(bench_resident(server) - its) * 1024 / IDLE);
    coil_http_client_free(client);

    for (int i = 0; i < WAVES; i++) {
        connect_all(WAVE);
        coil_http_client_free(client);
    }
    bench_check(coil_sleep(10 * COIL_SECOND));
    print("behind_client", "kB", (double)(bench_resident(getpid()) - mine));
    print("behind_server", "kB", (double)(bench_resident(server) - its));
    coil_tls_context_free(tls);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: https_idle URL CA PROCESS\n", stderr);
        return 2;
    }
    arguments = argv;
    bench_raise_limit();
    return coil_run(measure, NULL) < 0;
}
