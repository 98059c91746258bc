/* SPDX-License-Identifier: MIT */
/*
 * loops.c - servers on two loops, beside one loop and beside two processes
 *
 *     one      a process with one loop
 *     two      a process with two loops, whose listeners are a group
 *     apart    two processes with a loop each, and a port each
 *
 *   echo_X_cpu, http_X_cpu     microseconds of the servers' processor time for each
 *                              message of 64 bytes, or each request
 *   echo_X_rate, http_X_rate   thousands of them in a second
 *
 * The client is a process of plain epoll, with 64 connections and one message under
 * way on each.  It takes processor time, too: on two processors, two loops have only
 * what it leaves.  So compare the processor times, and the rates of `two` and
 * `apart`, which leave the client as much.
 *
 *   X_two_…_of_…               what `two` is to the others in the same turn
 *
 *     loops REPETITIONS [echo | http]
 *
 * The kinds are measured in turns; the median of each is printed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil.h>
#include <coil/http_server.h>

#include "bench.h"
#include "bench_socket.h"

enum { CONNECTIONS = 64, SERVERS_MAX = 2, MESSAGE = 64, LONGEST = 512 };

#define WARM_UP ((uint64_t)200 * 1000 * 1000)
#define WINDOW ((uint64_t)1000 * 1000 * 1000)

/* ---- the servers ------------------------------------------------------------- */

static struct coil_listener_group together;
static struct coil_shared_semaphore there; /* loops that listen */
static int tell;                           /* where loop 0 writes the port */

/* When all listen: the first connections are spread as well. */
static void tell_port(const struct coil_listener *listener)
{
    struct coil_address address;
    uint16_t port;

    for (unsigned i = 0; i < coil_loops_count(); i++)
        bench_check(coil_shared_semaphore_acquire(&there));
    coil_listener_address(listener, &address);
    port = coil_address_port(&address);
    must("write", (int)write(tell, &port, sizeof port));
}

static struct coil_listener *listening(void)
{
    const struct coil_tcp_listen_options options = { .group = &together };
    struct coil_listener *listener;

    bench_check(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options));
    coil_shared_semaphore_release(&there);
    if (coil_loops_index() == 0)
        tell_port(listener);
    return listener;
}

