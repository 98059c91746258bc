/* SPDX-License-Identifier: MIT */
/*
 * tcp_echo.c - messages of 64 bytes there and back over loopback TCP
 *
 *   echo_N_cpu   microseconds of the server's processor time per message, N
 *                connections, each with one message under way
 *   echo_N_rate  messages per second
 *
 * The server is a process of its own, on the first processor; the client, plain
 * epoll, is on the last.  The floors are those of a server of plain epoll,
 * measured in turns with coil's.  With one connection both ends sleep between
 * messages: that is the price of waking up.  With more the client is as busy as
 * the server, and the rate is the pair's: compare the processor times.
 *
 *     tcp_echo REPETITIONS [echo_N]
 *
 * measures all, or those with N connections.
 *
 *     tcp_echo beside CONNECTIONS PROGRAM [ARGUMENT...]
 *
 * does the same with the server PROGRAM, which writes its port as a line, and
 * prints the nanoseconds of a message.
 *
 *     tcp_echo answer CONNECTIONS MESSAGES
 *
 * is coil's server, which answers so many messages and ends.  The client is a
 * process of another program, which strace need not follow.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "bench.h"
#include "bench_socket.h"

enum { MESSAGE = 64, BATCH = 512, CONNECTIONS_MAX = 1000 };

#define WARM_UP ((uint64_t)100 * 1000 * 1000)
#define WINDOW ((uint64_t)500 * 1000 * 1000)

/* Without the right to, or with one processor, stay where we are. */
static void pin(long cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void tell_port(int fd, uint16_t port)
{
    must("write", (int)write(fd, &port, sizeof port));
    close(fd);
}

/* ---- coil's server -------------------------------------------------------- */

static long messages_left; /* until the program ends; 0: it goes on */

static int echo(void *arg)
{
    struct coil_stream *stream = arg;
    char buffer[4096];
    ptrdiff_t n;

    for (;;) {
        int rc;

        n = coil_stream_read(stream, buffer, sizeof buffer);
        if (n <= 0)
            break;
        rc = coil_stream_write(stream, buffer, (size_t)n);
        if (rc < 0)
            break;
        rc = coil_stream_drain(stream);
        if (rc < 0)
            break;
        if (messages_left > 0 && --messages_left == 0)
            exit(0);
    }
    coil_stream_abort(stream);
    return 0;
}

static int serve(void *arg)
{
    struct coil_listener *listener;
    struct coil_stream *stream;
    struct coil_address address;

    bench_check(coil_tcp_listen(&listener, "127.0.0.1", 0));
    coil_listener_address(listener, &address);
    tell_port(*(int *)arg, coil_address_port(&address));
    for (;;) {
        int rc = coil_listener_accept(listener, &stream);

        if (rc < 0)
            return rc;
        bench_check(coil_task_create(NULL, echo, stream));
    }
}

static void serve_coil(int tell)
{
    coil_run(serve, &tell);
}

/* ---- the floor's server --------------------------------------------------- */

static int listen_plainly(int tell)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = must("socket", socket(AF_INET, SOCK_STREAM, 0));

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("bind", bind(fd, (struct sockaddr *)&address, size));
    must("listen", listen(fd, SOMAXCONN));
    must("getsockname", getsockname(fd, (struct sockaddr *)&address, &size));
    tell_port(tell, ntohs(address.sin_port));
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    must("epoll_ctl", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void echo_plainly(int fd)
{
    char buffer[4096];
    ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);

    if (n <= 0 || send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n)
        close(fd);
}

static void serve_floor(int tell)
{
    struct epoll_event events[BATCH];
    int listener = listen_plainly(tell);
    int epoll = must("epoll_create1", epoll_create1(0));

    watch(epoll, listener);
    for (;;) {
        int n = epoll_wait(epoll, events, BATCH, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                echo_plainly(fd);
                continue;
            }
            fd = must("accept", accept(listener, NULL, NULL));
            set_no_delay(fd);
            watch(epoll, fd);
        }
    }
}

/* ---- the server of another program ---------------------------------------- */

static char **program;

/* The port comes from the program as text, and goes on as a number. */
static void serve_program(int tell)
{
    char line[16] = "";
    size_t length = 0;
    uint16_t port;
    int ends[2];
    pid_t child;

    must("pipe", pipe(ends));
    child = must("fork", fork());
    if (child > 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        close(tell);
        execvp(program[0], program);
        _exit(127);
    }
    close(ends[1]);
    while (length < sizeof line - 1 && !strchr(line, '\n') &&
           read(ends[0], line + length, 1) == 1)
        length++;
    port = (uint16_t)atoi(line);
    if (port == 0)
        _exit(1);
    tell_port(tell, port);
    _exit(0);
}

/* ---- the client ----------------------------------------------------------- */

static pid_t start_server(void (*server)(int tell), uint16_t *port)
{
    int ends[2];
    pid_t child;

    must("pipe", pipe(ends));
    child = must("fork", fork());
    if (child == 0) {
        close(ends[0]);
        pin(0);
        server(ends[1]);
        _exit(1);
    }
    close(ends[1]);
    if (read(ends[0], port, sizeof *port) != sizeof *port)
        must("the server", -1);
    close(ends[0]);
    return child;
}

/* Returns the epoll set of so many connections, over each of which one goes. */
static int begin_messages(uint16_t port, int connections, int *fds)
{
    static const char message[MESSAGE];
    int epoll = must("epoll_create1", epoll_create1(0));

    for (int i = 0; i < connections; i++) {
        fds[i] = connect_to(port);
        watch(epoll, fds[i]);
        must("send", (int)send(fds[i], message, MESSAGE, MSG_NOSIGNAL));
    }
    return epoll;
}

