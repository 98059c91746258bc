/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * The network of the simulator.
 */
#include "poll_simulator_test.h"

/* ---- the network ---- */

TEST(poll_simulator_who_was_ready_first_is_first_without_a_seed)
{
    struct coil__backend *backend = open_simulator(0);
    struct pair pair[3];
    struct probe read[3] = { 0 };
    char data[3];
    int i;

    for (i = 0; i < 3; i++) {
        pair[i] = open_pair(backend);
        ASSERT(!probe_read(backend, &read[i], pair[i].server, &data[i], 1));
    }
    for (i = 0; i < 3; i++)
        ASSERT_EQ(do_write(backend, pair[i].client, "x", 1), 1);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(probe_wait(backend, &read[i]), 1);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_LT(read[1].order, read[2].order);
    for (i = 0; i < 3; i++)
        close_pair(backend, pair[i]);
    backend->ops->close(backend);
}

TEST(poll_simulator_numbers_are_never_real_descriptors)
{
    struct coil__backend *backend = open_simulator(0);
    int a = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int b = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);

    ASSERT_EQ(a, 1000000);
    ASSERT_EQ(b, 1000001);
    backend->ops->close_socket(backend, a);
    ASSERT_EQ(backend->ops->socket(backend, AF_INET, SOCK_STREAM), a);
    backend->ops->close(backend);
}

/* Calls on a number that is none, and on a socket that is past that. */
TEST(poll_simulator_refuses_what_the_kernel_refuses)
{
    struct coil__backend *backend = open_simulator(0);
    const struct coil__backend_ops *ops = backend->ops;
    struct coil_address address = loopback();
    struct coil_address six = { .length = sizeof(struct sockaddr_in6) };
    int listener = open_listener(backend, &address);
    int fd = ops->socket(backend, AF_INET, SOCK_STREAM);
    char byte;

    six.storage.ss_family = AF_INET6;
    ASSERT_EQ(ops->set_option(backend, 5, SOL_SOCKET, SO_REUSEPORT, 1), -EBADF);
    ASSERT_EQ(ops->read_now(backend, 5, &byte, 1), -EBADF);
    ASSERT_EQ(ops->bind_local(backend, 5, &address), -EBADF);
    ASSERT_EQ(ops->bind_local(backend, listener, &address), -EINVAL);
    ASSERT_EQ(ops->bind_local(backend, fd, &six), -EINVAL);
    ASSERT_EQ(ops->bind_local(backend, fd, &address), -EADDRINUSE);
    ops->close_socket(backend, listener);
    ASSERT_EQ(ops->bind_local(backend, fd, &address), 0); /* it is free now */
    address = loopback();
    ASSERT_EQ(ops->bind_local(backend, fd, &address), 0);
    ops->close_socket(backend, fd);
    backend->ops->close(backend);
}

TEST(poll_simulator_has_no_foreign_descriptors)
{
    struct coil__backend *backend = open_simulator(0);
    struct probe ready = { .op = { .kind = COIL_OP_READY, .events = 1 } };

    ASSERT(probe_begin(backend, &ready));
    ASSERT_EQ(ready.op.result, -ENOTSUP);
    backend->ops->close(backend);
}

static unsigned port_of(const struct coil_address *address)
{
    return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

TEST(poll_simulator_ports_begin_at_49152)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address;
    int a = open_listener(backend, &address);
    int b;

    ASSERT_EQ(port_of(&address), 49152);
    b = open_listener(backend, &address);
    ASSERT_EQ(port_of(&address), 49153);
    backend->ops->close_socket(backend, a);
    backend->ops->close_socket(backend, b);
    backend->ops->close(backend);
}

