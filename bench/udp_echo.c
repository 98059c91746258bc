/* SPDX-License-Identifier: MIT */
/*
 * udp_echo.c - datagrams there and back over loopback
 *
 *   udp_echo server one|many|segments|hand
 *       sends back what comes to a port of its own, which it prints
 *   udp_echo client WINDOW SIZE single|segments PORT PROCESS
 *       has at most WINDOW datagrams of SIZE bytes under way, for a second, and
 *       prints how many come back for each second of processor time of PROCESS
 *       (the server), how many for each second of the clock, and how many were
 *       lost
 *
 * The server takes one datagram by a call (`one`), many by a call (`many`:
 * recvmmsg(), sendmmsg()), or many segments as one (`segments`: UDP_GRO,
 * UDP_SEGMENT).  `hand` is recvmmsg() and sendmmsg() without a loop: the floor.
 * The client sends its datagrams by sendmmsg(), or as segments of one.
 *
 * scripts/run/bench-os runs these beside os/uv.c and os/peer.go.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include <coil.h>
#include <coil/udp.h>

#include "bench.h"

enum {
    BATCH = 32,
    ROOM = 2048,       /* of a datagram */
    COALESCED = 65536, /* of those that come as one */
    COALESCED_BATCH = 8,
    WINDOW_MAX = 64,
    SEGMENTS_SIZE_MAX = 65000,
};

#define WARM_UP ((uint64_t)200 * 1000 * 1000)
#define TIME ((uint64_t)1000 * 1000 * 1000)

/* ---- the server: coil ----------------------------------------------------- */

static void tell_port(const struct coil_datagram_socket *socket)
{
    struct coil_address address;

    coil_datagram_local_address(socket, &address);
    printf("%d\n", coil_address_port(&address));
    fflush(stdout);
}

static int serve_one(void *unused)
{
    static char buffer[ROOM];
    struct coil_datagram_socket *socket;
    struct coil_address from;
    ptrdiff_t n = 0;

    (void)unused;
    bench_check(coil_udp_bind(&socket, "127.0.0.1", 0, NULL));
    tell_port(socket);
    while (n >= 0) {
        n = coil_datagram_receive_from(socket, buffer, sizeof buffer, &from);
        if (n >= 0)
            n = coil_datagram_send_to(socket, buffer, (size_t)n, &from);
    }
    coil_datagram_close(socket);
    return (int)n;
}

static ptrdiff_t send_all(struct coil_datagram_socket *socket,
                          struct coil_datagram *datagrams, ptrdiff_t count)
{
    for (ptrdiff_t sent = 0; sent < count;) {
        ptrdiff_t n = coil_datagram_send_many(socket, datagrams + sent,
                                              (size_t)(count - sent));

        if (n < 0)
            return n;
        sent += n;
    }
    return 0;
}

/* Each of `datagrams` has `room` bytes. */
static int echo_many(struct coil_datagram_socket *socket,
                     struct coil_datagram *datagrams, size_t count, size_t room)
{
    ptrdiff_t n = 0;

    tell_port(socket);
    while (n >= 0) {
        for (size_t i = 0; i < count; i++)
            datagrams[i].size = room;
        n = coil_datagram_receive_many(socket, datagrams, count);
        for (ptrdiff_t i = 0; i < n; i++)
            datagrams[i].size = datagrams[i].length;
        if (n > 0)
            n = send_all(socket, datagrams, n);
    }
    coil_datagram_close(socket);
    return (int)n;
}

static int serve_many(void *unused)
{
    static char buffers[BATCH][ROOM];
    static struct coil_datagram datagrams[BATCH];
    struct coil_datagram_socket *socket;

    (void)unused;
    for (int i = 0; i < BATCH; i++)
        datagrams[i].data = buffers[i];
    bench_check(coil_udp_bind(&socket, "127.0.0.1", 0, NULL));
    return echo_many(socket, datagrams, BATCH, ROOM);
}

static int serve_segments(void *unused)
{
    static char buffers[COALESCED_BATCH][COALESCED];
    static struct coil_datagram datagrams[COALESCED_BATCH];
    const struct coil_udp_options options = { .coalesce = true };
    struct coil_datagram_socket *socket;

    (void)unused;
    for (int i = 0; i < COALESCED_BATCH; i++)
        datagrams[i].data = buffers[i];
    bench_check(coil_udp_bind(&socket, "127.0.0.1", 0, &options));
    return echo_many(socket, datagrams, COALESCED_BATCH, COALESCED);
}

/* ---- the server: by hand -------------------------------------------------- */

struct batch {
    struct mmsghdr headers[WINDOW_MAX];
    struct iovec pieces[WINDOW_MAX];
    struct sockaddr_in peers[WINDOW_MAX];
    char buffers[WINDOW_MAX][ROOM];
};

