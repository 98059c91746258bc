/* SPDX-License-Identifier: MIT */
/*
 * Listeners of sockets that somebody else has opened: this program, or a service
 * manager such as systemd.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>
#include <unistd.h>

#include <coil/listener.h>

#include "stream_test.h"

/* A socket that listens on a free port, blocking and kept on exec. */
static int listening_socket(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(bind(fd, (const struct sockaddr *)&in, sizeof in), 0);
    ASSERT_EQ(listen(fd, 10), 0);
    return fd;
}

/* Connect to each address, and accept. */
static void serve(struct coil_listener *listener, size_t count)
{
    struct coil_address addresses[4];

    ASSERT_EQ(coil_listener_addresses(listener, addresses, 4), count);
    for (size_t i = 0; i < count; i++) {
        struct pair p;
        char byte;

        ASSERT_EQ(coil_tcp_connect_address(&p.a, &addresses[i]), 0);
        ASSERT_EQ(coil_listener_accept(listener, &p.b), 0);
        send_text(p.a, "x");
        ASSERT_EQ(coil_stream_read(p.b, &byte, 1), 1);
        hang_up(&p);
    }
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* ---- adopted -------------------------------------------------------------- */

KERNEL_TEST(listener_adopt_takes_sockets_and_closes_them)
{
    int fds[] = { listening_socket(), listening_socket() };
    struct coil_listener *listener;

    ASSERT_EQ(coil_listener_adopt(&listener, fds, 2), 0);
    for (int i = 0; i < 2; i++) {
        ASSERT(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
        ASSERT(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
    }
    serve(listener, 2);
    coil_listener_close(listener);
    ASSERT(!is_open(fds[0]));
    ASSERT(!is_open(fds[1]));
}

KERNEL_TEST(listener_adopt_leaves_what_it_refuses)
{
    int good = listening_socket();
    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    int deaf = socket(AF_INET, SOCK_STREAM, 0);
    int file = open("/dev/null", O_RDONLY);
    const struct {
        int second;
        int error;
    } all[] = { { datagrams, -EINVAL },
                { deaf, -EINVAL },
                { file, -ENOTSOCK },
                { 1000, -EBADF },
                { good, -EINVAL } };
    struct coil_listener *listener;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int fds[] = { good, all[i].second };

        ASSERT_EQ(coil_listener_adopt(&listener, fds, 2), all[i].error);
        ASSERT_NULL(listener);
    }
    ASSERT_EQ(coil_listener_adopt(&listener, &good, 0), -EINVAL);
    ASSERT(!(fcntl(good, F_GETFL) & O_NONBLOCK));
    ASSERT_EQ(coil_listener_adopt(&listener, &good, 1), 0);
    serve(listener, 1);
    coil_listener_close(listener);
    close(datagrams);
    close(deaf);
    close(file);
}

KERNEL_TEST(listener_adopt_takes_sockets_of_this_machine)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length;
    struct coil_listener *listener;
    struct coil_stream *s;
    char byte;
    int client;

    length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                    (size_t)snprintf(un.sun_path + 1, sizeof un.sun_path - 1,
                                     "coil-%d", (int)getpid()));
    ASSERT_EQ(bind(fd, (const struct sockaddr *)&un, length), 0);
    ASSERT_EQ(listen(fd, 10), 0);
    ASSERT_EQ(coil_listener_adopt(&listener, &fd, 1), 0);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(connect(client, (const struct sockaddr *)&un, length), 0);
    ASSERT_EQ(write(client, "x", 1), 1);
    ASSERT_EQ(coil_listener_accept(listener, &s), 0);
    ASSERT_EQ(coil_stream_read(s, &byte, 1), 1);
    coil_stream_abort(s);
    coil_listener_close(listener);
    close(client);
}

KERNEL_TEST(listener_adopt_without_memory_leaves_the_socket)
{
    int fd = listening_socket();
    struct coil_listener *listener;

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_listener_adopt(&listener, &fd, 1), -ENOMEM);
    ASSERT_NULL(listener);
    ASSERT(is_open(fd));
    close(fd);
}

static int adopt_on_the_simulator(void *arg)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_listener_adopt(&listener, arg, 1), -ENOTSUP);
    ASSERT_NULL(listener);
    return 0;
}