TEST(poll_simulator_ports_go_round)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address;
    struct coil_address local;
    int listener = open_listener(backend, &address);
    int i;

    /*
     * The ports of clients go round, and leave out a port that is listened on.
     */
    for (i = 0; i < 17000; i++) {
        int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
        struct probe connect = { 0 };
        struct probe accept = { 0 };

        ASSERT(probe_connect(backend, &connect, client, &address));
        ASSERT_EQ(connect.op.result, 0);
        ASSERT_OK(backend->ops->local_address(backend, client, &local));
        ASSERT_GE(ntohs(((struct sockaddr_in *)&local.storage)->sin_port),
                  49152);
        ASSERT(probe_accept(backend, &accept, listener));
        close_pair(backend, (struct pair){ client, (int)accept.op.result });
    }
    backend->ops->close(backend);
}

static struct coil_address any_ipv6(unsigned port)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;

    in->sin6_family = AF_INET6;
    in->sin6_port = htons((uint16_t)port);
    return address;
}

TEST(poll_simulator_all_addresses_are_those_of_a_family)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address = any_ipv6(8080);
    struct coil_address ipv4 = loopback();
    struct sockaddr_in *in = (struct sockaddr_in *)&ipv4.storage;
    int listener = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);
    int listener4 = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int other = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe connect = { 0 };

    in->sin_port = htons(8080);
    ASSERT_EQ(backend->ops->bind(backend, other, &address), -EINVAL);
    ASSERT_OK(backend->ops->bind(backend, listener, &address));
    ASSERT(probe_connect(backend, &connect, other, &ipv4));
    ASSERT_EQ(connect.op.result, -ECONNREFUSED);
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT_OK(backend->ops->bind(backend, listener4, &ipv4));
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(backend->ops->bind(backend, other, &ipv4), -EADDRINUSE);
    ASSERT(probe_connect(backend, &connect, client, &ipv4));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT(probe_connect(backend, &connect, other, &address));
    ASSERT_EQ(connect.op.result, -EAFNOSUPPORT);

    /* Connecting to "all addresses" means this machine. */
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT(probe_connect(backend, &connect, other, &ipv4));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT_OK(backend->ops->peer_address(backend, other, &ipv4));
    ASSERT_EQ(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    backend->ops->close(backend);
}

TEST(poll_simulator_all_addresses_of_ipv6_lead_to_its_loopback_address)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address = any_ipv6(8080);
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;
    int listener = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);
    int client = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);
    struct probe connect = { 0 };

    ASSERT_OK(backend->ops->bind(backend, listener, &address));
    ASSERT(probe_connect(backend, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    ASSERT_OK(backend->ops->peer_address(backend, client, &address));
    ASSERT_EQ(ntohs(in->sin6_port), 8080);
    ASSERT_MEM_EQ(&in->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
    backend->ops->close_socket(backend, client);
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

static struct coil_address of_ipv6(int place)
{
    struct coil_address address = any_ipv6(8080);
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)&address.storage;

    in->sin6_addr.s6_addr[place] = 7;
    return address;
}

/* Two addresses may differ at any byte. */
TEST(poll_simulator_each_address_of_ipv6_is_another)
{
    static const int places[] = { 0, 5, 10, 15 };
    struct coil__backend *backend = open_simulator(0);
    struct coil_address any = any_ipv6(8080);
    int fds[4];
    int other = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);

    for (int i = 0; i < 4; i++) {
        struct coil_address address = of_ipv6(places[i]);

        fds[i] = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);
        ASSERT_OK(backend->ops->bind(backend, fds[i], &address));
        ASSERT_EQ(backend->ops->bind(backend, other, &address), -EADDRINUSE);
        ASSERT_EQ(backend->ops->bind(backend, other, &any), -EADDRINUSE);
    }
    for (int i = 0; i < 4; i++) {
        struct coil_address address = of_ipv6(places[i]);
        int client = backend->ops->socket(backend, AF_INET6, SOCK_STREAM);
        struct probe connect = { 0 };
        struct probe accept = { 0 };

        ASSERT(probe_connect(backend, &connect, client, &address));
        ASSERT_EQ(connect.op.result, 0);
        ASSERT(probe_accept(backend, &accept, fds[i]));
        backend->ops->close_socket(backend, (int)accept.op.result);
        backend->ops->close_socket(backend, client);
        backend->ops->close_socket(backend, fds[i]);
    }
    ASSERT_OK(backend->ops->bind(backend, other, &any));
    backend->ops->close(backend);
}

