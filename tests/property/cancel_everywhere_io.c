/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of io, cancelled in each state of its wait: no
 * byte, connection or descriptor is lost.
 */
/* LABELS: threads */
/* TIMEOUT: 60 */
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/resolve.h>
#include <coil/serve.h>
#include <coil/splice.h>
#include <coil/stream.h>
#include <coil/stream_pair.h>

#include "cancel_everywhere.h"

/* ---- addresses ------------------------------------------------------------ */

enum { BACKLOG = 128 }; /* the simulator's */

static struct coil_listener *listener;
static struct coil_address address; /* of a socket that accepts */
static struct coil_address target;  /* where to connect to */

static void listen_here(void)
{
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
}

static void stop_listening(void)
{
    coil_listener_close(listener);
    listener = NULL;
}

/* ---- an address where connecting takes for ever --------------------------- */

static struct coil_listener *full;
static struct coil_stream *waiting[BACKLOG];
static int full_fds[16];
static size_t full_count;

static int try_to_connect(void)
{
    struct pollfd ask = { .events = POLLOUT };

    ask.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_GE(ask.fd, 0);
    ASSERT_LT(full_count, 16);
    full_fds[full_count++] = ask.fd;
    (void)!connect(ask.fd, (const struct sockaddr *)&target.storage,
                   target.length);
    return poll(&ask, 1, 20);
}

/* A backlog of one, filled until a further connection is not answered. */
static void fill_kernel_backlog(void)
{
    const struct sockaddr_in any = {
        .sin_family = AF_INET,
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };

    full_count = 0;
    full_fds[full_count++] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(full_fds[0], (const struct sockaddr *)&any, sizeof any), 0);
    ASSERT_EQ(listen(full_fds[0], 1), 0);
    target.length = sizeof target.storage;
    ASSERT_EQ(getsockname(full_fds[0], (struct sockaddr *)&target.storage,
                          &target.length),
              0);
    while (try_to_connect() > 0)
        continue;
}

static void fill_simulated_backlog(void)
{
    ASSERT_EQ(coil_tcp_listen(&full, "127.0.0.1", 0), 0);
    coil_listener_address(full, &target);
    for (size_t i = 0; i < BACKLOG; i++)
        ASSERT_EQ(coil_tcp_connect_address(&waiting[i], &target), 0);
}

static void make_far_address(void)
{
    listen_here();
    if (simulated)
        fill_simulated_backlog();
    else
        fill_kernel_backlog();
}

static void forget_far_address(void)
{
    for (size_t i = 0; simulated && i < BACKLOG; i++)
        coil_stream_abort(waiting[i]);
    if (simulated)
        coil_listener_close(full);
    while (full_count > 0)
        close(full_fds[--full_count]);
    stop_listening();
}

/* The next connection is answered. */
static void come_nearer(void)
{
    target = address;
}

/*
 * A connection that was made is closed; one that was not made leaves nothing.
 */
static int give_up(int rc, struct coil_stream *stream)
{
    if (rc < 0) {
        ASSERT_NULL(stream);
        return rc;
    }
    coil_stream_abort(stream);
    return 0;
}

static int connect_address(void)
{
    struct coil_stream *stream = NULL;
    int rc = coil_tcp_connect_address(&stream, &target);

    return give_up(rc, stream);
}

static int connect_any(void)
{
    struct coil_address addresses[1] = { target };
    struct coil_stream *stream = NULL;
    int rc = coil_tcp_connect_any(&stream, NULL, addresses, 1);

    return give_up(rc, stream);
}

static int connect_host(void)
{
    struct coil_stream *stream = NULL;
    int rc;

    rc = coil_tcp_connect(&stream, "127.0.0.1", coil_address_port(&target));
    return give_up(rc, stream);
}

static int connect_host_with(void)
{
    const struct coil_tcp_connect_options options = {
        .tcp = { .keep_alive = COIL_SECOND }, .family = AF_INET
    };
    struct coil_stream *stream = NULL;
    int rc = coil_tcp_connect_with(&stream, "127.0.0.1",
                                   coil_address_port(&target), &options);

    return give_up(rc, stream);
}

/* ---- accepting ------------------------------------------------------------ */

static struct coil_stream *client;

static void await_clients(void)
{
    listen_here();
    client = NULL;
}

static int accept_client(void)
{
    struct coil_stream *stream = NULL;
    int rc = coil_listener_accept(listener, &stream);

    return give_up(rc, stream);
}

static void send_client(void)
{
    ASSERT_EQ(coil_tcp_connect_address(&client, &address), 0);
}

static void dismiss_client(void)
{
    coil_stream_abort(client);
    stop_listening();
}

/* ---- reading -------------------------------------------------------------- */

static struct coil_stream *a;
static struct coil_stream *b;

static void connect_pair(void)
{
    listen_here();
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &b), 0);
    stop_listening();
}

static void disconnect_pair(void)
{
    coil_stream_abort(a);
    coil_stream_abort(b);
}