TEST(listener_adopt_is_not_for_the_simulator)
{
    int fd = listening_socket();
    struct coil_listener *listener;

    ASSERT_EQ(coil_test_run(adopt_on_the_simulator, &fd, 0), 0);
    ASSERT_EQ(coil_listener_adopt(&listener, &fd, 1), -ENOTSUP);
    ASSERT(is_open(fd));
    close(fd);
}

/* ---- inherited ------------------------------------------------------------ */

static int saved[3]; /* what descriptors 3 … 5 were */

/* Descriptors 3 … 5, before there is a loop that needs descriptors. */
static void hand_over(const char *names)
{
    char pid[30];
    int fds[] = { listening_socket(), socket(AF_INET, SOCK_DGRAM, 0),
                  listening_socket() };

    for (int i = 0; i < 3; i++) {
        int fd = fcntl(fds[i], F_DUPFD, 10); /* out of the way */

        close(fds[i]);
        fds[i] = fd;
    }
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(3 + i, F_DUPFD, 10);
        ASSERT_EQ(dup2(fds[i], 3 + i), 3 + i);
        close(fds[i]);
    }
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "3", 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    else
        unsetenv("LISTEN_FDNAMES");
}

static void take_back(void)
{
    for (int i = 0; i < 3; i++) {
        close(3 + i);
        if (saved[i] >= 0)
            ASSERT_EQ(dup2(saved[i], 3 + i), 3 + i);
        close(saved[i]);
    }
}

static struct coil_listener *expect(const char *name, int error, size_t count)
{
    struct coil_listener *listener;
    struct coil_listener *again;

    ASSERT_EQ(coil_listener_inherit(&listener, name), error);
    if (error < 0) {
        ASSERT_NULL(listener);
        return NULL;
    }
    serve(listener, count);
    ASSERT_EQ(coil_listener_inherit(&again, name), -ENOENT); /* taken */
    ASSERT_NULL(again);
    return listener;
}

static int inherit_all(void *arg)
{
    struct coil_listener *listener;

    (void)arg;
    ASSERT_EQ(coil_listener_inherit(&listener, NULL), 0);
    serve(listener, 2);
    coil_listener_close(listener);
    ASSERT(!is_open(3));
    ASSERT(is_open(4));
    ASSERT(!is_open(5));
    return 0;
}

TEST(listener_adopt_inherits_all_that_listen)
{
    hand_over(NULL);
    ASSERT_EQ(coil_run(inherit_all, NULL), 0);
    take_back();
}

static int inherit_by_name(void *arg)
{
    struct coil_listener *http, *https;

    (void)arg;
    expect("other", -ENOENT, 0);
    expect("dns", -ENOENT, 0); /* it does not listen */
    expect("htt", -ENOENT, 0);
    http = expect("http", 0, 1);
    https = expect("https", 0, 1);
    coil_listener_close(http);
    coil_listener_close(https);
    return 0;
}

TEST(listener_adopt_inherits_by_name)
{
    hand_over("http:dns:https");
    ASSERT_EQ(coil_run(inherit_by_name, NULL), 0);
    take_back();
}

static int inherit_in_vain(void *arg)
{
    static const char *const pids[] = { "1", "", "x", "-3",
                                        "99999999999999999" };
    static const char *const counts[] = { "0",  "",
                                          "-1", "x",
                                          "3x", "99999999999999999999999999" };
    const char *pid = getenv("LISTEN_PID");
    char own[30];

    (void)arg;
    snprintf(own, sizeof own, "%s", pid);
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
        setenv("LISTEN_PID", pids[i], 1);
        expect(NULL, -ENOENT, 0);
    }
    setenv("LISTEN_PID", own, 1);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        setenv("LISTEN_FDS", counts[i], 1);
        expect(NULL, -ENOENT, 0);
    }
    unsetenv("LISTEN_FDS");
    expect(NULL, -ENOENT, 0);
    ASSERT(is_open(3));
    return 0;
}

/* More than there are: what is no descriptor is left out. */
TEST(listener_adopt_inherits_what_there_is)
{
    hand_over(NULL);
    setenv("LISTEN_FDS", "1000", 1);
    ASSERT_EQ(coil_run(inherit_all, NULL), 0);
    take_back();
}

TEST(listener_adopt_inherits_nothing_of_another_process)
{
    hand_over(NULL);
    ASSERT_EQ(coil_run(inherit_in_vain, NULL), 0);
    take_back();
}
