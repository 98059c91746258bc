/* SPDX-License-Identifier: MIT */
/*
 * Datagrams of the simulator: who gets them, and what is refused as the kernel
 * refuses it.
 */
#include <netinet/in.h>
#include <string.h>

#include "backend/simulator.h"
#include "poll_simulator_test.h"
#include "poll_test.h"

static struct coil_address at(uint32_t host, uint16_t port)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in) };
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(host) } };

    memcpy(&address.storage, &in, sizeof in);
    return address;
}

static int open_at(struct coil__backend *backend, uint32_t host, uint16_t port)
{
    struct coil_address address = at(host, port);
    int fd = backend->ops->socket(backend, AF_INET, SOCK_DGRAM);

    ASSERT_EQ(backend->ops->bind_datagrams(backend, fd, &address), 0);
    return fd;
}

static ptrdiff_t send_to(struct coil__backend *backend, int fd,
                         struct coil_address to)
{
    struct iovec piece = { .iov_base = "x", .iov_len = 1 };
    struct mmsghdr message = { .msg_hdr = { .msg_name = &to.storage,
                                            .msg_namelen = to.length,
                                            .msg_iov = &piece,
                                            .msg_iovlen = 1 } };
    struct probe probe = {
        .op = { .kind = COIL_OP_SEND, .fd = fd, .data = &message, .size = 1 }
    };

    probe_begin(backend, &probe);
    return probe_wait(backend, &probe);
}

static bool gets(struct coil__backend *backend, int fd)
{
    char byte;
    struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
    struct mmsghdr message = {
        .msg_hdr = { .msg_iov = &piece, .msg_iovlen = 1 },
    };
    struct probe probe = {
        .op = { .kind = COIL_OP_RECEIVE, .fd = fd, .data = &message, .size = 1 }
    };

    if (probe_begin(backend, &probe))
        return probe.op.result == 1;
    ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
    return false;
}

static ptrdiff_t connect_to(struct coil__backend *backend, int fd,
                            struct coil_address to)
{
    struct probe probe = { .op = { .kind = COIL_OP_CONNECT } };

    probe_connect(backend, &probe, fd, &to);
    return probe_wait(backend, &probe);
}

TEST(poll_simulator_datagrams_of_a_group_go_to_its_members)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address one = at(0xef010101, 7);
    struct coil_address two = at(0xef010102, 7);
    struct coil_address six = { .length = sizeof(struct sockaddr_in6) };
    int member = open_at(backend, INADDR_ANY, 7);
    int elsewhere = open_at(backend, INADDR_ANY, 8);

    six.storage.ss_family = AF_INET6;
    ASSERT_EQ(ops->multicast(backend, member, &six, 0, COIL_MULTICAST_JOIN),
              -EINVAL);
    ASSERT_EQ(ops->multicast(backend, member, &one, 0, COIL_MULTICAST_JOIN), 0);
    ASSERT_EQ(ops->multicast(backend, member, &two, 0, COIL_MULTICAST_JOIN), 0);
    ASSERT_EQ(ops->multicast(backend, elsewhere, &two, 0, COIL_MULTICAST_JOIN),
              0);
    ASSERT_EQ(send_to(backend, elsewhere, two), 1);
    ASSERT(gets(backend, member));
    ASSERT(!gets(backend, elsewhere));
    ASSERT_EQ(ops->multicast(backend, member, &two, 0, COIL_MULTICAST_LEAVE),
              0);
    ASSERT_EQ(send_to(backend, elsewhere, two), 1);
    ASSERT_EQ(connect_to(backend, elsewhere, one), 0);
    ASSERT(!gets(backend, member));
    ops->close_socket(backend, member);
    ops->close_socket(backend, elsewhere);
    ops->close(backend);
}

TEST(poll_simulator_datagrams_to_all_go_to_sockets_of_all_addresses)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    int of_all = open_at(backend, INADDR_ANY, 7);
    int sender = open_at(backend, INADDR_LOOPBACK, 8);
    int special;
    struct coil_address address = at(INADDR_BROADCAST, 7);

    ASSERT_EQ(send_to(backend, sender, address), -EACCES);
    ASSERT_EQ(ops->set_option(backend, sender, SOL_SOCKET, SO_BROADCAST, 1), 0);
    ASSERT_EQ(send_to(backend, sender, address), 1);
    ASSERT(gets(backend, of_all));
    ops->close_socket(backend, of_all);
    special = open_at(backend, INADDR_BROADCAST, 7);
    ASSERT_EQ(send_to(backend, sender, address), 1);
    ASSERT(!gets(backend, special));
    ops->close_socket(backend, special);
    ops->close_socket(backend, sender);
    ops->close(backend);
}