static int echo(void *arg)
{
    struct coil_stream *stream = arg;
    char buffer[4096];
    int rc = 0;

    while (rc == 0) {
        ptrdiff_t n = coil_stream_read(stream, buffer, sizeof buffer);

        if (n <= 0)
            break;
        rc = coil_stream_write(stream, buffer, (size_t)n);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    coil_stream_abort(stream);
    return 0;
}

static int serve_echo(void *arg)
{
    struct coil_listener *listener = listening();

    (void)arg;
    for (;;) {
        struct coil_stream *stream;
        int rc = coil_listener_accept(listener, &stream);

        if (rc < 0)
            return rc;
        bench_check(coil_task_create(NULL, echo, stream));
    }
}

static int say_hello(struct coil_http_exchange *exchange, void *arg)
{
    (void)arg;
    return coil_http_respond(exchange, 200, "text/plain", "hello\n", 6);
}

static int serve_http(void *arg)
{
    struct coil_http_server *server;

    (void)arg;
    bench_check(coil_http_server_new(&server, NULL));
    bench_check(coil_http_server_route(server, "GET", "/", say_hello, NULL));
    bench_check(coil_http_server_listen_on(server, listening()));
    return coil_http_server_serve(server);
}

struct kind {
    const char *name;
    coil_fn serve;
    const char *message;
    size_t size;
    size_t answer; /* its size; 0: to be found out */
};

static const char zeros[MESSAGE];
static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

static struct kind kinds[] = {
    { "echo", serve_echo, zeros, MESSAGE, MESSAGE },
    { "http", serve_http, request, sizeof request - 1, 0 },
};

static pid_t start(const struct kind *kind, unsigned loops, uint16_t *port)
{
    int ends[2];
    pid_t child;

    must("pipe", pipe(ends));
    child = must("fork", fork());
    if (child == 0) {
        close(ends[0]);
        tell = ends[1];
        bench_check(coil_loops_run(loops, kind->serve, NULL));
        _exit(1);
    }
    close(ends[1]);
    if (read(ends[0], port, sizeof *port) != sizeof *port)
        must("the server", -1);
    close(ends[0]);
    return child;
}

/* ---- the client --------------------------------------------------------------- */

static void ask(const struct kind *kind, int fd)
{
    if (send(fd, kind->message, kind->size, MSG_NOSIGNAL) !=
        (ssize_t)kind->size)
        must("send", -1);
}

/* All answers have the same size: that of the first, which comes whole. */
static void receive(struct kind *kind, int fd)
{
    char answer[LONGEST];
    size_t size = kind->answer > 0 ? kind->answer : sizeof answer;
    ssize_t n = recv(fd, answer, size, kind->answer > 0 ? MSG_WAITALL : 0);

    if (n <= 0 || (kind->answer > 0 && (size_t)n != size))
        must("recv", -1);
    kind->answer = (size_t)n;
}

static double exchange(struct kind *kind, int epoll, uint64_t end)
{
    struct epoll_event events[CONNECTIONS];
    double count = 0;

    while (bench_now() < end) {
        int n = must("epoll_wait", epoll_wait(epoll, events, CONNECTIONS, -1));

        for (int i = 0; i < n; i++) {
            receive(kind, events[i].data.fd);
            ask(kind, events[i].data.fd);
        }
        count += n;
    }
    return count;
}

/* ---- figures -------------------------------------------------------------------- */

struct outcome {
    double cpu;
    double rate;
};

static double cpu_of(const pid_t *servers, int count)
{
    double sum = 0;

    for (int i = 0; i < count; i++) {
        clockid_t clock;

        if (clock_getcpuclockid(servers[i], &clock) != 0)
            must("clock_getcpuclockid", -1);
        sum += (double)bench_clock(clock);
    }
    return sum;
}

static struct outcome measure(struct kind *kind, int servers, unsigned loops)
{
    pid_t children[SERVERS_MAX];
    uint16_t ports[SERVERS_MAX];
    int fds[CONNECTIONS];
    int epoll = must("epoll_create1", epoll_create1(0));
    struct outcome outcome;
    uint64_t begun;
    double count;
    double cpu;

    for (int i = 0; i < servers; i++)
        children[i] = start(kind, loops, &ports[i]);
    for (int i = 0; i < CONNECTIONS; i++) {
        struct epoll_event event = { .events = EPOLLIN };

        event.data.fd = fds[i] = connect_to(ports[i % servers]);
        must("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event));
        ask(kind, fds[i]);
        if (i == 0) {
            receive(kind, fds[i]);
            ask(kind, fds[i]);
        }
    }
    exchange(kind, epoll, bench_now() + WARM_UP);
    cpu = cpu_of(children, servers);
    begun = bench_now();
    count = exchange(kind, epoll, begun + WINDOW);
    outcome.cpu = (cpu_of(children, servers) - cpu) / count / 1000;
    outcome.rate = count * 1e6 / (double)(bench_now() - begun);
    for (int i = 0; i < servers; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
    close(epoll);
    return outcome;
}

static const struct arrangement {
    const char *name;
    int servers;
    unsigned loops;
} arrangements[] = {
    { "one", 1, 1 },
    { "two", 1, 2 },
    { "apart", 2, 1 },
};

enum { ARRANGEMENTS = sizeof arrangements / sizeof *arrangements };

/* What the loops `two` are to `one` or `apart` of the same turn, in hundredths. */
static void print_ratio(const char *kind, const char *of, const double *two,
                        const double *other, int repetitions)
{
    double ratios[BENCH_REPETITIONS_MAX];
    char name[48];

    for (int n = 0; n < repetitions; n++)
        ratios[n] = 100 * two[n] / other[n];
    snprintf(name, sizeof name, "%s_two_%s", kind, of);
    bench_print(name, "%", ratios, repetitions);
}

static void run_kind(struct kind *kind, int repetitions)
{
    static double cpu[ARRANGEMENTS][BENCH_REPETITIONS_MAX];
    static double rate[ARRANGEMENTS][BENCH_REPETITIONS_MAX];

    for (int n = 0; n < repetitions; n++) {
        for (size_t i = 0; i < ARRANGEMENTS; i++) {
            const struct arrangement *a = &arrangements[i];
            struct outcome outcome = measure(kind, a->servers, a->loops);

            cpu[i][n] = outcome.cpu;
            rate[i][n] = outcome.rate;
        }
    }
    print_ratio(kind->name, "cpu_of_one", cpu[1], cpu[0], repetitions);
    print_ratio(kind->name, "cpu_of_apart", cpu[1], cpu[2], repetitions);
    print_ratio(kind->name, "rate_of_apart", rate[1], rate[2], repetitions);
    for (size_t i = 0; i < ARRANGEMENTS; i++) {
        char name[32];

        snprintf(name, sizeof name, "%s_%s_cpu", kind->name,
                 arrangements[i].name);
        bench_print(name, "us", cpu[i], repetitions);
        snprintf(name, sizeof name, "%s_%s_rate", kind->name,
                 arrangements[i].name);
        bench_print(name, "k/s", rate[i], repetitions);
    }
}

int main(int argc, char **argv)
{
    int repetitions = bench_repetitions(argc, argv);
    const char *only = bench_only;

    bench_only = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!only || strcmp(only, kinds[i].name) == 0)
            run_kind(&kinds[i], repetitions);
    return 0;
}