static void prepare(struct batch *b, int count, size_t size, bool has_peer)
{
    for (int i = 0; i < count; i++) {
        b->pieces[i] =
            (struct iovec){ .iov_base = b->buffers[i], .iov_len = size };
        b->headers[i] = (struct mmsghdr){
            .msg_hdr = { .msg_name = has_peer ? &b->peers[i] : NULL,
                         .msg_namelen = has_peer ? sizeof b->peers[i] : 0,
                         .msg_iov = &b->pieces[i],
                         .msg_iovlen = 1 },
        };
    }
}

static int bind_by_hand(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench_check(fd);
    bench_check(bind(fd, (struct sockaddr *)&address, size));
    bench_check(getsockname(fd, (struct sockaddr *)&address, &size));
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int serve_by_hand(void *unused)
{
    static struct batch b;
    int fd = bind_by_hand();

    (void)unused;
    for (;;) {
        int n;

        prepare(&b, BATCH, ROOM, true);
        n = recvmmsg(fd, b.headers, BATCH, MSG_WAITFORONE, NULL);
        if (n < 0)
            return n;
        for (int i = 0; i < n; i++)
            b.pieces[i].iov_len = b.headers[i].msg_len;
        for (int sent = 0; sent < n;) {
            int more = sendmmsg(fd, b.headers + sent, (unsigned)(n - sent), 0);

            bench_check(more);
            sent += more;
        }
    }
}

/* ---- the client ----------------------------------------------------------- */

static int connect_by_hand(const char *port)
{
    struct timeval limit = { .tv_usec = 500 * 1000 };
    struct sockaddr_in address = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)atoi(port));
    bench_check(fd);
    bench_check(connect(fd, (struct sockaddr *)&address, sizeof address));
    bench_check(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    return fd;
}

static int socket_fd;
static size_t size;
static long window;
static bool as_segments;

static void send_single(long count)
{
    static struct batch b;

    prepare(&b, (int)count, size, false);
    for (long sent = 0; sent < count;) {
        int n =
            sendmmsg(socket_fd, b.headers + sent, (unsigned)(count - sent), 0);

        bench_check(n);
        sent += n;
    }
}

static void send_segments(long count)
{
    static char bytes[SEGMENTS_SIZE_MAX];
    size_t most = sizeof bytes / size;

    while (count > 0) {
        size_t n = (size_t)count < most ? (size_t)count : most;

        bench_check((int)send(socket_fd, bytes, n * size, 0));
        count -= (long)n;
    }
}

/* Returns how many came; 0: none in half a second. */
static long receive(void)
{
    static struct batch b;
    int n;

    prepare(&b, WINDOW_MAX, ROOM, false);
    n = recvmmsg(socket_fd, b.headers, WINDOW_MAX, MSG_WAITFORONE, NULL);
    return n < 0 ? 0 : n;
}

/* Whether the second half of the window is empty: then it is filled. */
static void echo_for(uint64_t time, long *received, long *lost)
{
    uint64_t end = bench_now() + time;
    long under_way = 0;

    *received = 0;
    *lost = 0;
    while (bench_now() < end) {
        long n;

        if (under_way <= window / 2) {
            (as_segments ? send_segments : send_single)(window - under_way);
            under_way = window;
        }
        n = receive();
        *received += n;
        under_way -= n;
        if (n == 0) {
            *lost += under_way;
            under_way = 0;
        }
        if (under_way < 0)
            under_way = 0;
    }
}

static int measure(char **arguments)
{
    clockid_t clock;
    uint64_t spent;
    long received, lost;

    window = atol(arguments[0]);
    size = (size_t)atol(arguments[1]);
    as_segments = strcmp(arguments[2], "segments") == 0;
    socket_fd = connect_by_hand(arguments[3]);
    if (as_segments) {
        int segment = (int)size;

        bench_check(setsockopt(socket_fd, IPPROTO_UDP, UDP_SEGMENT, &segment,
                               sizeof segment));
    }
    bench_check(-clock_getcpuclockid(atoi(arguments[4]), &clock));
    echo_for(WARM_UP, &received, &lost);
    spent = bench_clock(clock);
    echo_for(TIME, &received, &lost);
    spent = bench_clock(clock) - spent;
    printf("%.0f %.0f %ld\n", (double)received * 1e9 / (double)spent,
           (double)received * 1e9 / (double)TIME, lost);
    return 0;
}

static coil_fn find_server(const char *name)
{
    if (strcmp(name, "one") == 0)
        return serve_one;
    if (strcmp(name, "many") == 0)
        return serve_many;
    return strcmp(name, "segments") == 0 ? serve_segments : NULL;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "server") == 0) {
        coil_fn serve = find_server(argv[2]);

        return serve ? coil_run(serve, NULL) < 0 : serve_by_hand(NULL);
    }
    if (argc == 7 && strcmp(argv[1], "client") == 0 &&
        atol(argv[2]) <= WINDOW_MAX && atol(argv[3]) <= ROOM)
        return measure(argv + 2);
    fputs("usage: udp_echo server one|many|segments|hand\n"
          "       udp_echo client WINDOW SIZE single|segments PORT PROCESS\n",
          stderr);
    return 2;
}