static bool answer_one(int fd)
{
    static const char message[MESSAGE];
    char answer[MESSAGE];

    return recv(fd, answer, MESSAGE, MSG_WAITALL) == MESSAGE &&
           send(fd, message, MESSAGE, MSG_NOSIGNAL) == MESSAGE;
}

/* Answer each answer with the next message until `end`; how many came. */
static double exchange(int epoll, uint64_t end)
{
    struct epoll_event events[BATCH];
    double count = 0;

    while (bench_now() < end) {
        int n = must("epoll_wait", epoll_wait(epoll, events, BATCH, -1));

        for (int i = 0; i < n; i++)
            if (!answer_one(events[i].data.fd))
                must("exchange", -1);
        count += n;
    }
    return count;
}

struct outcome {
    double cpu;
    double rate;
};

static struct outcome measure(void (*server)(int tell), int connections)
{
    int fds[CONNECTIONS_MAX];
    struct outcome outcome;
    uint16_t port;
    pid_t child = start_server(server, &port);
    int epoll;
    clockid_t cpu_clock;
    uint64_t cpu;
    uint64_t start;
    double count;

    if (clock_getcpuclockid(child, &cpu_clock) != 0)
        must("clock_getcpuclockid", -1);
    epoll = begin_messages(port, connections, fds);
    exchange(epoll, bench_now() + WARM_UP);

    cpu = bench_clock(cpu_clock);
    start = bench_now();
    count = exchange(epoll, start + WINDOW);
    outcome.cpu = (double)(bench_clock(cpu_clock) - cpu) / count / 1000;
    outcome.rate = count * 1e9 / (double)(bench_now() - start);

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    for (int i = 0; i < connections; i++)
        close(fds[i]);
    close(epoll);
    return outcome;
}

/* ---- so many messages ----------------------------------------------------- */

/* Until the server ends. */
static void ask(int connections, uint16_t port)
{
    struct epoll_event events[BATCH];
    int fds[CONNECTIONS_MAX];
    int epoll = begin_messages(port, connections, fds);

    for (;;) {
        int n = must("epoll_wait", epoll_wait(epoll, events, BATCH, -1));

        for (int i = 0; i < n; i++)
            if (!answer_one(events[i].data.fd))
                return;
    }
}

/* The client: this program with other arguments. */
static void become_client(const char *self, const char *connections,
                          int ends[2])
{
    uint16_t port;
    char text[8];

    close(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port)
        _exit(1);
    snprintf(text, sizeof text, "%u", port);
    execl(self, self, "ask", connections, text, (char *)NULL);
    _exit(1);
}

static int answer(const char *self, const char *connections, long messages)
{
    int ends[2];

    must("pipe", pipe(ends));
    if (must("fork", fork()) == 0)
        become_client(self, connections, ends);
    close(ends[0]);
    pin(0);
    messages_left = messages;
    return coil_run(serve, &ends[1]) < 0;
}

/* ---- figures -------------------------------------------------------------- */

static void print_one(const char *format, int connections, const char *unit,
                      const struct outcome *outcomes, size_t offset, int count)
{
    double values[BENCH_REPETITIONS_MAX];
    char name[64];

    for (int i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&outcomes[i] + offset,
               sizeof values[i]);
    snprintf(name, sizeof name, format, connections);
    bench_print(name, unit, values, count);
}

static void report(const char *only, int connections, int repetitions)
{
    struct outcome coil[BENCH_REPETITIONS_MAX];
    struct outcome plain[BENCH_REPETITIONS_MAX];
    size_t cpu = offsetof(struct outcome, cpu);
    size_t rate = offsetof(struct outcome, rate);
    char name[64];

    snprintf(name, sizeof name, "echo_%d", connections);
    if (only && strcmp(only, name) != 0)
        return;
    for (int i = 0; i < repetitions; i++) {
        coil[i] = measure(serve_coil, connections);
        plain[i] = measure(serve_floor, connections);
    }
    print_one("echo_%d_cpu", connections, "us", coil, cpu, repetitions);
    print_one("echo_%d_cpu_floor", connections, "us", plain, cpu, repetitions);
    print_one("echo_%d_rate", connections, "1/s", coil, rate, repetitions);
    print_one("echo_%d_rate_floor", connections, "1/s", plain, rate,
              repetitions);
}

int main(int argc, char **argv)
{
    const char *only;
    int repetitions;

    bench_raise_limit();
    pin(sysconf(_SC_NPROCESSORS_ONLN) - 1);
    if (argc > 3 && strcmp(argv[1], "beside") == 0) {
        program = argv + 3;
        printf("%.1f\n", measure(serve_program, atoi(argv[2])).cpu * 1000);
        return 0;
    }
    if (argc > 3 && strcmp(argv[1], "answer") == 0)
        return answer(argv[0], argv[2], atol(argv[3]));
    if (argc > 3 && strcmp(argv[1], "ask") == 0) {
        ask(atoi(argv[2]), (uint16_t)atoi(argv[3]));
        return 0;
    }
    repetitions = bench_repetitions(argc, argv);
    only = bench_only;
    bench_only = NULL;
    report(only, 1, repetitions);
    report(only, 64, repetitions);
    report(only, CONNECTIONS_MAX, repetitions);
    return 0;
}
