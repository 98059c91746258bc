/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Sockets of the kernel, and the lack of descriptors and memory.
 */
#include "poll_epoll_test.h"

/* ---- sockets ---- */

static int option(int fd, int level, int name)
{
    socklen_t length = sizeof(int);
    int value = -1;

    ASSERT_EQ(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

TEST(poll_epoll_sockets_have_their_options)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct pair pair = open_pair(backend);
    int fds[3] = { listener, pair.client, pair.server };
    int i;

    for (i = 0; i < 3; i++) {
        ASSERT(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        ASSERT(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
        ASSERT(option(fds[i], IPPROTO_TCP, TCP_NODELAY));
    }
    ASSERT(option(listener, SOL_SOCKET, SO_REUSEADDR));
    backend->ops->close_socket(backend, listener);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* A listener whose queue is full lets a connect() hang. */
TEST(poll_epoll_pending_connect_can_be_cancelled_and_closed)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address = loopback();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct probe connect[8] = { 0 };
    int client[8];
    int cancelled = 0;
    int i;

    ASSERT_EQ(
        bind(listener, (struct sockaddr *)&address.storage, address.length), 0);
    ASSERT_EQ(listen(listener, 0), 0);
    ASSERT_EQ(getsockname(listener, (struct sockaddr *)&address.storage,
                          &address.length),
              0);
    for (i = 0; i < 8; i++) {
        client[i] = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
        probe_connect(backend, &connect[i], client[i], &address);
    }
    poll_settle(backend);
    for (i = 0; i < 8; i += 2) {
        if (connect[i].done)
            continue;
        ASSERT_EQ(probe_cancel(backend, &connect[i]), -ECANCELED);
        cancelled++;
        /* Called again, connect() continues the same attempt. */
        ASSERT(!probe_connect(backend, &connect[i], client[i], &address));
    }
    ASSERT_GT(cancelled, 0);
    for (i = 0; i < 8; i++)
        backend->ops->close_socket(backend, client[i]);
    for (i = 0; i < 8; i++) {
        ASSERT(connect[i].done);
        ASSERT(connect[i].op.result == 0 || connect[i].op.result == -EBADF);
    }
    ASSERT_EQ(backend->pending, 0);
    close(listener);
    backend->ops->close(backend);
}

static void read_to_the_end(struct coil__backend *backend, int fd,
                            size_t expected)
{
    static char data[1024];
    size_t got = 0;

    for (;;) {
        ptrdiff_t n = do_read(backend, fd, data, sizeof(data));

        ASSERT_OK(n);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    ASSERT_EQ(got, expected);
}

/* The last bytes and the end are there before the socket is first waited for,
   or come together later: after a short read the end must still be seen. */
TEST(poll_epoll_end_behind_a_short_read)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    struct probe read = { 0 };
    char data[64];

    send_all(backend, pair.client, "abc", 3);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    write_until_full(backend, pair.server, &write); /* registers */
    read_to_the_end(backend, pair.server, 3);
    close_pair(backend, pair);

    pair = open_pair(backend);
    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    send_all(backend, pair.client, "abc", 3);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    ASSERT_EQ(probe_wait(backend, &read), 3);
    read_to_the_end(backend, pair.server, 0);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* At urgent data a read returns less than there is. */
TEST(poll_epoll_urgent_data_hides_nothing)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[64];

    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    ASSERT_EQ(send(pair.client, "abc", 3, 0), 3);
    ASSERT_EQ(send(pair.client, "!", 1, MSG_OOB), 1);
    ASSERT_EQ(send(pair.client, "defg", 4, 0), 4);
    usleep(10000);
    ASSERT_GT(probe_wait(backend, &read), 0);
    recv_all(backend, pair.server, data, 7 - (size_t)read.op.result);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_epoll_short_reads_do_not_stop_a_stream)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[64];
    int i;

    for (i = 0; i < 1000; i++) {
        if (probe_read(backend, &read, pair.server, data, sizeof(data)))
            FAIL("nothing was sent");
        send_all(backend, pair.client, "ping", 4);
        ASSERT_EQ(probe_wait(backend, &read), 4);
        if (i % 3 == 0) {
            send_all(backend, pair.client, "more", 4);
            ASSERT_EQ(do_read(backend, pair.server, data, sizeof(data)), 4);
        }
    }
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* There are more events than one call of the kernel reports. */
TEST(poll_epoll_more_events_than_a_batch)
{
    enum { PIPES = EPOLL_BATCH + 50 };
    struct coil__backend *backend = open_epoll();
    static struct probe probe[PIPES];
    static int fd[PIPES][2];
    int i;

    for (i = 0; i < PIPES; i++) {
        open_pipe(fd[i]);
        ASSERT(!probe_ready(backend, &probe[i], fd[i][0], COIL_READABLE));
        put_byte(fd[i][1]);
    }
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->pending, PIPES - EPOLL_BATCH);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->pending, 0);
    for (i = 0; i < PIPES; i++)
        close_pipe(fd[i]);
    backend->ops->close(backend);
}

/* ---- want of descriptors and of memory ---- */

static struct rlimit limit_descriptors(rlim_t limit)
{
    struct rlimit old;
    struct rlimit new;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
    new = old;
    new.rlim_cur = limit;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &new), 0);
    return old;
}

TEST(poll_epoll_want_of_descriptors)
{
    struct coil__backend *backend = open_epoll();
    struct coil__backend *other;
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old = limit_descriptors((rlim_t)client + 1);
    rlim_t extra;

    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    ASSERT_EQ(backend->ops->socket(backend, AF_INET, SOCK_STREAM), -EMFILE);
    ASSERT(probe_accept(backend, &accept, listener));
    ASSERT_EQ(accept.op.result, -EMFILE);
    ASSERT_EQ(backend->sockets, 2);
    for (extra = 0; extra < 2; extra++) {
        limit_descriptors((rlim_t)client + 1 + extra);
        ASSERT_EQ(coil__epoll_open(&other), -EMFILE);
    }

    /* The connection is still there. */
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(backend, &accept, listener);
    ASSERT_OK(probe_wait(backend, &accept));
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

/* The limit is met while an ACCEPT pends. */
TEST(poll_epoll_want_of_descriptors_later)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old;

    ASSERT(!probe_accept(backend, &accept, listener));
    old = limit_descriptors((rlim_t)client + 1);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    ASSERT_EQ(probe_wait(backend, &accept), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(backend, &accept, listener);
    ASSERT_OK(probe_wait(backend, &accept));
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

TEST(poll_epoll_want_of_memory)
{
    struct coil__backend *backend;
    struct probe probe = { 0 };
    struct coil_address address;
    int listener;
    int fd[2];

    coil__alloc_fail_at(1, false);
    ASSERT_EQ(coil__epoll_open(&backend), -ENOMEM);
    backend = open_epoll();
    open_pipe(fd);
    coil__alloc_fail_at(1, true);
    ASSERT(probe_ready(backend, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT(probe_ready(backend, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    listener = open_listener(backend, &address);
    ASSERT(probe_accept(backend, &probe, listener));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    coil__alloc_fail_at(0, false);
    ASSERT(!probe_accept(backend, &probe, listener));
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(probe.op.result, -EBADF);
    close_pipe(fd);
    backend->ops->close(backend);
}