TEST(poll_simulator_datagrams_refuse_what_the_kernel_refuses)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address address = at(INADDR_LOOPBACK, 9);
    struct coil_address six = { .length = sizeof(struct sockaddr_in6) };
    int fd = open_at(backend, INADDR_LOOPBACK, 7);
    int fresh = ops->socket(backend, AF_INET, SOCK_DGRAM);

    six.storage.ss_family = AF_INET6;
    ASSERT_EQ(ops->bind_datagrams(backend, 5, &address), -EBADF);
    ASSERT_EQ(ops->bind_datagrams(backend, fd, &address), -EINVAL);
    ASSERT_EQ(ops->bind_datagrams(backend, fresh, &six), -EINVAL);
    ASSERT_EQ(connect_to(backend, fresh, six), -EAFNOSUPPORT);
    ops->close_socket(backend, fd);
    ops->close_socket(backend, fresh);
    ops->close(backend);
}

/* Of two that share an address, the one that is connected to the sender. */
TEST(poll_simulator_datagrams_go_to_the_connected_socket)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address shared = at(INADDR_LOOPBACK, 7);
    int sender = open_at(backend, INADDR_LOOPBACK, 8);
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = ops->socket(backend, AF_INET, SOCK_DGRAM);
        ASSERT_EQ(ops->set_option(backend, fds[i], SOL_SOCKET, SO_REUSEPORT, 1),
                  0);
        ASSERT_EQ(ops->bind_datagrams(backend, fds[i], &shared), 0);
    }
    ASSERT_EQ(connect_to(backend, fds[1], at(INADDR_LOOPBACK, 8)), 0);
    ASSERT_EQ(send_to(backend, sender, shared), 1);
    ASSERT(!gets(backend, fds[0]));
    ASSERT(gets(backend, fds[1]));
    ASSERT(!gets(backend, fds[2]));
    for (int i = 0; i < 3; i++)
        ops->close_socket(backend, fds[i]);
    ops->close_socket(backend, sender);
    ops->close(backend);
}

static bool drop_nothing(const struct coil_address *from,
                         const struct coil_address *to, void *arg)
{
    (void)from;
    (void)to;
    ++*(int *)arg;
    return false;
}

TEST(poll_simulator_datagrams_pass_by_whoever_drops_some)
{
    struct coil__backend *backend = open_simulator(0);
    int asked = 0;
    const struct sim_weather weather = { .drop = drop_nothing, .arg = &asked };
    int fd = open_at(backend, INADDR_LOOPBACK, 7);

    coil__simulator_set_weather(backend, &weather);
    ASSERT_EQ(send_to(backend, fd, at(INADDR_LOOPBACK, 7)), 1);
    ASSERT(gets(backend, fd));
    ASSERT_EQ(asked, 1);
    backend->ops->close_socket(backend, fd);
    backend->ops->close(backend);
}

/* The ports are chosen in turn, and not one that is in use. */
TEST(poll_simulator_datagrams_run_out_of_ports)
{
    enum { PORTS = 65535 - 49152 + 1 };
    static int fds[PORTS];
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address any = at(INADDR_LOOPBACK, 0);
    int last;

    for (int i = 0; i < PORTS; i++)
        fds[i] = open_at(backend, INADDR_LOOPBACK, 0);
    last = ops->socket(backend, AF_INET, SOCK_DGRAM);
    ASSERT_EQ(ops->bind_datagrams(backend, last, &any), -EADDRINUSE);
    ASSERT_EQ(connect_to(backend, last, at(INADDR_LOOPBACK, 7)), -EADDRINUSE);
    ASSERT_EQ(send_to(backend, last, at(INADDR_LOOPBACK, 7)), -EADDRINUSE);
    ops->close_socket(backend, fds[7]);
    ASSERT_EQ(ops->bind_datagrams(backend, last, &any), 0);
    fds[7] = last;
    for (int i = 0; i < PORTS; i++)
        ops->close_socket(backend, fds[i]);
    ops->close(backend);
}

/* A listener without a name is not found by an address without one. */
TEST(poll_simulator_datagrams_no_name_is_no_address)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address name = { .length = 4 };
    struct coil_address none = { .length = 2 };
    int fds[2];
    int client = ops->socket(backend, AF_UNIX, SOCK_STREAM);

    name.storage.ss_family = AF_UNIX;
    none.storage.ss_family = AF_UNIX;
    memcpy((char *)&name.storage + 2, "x", 2);
    for (int i = 0; i < 2; i++) {
        struct coil_unix_file file = { .replaces = true, .listens = true };

        fds[i] = ops->socket(backend, AF_UNIX, SOCK_STREAM);
        ASSERT_EQ(ops->bind_unix(backend, fds[i], &name, &file), 0);
    }
    ASSERT_EQ(connect_to(backend, client, none), -ECONNREFUSED);
    ASSERT_EQ(connect_to(backend, client, name), 0);
    ops->close_socket(backend, client);
    for (int i = 0; i < 2; i++)
        ops->close_socket(backend, fds[i]);
    ops->close(backend);
}
