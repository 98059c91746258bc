/* SPDX-License-Identifier: MIT */
/*
 * https.c - what a request over TLS takes of the processor
 *
 *   https server [CHAIN KEY]
 *       serves /get and /big, over TLS or plain, on a port of its own, which it
 *       prints
 *   https client MODE WIDTH COUNT URL CA [PROCESS]
 *       fetches URL COUNT times, WIDTH at a time, and prints microseconds of
 *       its own processor time for each request, the same for PROCESS (the
 *       server), and how many handshakes were resumed
 *
 * MODE is kept (connections are used again), full (a new connection and a full
 * handshake for each request), resumed (a new connection, which resumes an
 * earlier session) or http2 (all requests over one connection, by HTTP/2).  What comes before the measure is not counted: a client of
 * the mode kept has its connections then, and one of the mode resumed a session.
 *
 * scripts/run/bench-tls runs these beside https/curl.c and https/peer.go, which
 * are called in the same way.
 */
#include <signal.h>
#include <sys/resource.h>

#include <openssl/ssl.h>

#include <coil.h>
#include <coil/http_client.h>
#include <coil/http_server.h>
#include <coil/tls.h>

#include "bench_http.h"

enum { BIG = 1024 * 1024 };

static char **arguments;
static const char *url;
static const char *mode;
static long left;

/* ---- the server ----------------------------------------------------------- */

static char big[BIG];

static int answer_big(struct coil_http_exchange *exchange, void *unused)
{
    (void)unused;
    return coil_http_respond(exchange, 200, "application/octet-stream", big,
                             sizeof big);
}

static int serve(void *unused)
{
    const struct coil_tls_server_options tls = {
        .certificates = { { arguments[2], arguments[2] ? arguments[3] : NULL } }
    };
    struct coil_http_server_options options = {
        .max_connections = COIL_HTTP_UNLIMITED,
        .idle_timeout = COIL_NEVER,
    };
    struct coil_http_server *server;
    struct coil_address address;

    (void)unused;
    if (arguments[2])
        bench_check(coil_tls_context_new_server(&options.tls, &tls));
    bench_check(coil_http_server_new(&server, &options));
    bench_check(
        coil_http_server_route(server, "GET", "/get", bench_answer, NULL));
    bench_check(
        coil_http_server_route(server, "GET", "/big", answer_big, NULL));
    bench_check(coil_http_server_listen(server, "127.0.0.1", 0));
    bench_check(coil_http_server_address(server, &address));
    printf("%d\n", coil_address_port(&address));
    fflush(stdout);
    return coil_http_server_serve(server);
}

/* ---- the client ----------------------------------------------------------- */

static struct coil_http_client *client;

/* The others keep no body, either. */
static void drop_body(struct coil_http_response *response)
{
    static char piece[32 * 1024];
    ptrdiff_t n;

    do {
        n = coil_http_read(response, piece, sizeof piece);
        bench_check(n < 0 ? -1 : 0);
    } while (n > 0);
}

static int fetch_often(void *unused)
{
    static const struct coil_http_header close_header[] = { { "Connection",
                                                              "close" } };
    const struct coil_http_request request = {
        .url = url,
        .headers = close_header,
        .header_count =
            strcmp(mode, "full") == 0 || strcmp(mode, "resumed") == 0,
    };

    bool is_big = strstr(url, "/big");

    (void)unused;
    while (left > 0) {
        struct coil_http_response *response;

        left--;
        bench_check(is_big ? coil_http_open(client, &request, &response)
                           : coil_http_request(client, &request, &response));
        bench_check(response->status == 200 ? 0 : -1);
        if (is_big)
            drop_body(response);
        coil_http_response_free(response);
    }
    return 0;
}

static void fetch(long width, long requests)
{
    left = requests;
    bench_in_tasks((int)width, fetch_often);
}

static uint64_t own_time(void)
{
    struct rusage usage;

    bench_check(getrusage(RUSAGE_SELF, &usage));
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
               1000000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static uint64_t time_of(const char *process)
{
    clockid_t clock;

    if (!process)
        return 0;
    bench_check(clock_getcpuclockid(atoi(process), &clock) == 0 ? 0 : -1);
    return bench_clock(clock);
}

static int measure(void *unused)
{
    const struct coil_tls_client_options tls = {
        .ca_file = arguments[6],
        .without_resumption = strcmp(mode, "full") == 0,
    };
    struct coil_http_client_options options = {
        .max_connections_per_origin = BENCH_TASKS_MAX,
        .max_connections = BENCH_TASKS_MAX,
        .http1_only = strcmp(mode, "http2") != 0,
    };
    long width = atol(arguments[3]);
    long count = atol(arguments[4]);
    const char *process = arguments[7];
    uint64_t mine, its;
    long hits;

    (void)unused;
    bench_check(coil_tls_context_new_client(&options.tls, &tls));
    bench_check(coil_http_client_new(&client, &options));
    fetch(width, width + 10);
    hits = SSL_CTX_sess_hits(coil_tls_context_openssl(options.tls));
    its = time_of(process);
    mine = own_time();
    fetch(width, count);
    mine = own_time() - mine;
    its = time_of(process) - its;
    hits = SSL_CTX_sess_hits(coil_tls_context_openssl(options.tls)) - hits;
    printf("%.2f %.2f %ld\n", (double)mine / 1000 / (double)count,
           (double)its / 1000 / (double)count, hits);
    coil_http_client_free(client);
    coil_tls_context_free(options.tls);
    return 0;
}

int main(int argc, char **argv)
{
    arguments = argv;
    bench_raise_limit();
    if ((argc == 2 || argc == 4) && strcmp(argv[1], "server") == 0)
        return coil_run(serve, NULL) < 0;
    if (argc < 7 || strcmp(argv[1], "client") != 0 ||
        atol(argv[3]) > BENCH_TASKS_MAX) {
        fputs("usage: https server [CHAIN KEY]\n"
              "       https client MODE WIDTH COUNT URL CA [PROCESS]\n",
              stderr);
        return 2;
    }
    mode = argv[2];
    url = argv[5];
    return coil_run(measure, NULL) < 0;
}