static int move_here(void)
{
    return coil_stream_move(a, coil_loop_current());
}

static void send_text(const char *text)
{
    ASSERT_EQ(coil_stream_write(b, text, strlen(text)), 0);
    settle();
}

static void send_hello(void)
{
    send_text("hello\n");
}

/* Half of what the call waits for is there. */
static void connect_and_send_half(void)
{
    connect_pair();
    send_text("hel");
}

static void send_the_other_half(void)
{
    send_text("lo\n");
}

static int read_some(void)
{
    char text[7];
    size_t got = 0;

    /* With a seed it comes in pieces. */
    do {
        ptrdiff_t n = coil_stream_read(a, text + got, sizeof text - got);

        if (n < 0) {
            ASSERT_EQ(got, 0);
            return (int)n;
        }
        got += (size_t)n;
    } while (got < 6);
    ASSERT_MEM_EQ(text, "hello\n", 6);
    return 0;
}

static int read_exactly(void)
{
    char text[6];
    size_t got = 99;
    int rc = coil_stream_read_exactly(a, text, 6, &got);

    if (rc == 0)
        ASSERT_MEM_EQ(text, "hello\n", 6);
    return rc;
}

static int read_until(void)
{
    char text[64];
    size_t length = 0;
    int rc = coil_stream_read_until(a, "\n", 1, text, sizeof text, &length);

    if (rc < 0)
        return rc;
    ASSERT_EQ(length, 6);
    ASSERT_MEM_EQ(text, "hello\n", 6);
    return 0;
}

/* Look at some bytes and consume none: the next reader sees them again. */
static int peek(void)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek(a, &data);

    if (n < 0)
        return (int)n;
    ASSERT_GT(n, 0);
    ASSERT_MEM_EQ(data, "hello\n", (size_t)n);
    return 0;
}

static int wait_for_input(void)
{
    return coil_stream_wait_readable(a);
}

static int peek_more(void)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek_more(a, 3, &data);

    if (n < 0)
        return (int)n;
    ASSERT_GT(n, 3);
    ASSERT_MEM_EQ(data, "hello\n", (size_t)n);
    return 0;
}

/* ---- writing -------------------------------------------------------------- */

/* The bytes that are sent: no piece is like another one some KiB away. */
static unsigned char much[16 << 20];
static size_t written;
static size_t arrived;