TEST(poll_simulator_a_short_address_is_none)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address = loopback();
    int fd = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe connect = { 0 };

    address.length--;
    ASSERT_EQ(backend->ops->bind(backend, fd, &address), -EINVAL);
    ASSERT(probe_connect(backend, &connect, fd, &address));
    ASSERT_EQ(connect.op.result, -EAFNOSUPPORT);
    address.length++;
    ASSERT_OK(backend->ops->bind(backend, fd, &address));
    backend->ops->close(backend);
}

/* The number is below all of the simulator's, above all of them, or closed. */
TEST(poll_simulator_a_number_of_nobody_is_refused)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address = loopback();
    int closed = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int fds[] = { 0, INT_MAX, closed };
    char data[1];

    backend->ops->close_socket(backend, closed);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(backend->ops->bind(backend, fds[i], &address), -EBADF);
        ASSERT_EQ(backend->ops->shutdown(backend, fds[i]), -EBADF);
        ASSERT_EQ(backend->ops->peer_address(backend, fds[i], &address),
                  -EBADF);
        ASSERT_EQ(backend->ops->local_address(backend, fds[i], &address),
                  -EBADF);
        ASSERT_EQ(do_read(backend, fds[i], data, 1), -EBADF);
        ASSERT(backend->ops->is_stale(backend, fds[i]));
        backend->ops->close_socket(backend, fds[i]);
    }
    ASSERT_EQ(backend->sockets, 0);
    ASSERT_EQ(backend->ops->socket(backend, AF_INET, SOCK_STREAM), closed);
    backend->ops->close(backend);
}

struct all_of_them {
    struct coil__backend *backend;
    int fds[4];
};

static void close_all(struct probe *probe)
{
    const struct all_of_them *all = probe->arg;

    for (int i = 0; i < 4; i++)
        all->backend->ops->close_socket(all->backend, all->fds[i]);
}

/*
 * Several operations can go on; the first closes the descriptors of the others
 * and its own.
 */
static bool peek(struct coil__backend *backend, struct probe *probe, int fd)
{
    *probe = (struct probe){ .op = { .kind = COIL_OP_PEEK, .fd = fd } };
    return probe_begin(backend, probe);
}

/* A read would not wait: there is an error, and later the end. */
TEST(poll_simulator_a_peek_is_over_when_a_read_would_be)
{
    struct coil__backend *backend = open_simulator(0);
    int lonely = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct pair pair = open_pair(backend);
    struct probe probe;
    char byte;

    ASSERT(peek(backend, &probe, lonely));
    ASSERT_EQ(probe.op.result, -ENOTCONN);
    ASSERT(!peek(backend, &probe, pair.client));
    send_all(backend, pair.client, "x", 1);
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(probe_wait(backend, &probe), 0);
    ASSERT_EQ(do_read(backend, pair.client, &byte, 1), -ECONNRESET);
    ASSERT(peek(backend, &probe, pair.client));
    ASSERT_EQ(probe.op.result, 0);
    ASSERT_EQ(do_read(backend, pair.client, &byte, 1), 0);
    backend->ops->close_socket(backend, pair.client);
    backend->ops->close_socket(backend, lonely);
    backend->ops->close(backend);
}