static void fill_much(void)
{
    if (much[1])
        return;
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (unsigned char)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* More than all buffers have room for. */
static void connect_and_write_much(void)
{
    written = simulated ? sizeof much / 64 : sizeof much;
    arrived = 0;
    fill_much();
    connect_pair();
    ASSERT_EQ(coil_stream_write(a, much, written), 0);
    ASSERT_GT(coil_stream_unsent(a), 64 * 1024);
}

/* Read until as much has come as was written. */
static void read_much(void)
{
    static unsigned char bytes[65536];

    while (arrived < written) {
        size_t left = written - arrived;
        ptrdiff_t n = coil_stream_read(
            b, bytes, left < sizeof bytes ? left : sizeof bytes);

        ASSERT_GT(n, 0);
        ASSERT_MEM_EQ(bytes, much + arrived, (size_t)n);
        arrived += (size_t)n;
    }
}

static int drain(void)
{
    return coil_stream_drain(a);
}

static int flush(void)
{
    return coil_stream_flush(a);
}

static int shut_down(void)
{
    return coil_stream_shutdown(a);
}

/* A file waits behind what was written. */
static int file;
static int64_t file_at;

static void connect_and_make_file(void)
{
    char name[] = "/tmp/coil-send-file-XXXXXX";

    file = mkstemp(name);
    file_at = 0;
    ASSERT_GE(file, 0);
    unlink(name);
    ASSERT_EQ(write(file, "hello\n", 6), 6);
    connect_and_write_much();
}

static int send_file(void)
{
    int64_t sent;
    int rc = coil_stream_send_file(a, file, file_at, 6 - file_at, &sent);

    file_at += sent;
    /* What is all sent was not cancelled. */
    ASSERT_EQ(rc == 0, file_at == 6 && (rc == 0 || !coil_stream_unsent(a)));
    return rc;
}

/* Nothing is lost, whichever call was cancelled. */
static void read_all_and_disconnect(void)
{
    read_much();
    disconnect_pair();
}

/* Bytes that are moved from the other stream of a second pair. */
static struct coil_stream *source, *source_end;
static int64_t spliced;

static void connect_two_pairs(void)
{
    struct coil_stream *pair[2];

    ASSERT_EQ(coil_stream_pair(pair), 0);
    source = pair[0];
    source_end = pair[1];
    spliced = 0;
    ASSERT_EQ(coil_stream_write(source, "hello\n", 6), 0);
    connect_and_write_much();
}

static int splice_them(void)
{
    int64_t moved;
    int rc = coil_splice(a, source_end, 6 - spliced, &moved);

    spliced += moved;
    ASSERT(rc < 0 || spliced == 6);
    return rc;
}

static void read_all_and_close_pairs(void)
{
    read_all_and_disconnect();
    coil_stream_abort(source);
    coil_stream_abort(source_end);
}

static void read_all_and_close_file(void)
{
    read_all_and_disconnect();
    close(file);
}

static int close_stream(void)
{
    int rc = coil_stream_close(a);

    a = NULL;
    return rc;
}

/* ---- descriptors ---------------------------------------------------------- */

static int ends[2];

static void make_pipe(void)
{
    ASSERT_EQ(pipe(ends), 0);
}

static void close_pipe(void)
{
    close(ends[0]);
    close(ends[1]);
}

static int wait_readable(void)
{
    int rc = coil_wait_fd(ends[0], COIL_READABLE);

    return rc < 0 ? rc : rc != COIL_READABLE;
}

static void write_to_pipe(void)
{
    ASSERT_EQ(write(ends[1], "x", 1), 1);
}

/* ---- a server ------------------------------------------------------------- */

static struct coil_future stop;

static void prepare_server(void)
{
    coil_future_init(&stop);
    listen_here();
}

static int serve_nobody(struct coil_stream *stream, void *arg)
{
    (void)stream;
    (void)arg;
    return 0;
}

static int serve(void)
{
    const struct coil_serve_options options = { .stop = &stop,
                                                .keep_signals = true };

    return coil_serve(listener, serve_nobody, NULL, &options);
}

static void stop_server(void)
{
    ASSERT_EQ(coil_future_set_result(&stop, NULL), 0);
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_tcp_connect, .prepare = make_far_address, .call = connect_host,
         .ready = come_nearer, .finish = forget_far_address),
    CASE(coil_tcp_connect_with, .prepare = make_far_address,
         .call = connect_host_with, .ready = come_nearer,
         .finish = forget_far_address),
    CASE(coil_tcp_connect_address, .prepare = make_far_address,
         .call = connect_address, .ready = come_nearer,
         .finish = forget_far_address),
    CASE(coil_tcp_connect_any, .prepare = make_far_address, .call = connect_any,
         .ready = come_nearer, .finish = forget_far_address),
    CASE(coil_serve, .prepare = prepare_server, .call = serve,
         .ready = stop_server, .turns = 3, .flags = ENDS | WAITS_FIRST),
    CASE(coil_listener_accept, .prepare = await_clients, .call = accept_client,
         .ready = send_client, .finish = dismiss_client),

    CASE(coil_stream_read, .prepare = connect_pair, .call = read_some,
         .ready = send_hello, .finish = disconnect_pair),
    CASE(coil_stream_read_exactly, .prepare = connect_and_send_half,
         .call = read_exactly, .ready = send_the_other_half,
         .finish = disconnect_pair),
    CASE(coil_stream_read_until, .prepare = connect_and_send_half,
         .call = read_until, .ready = send_the_other_half,
         .finish = disconnect_pair),
    CASE(coil_stream_peek, .prepare = connect_pair, .call = peek,
         .ready = send_hello, .finish = disconnect_pair),
    CASE(coil_stream_wait_readable, .prepare = connect_pair,
         .call = wait_for_input, .ready = send_hello,
         .finish = disconnect_pair),
    CASE(coil_stream_peek_more, .prepare = connect_and_send_half,
         .call = peek_more, .ready = send_the_other_half,
         .finish = disconnect_pair),

    CASE(coil_stream_drain, .prepare = connect_and_write_much, .call = drain,
         .ready = read_much, .finish = read_all_and_disconnect),
    CASE(coil_stream_flush, .prepare = connect_and_write_much, .call = flush,
         .ready = read_much, .finish = read_all_and_disconnect),
    CASE(coil_stream_shutdown, .prepare = connect_and_write_much,
         .call = shut_down, .ready = read_much,
         .finish = read_all_and_disconnect),
    /* To its own loop: the loops of other threads are in stream_move_threads.c. */
    CASE(coil_stream_move, .prepare = connect_pair, .call = move_here,
         .finish = disconnect_pair, .flags = NEVER_WAITS),
    CASE(coil_splice, .prepare = connect_two_pairs, .call = splice_them,
         .ready = read_much, .finish = read_all_and_close_pairs),
    CASE(coil_stream_send_file, .prepare = connect_and_make_file,
         .call = send_file, .ready = read_much,
         .finish = read_all_and_close_file),
    CASE(coil_stream_close, .prepare = connect_and_write_much,
         .call = close_stream, .finish = disconnect_pair, .flags = ENDS),

    CASE(coil_wait_fd, .prepare = make_pipe, .call = wait_readable,
         .ready = write_to_pipe, .finish = close_pipe, .flags = KERNEL_ONLY),
};

EVERYWHERE_TEST(cancel_everywhere_io_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_io_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_io_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_io_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