TEST(poll_simulator_over_may_close_all)
{
    struct coil__backend *backend = open_simulator(0);
    struct pair a = open_pair(backend);
    struct pair b = open_pair(backend);
    struct all_of_them all = { backend,
                               { a.server, b.server, a.client, b.client } };
    struct probe first = { .then = close_all, .arg = &all };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &first, a.client, data, 1));
    ASSERT(!probe_read(backend, &second, b.client, data + 1, 1));
    send_all(backend, a.server, "x", 1);
    send_all(backend, b.server, "y", 1);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    ASSERT(second.done);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(backend->sockets, 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    backend->ops->close(backend);
}

/*
 * A listener on "all addresses" is reached through the loopback address only.
 */
TEST(poll_simulator_all_addresses_lead_to_the_loopback_address_only)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address = loopback();
    struct sockaddr_in *in = (struct sockaddr_in *)&address.storage;
    int listener = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe connect = { 0 };

    in->sin_port = htons(8080);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ASSERT_OK(backend->ops->bind(backend, listener, &address));
    in->sin_addr.s_addr = htonl(INADDR_ANY);
    ASSERT(probe_connect(backend, &connect, client, &address));
    ASSERT_EQ(connect.op.result, -ECONNREFUSED);
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    ASSERT(probe_connect(backend, &connect, client, &address));
    ASSERT_EQ(connect.op.result, 0);
    backend->ops->close_socket(backend, client);
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

TEST(poll_simulator_whole_reads_and_writes_at_once_without_a_seed)
{
    struct coil__backend *backend = open_simulator(0);
    struct pair pair = open_pair(backend);
    static char data[100000];
    struct probe probe = { 0 };

    ASSERT(probe_write(backend, &probe, pair.client, data, sizeof(data)));
    ASSERT_EQ(probe.op.result, 65536);
    ASSERT(!probe_write(backend, &probe, pair.client, data, 1));
    ASSERT_EQ(do_read(backend, pair.server, data, sizeof(data)), 65536);
    ASSERT_EQ(probe_wait(backend, &probe), 1);
    ASSERT(probe_read(backend, &probe, pair.server, data, sizeof(data)));
    ASSERT_EQ(probe.op.result, 1);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

#define CLIENTS 200

/* More clients connect than the backlog holds: the others wait for room. */
static void a_full_backlog_holds_clients_back(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client[CLIENTS];
    struct probe connect[CLIENTS] = { 0 };
    struct probe accept = { 0 };
    int pending = 0;
    int i;

    for (i = 0; i < CLIENTS; i++) {
        client[i] = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
        probe_connect(backend, &connect[i], client[i], &address);
    }
    for (i = 0; i < CLIENTS; i++)
        poll_settle(backend);
    for (i = 0; i < CLIENTS; i++)
        pending += !connect[i].done;
    ASSERT_EQ(pending, CLIENTS - 128);
    for (i = 0; i < CLIENTS - 20; i++) {
        probe_accept(backend, &accept, listener);
        ASSERT_OK(probe_wait(backend, &accept));
        backend->ops->close_socket(backend, (int)accept.op.result);
        poll_settle(backend);
    }
    backend->ops->close_socket(backend, listener);
    for (i = 0; i < CLIENTS; i++) {
        ASSERT_EQ(probe_wait(backend, &connect[i]), 0);
        backend->ops->close_socket(backend, client[i]);
    }
}

TEST(poll_simulator_a_full_backlog_holds_clients_back)
{
    uint64_t seed;

    for (seed = 0; seed < 10; seed++) {
        struct coil__backend *backend = open_simulator(seed);

        a_full_backlog_holds_clients_back(backend);
        backend->ops->close(backend);
    }
}

TEST(poll_simulator_a_listener_that_closes_refuses_who_waits)
{
    struct coil__backend *backend = open_simulator(0);
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct probe connect[129] = { 0 };
    int i;

    for (i = 0; i < 129; i++) {
        int fd = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

        ASSERT_EQ(probe_connect(backend, &connect[i], fd, &address), i < 128);
    }
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(probe_wait(backend, &connect[128]), -ECONNREFUSED);
    backend->ops->close(backend);
}
