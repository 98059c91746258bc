/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a connection is asked of the kernel, on both sides; where a
 * connection comes from; and which listeners share a port.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <coil/connect.h>
#include <coil/listener.h>

#include "net/address.h"
#include "stream_test.h"

/* ---- of the kernel -------------------------------------------------------- */

/* The descriptor of a connected socket with this local address. */
static int descriptor_of(const struct coil_stream *s)
{
    struct coil_address wanted;

    coil_stream_local_address(s, &wanted);
    for (int fd = 0; fd < 1024; fd++) {
        struct coil_address local = { .length = sizeof local.storage };
        struct coil_address peer = { .length = sizeof peer.storage };

        if (getsockname(fd, (struct sockaddr *)&local.storage, &local.length) ==
                0 &&
            getpeername(fd, (struct sockaddr *)&peer.storage, &peer.length) ==
                0 &&
            local.length == wanted.length &&
            memcmp(&local.storage, &wanted.storage, wanted.length) == 0)
            return fd;
    }
    FAIL("no such socket");
    return -1;
}

static int option(const struct coil_stream *s, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;

    ASSERT_EQ(getsockopt(descriptor_of(s), level, name, &value, &length), 0);
    return value;
}

static struct pair connected_with(const struct coil_tcp_options *of_a,
                                  const struct coil_tcp_options *of_b)
{
    const struct coil_tcp_connect_options connecting = { .tcp = *of_a };
    const struct coil_tcp_listen_options listening = { .tcp = *of_b };
    struct coil_listener *listener;
    struct coil_address address;
    struct pair p;

    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &listening), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "127.0.0.1",
                                    coil_address_port(&address), &connecting),
              0);
    ASSERT_EQ(coil_listener_accept(listener, &p.b), 0);
    coil_listener_close(listener);
    return p;
}

KERNEL_TEST(tcp_options_are_those_of_the_socket)
{
    const struct coil_tcp_options some = {
        .keep_alive = 90 * COIL_SECOND + 1,
        .keep_alive_interval = 5 * COIL_SECOND,
        .keep_alive_probes = 4,
        .user_timeout = 1500 * COIL_MILLISECOND,
        .delays = true,
    };
    const struct coil_tcp_options none = { .keep_alive = 0 };

    for (int i = 0; i < 2; i++) {
        struct pair p = i == 0 ? connected_with(&some, &none)
                               : connected_with(&none, &some);
        struct coil_stream *with = i == 0 ? p.a : p.b;
        struct coil_stream *without = i == 0 ? p.b : p.a;

        ASSERT_EQ(option(with, SOL_SOCKET, SO_KEEPALIVE), 1);
        ASSERT_EQ(option(with, IPPROTO_TCP, TCP_KEEPIDLE), 91);
        ASSERT_EQ(option(with, IPPROTO_TCP, TCP_KEEPINTVL), 5);
        ASSERT_EQ(option(with, IPPROTO_TCP, TCP_KEEPCNT), 4);
        ASSERT_EQ(option(with, IPPROTO_TCP, TCP_USER_TIMEOUT), 1500);
        ASSERT_EQ(option(with, IPPROTO_TCP, TCP_NODELAY), 0);
        ASSERT_EQ(option(without, SOL_SOCKET, SO_KEEPALIVE), 0);
        ASSERT_EQ(option(without, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
        ASSERT_NE(option(without, IPPROTO_TCP, TCP_NODELAY), 0);
        hang_up(&p);
    }
}

SOCKET_TEST(tcp_options_out_of_range_are_refused)
{
    static const struct coil_tcp_options bad[] = {
        { .keep_alive = -1 },
        { .keep_alive = 32768 * COIL_SECOND },
        { .keep_alive_interval = 32767 * COIL_SECOND + 1 },
        { .keep_alive_probes = 128 },
        { .user_timeout = -1 },
        { .user_timeout = COIL_NEVER },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct coil_tcp_connect_options connecting = { .tcp = bad[i] };
        const struct coil_tcp_listen_options listening = { .tcp = bad[i] };
        struct coil_listener *listener;
        struct coil_stream *s;

        ASSERT_EQ(coil_tcp_connect_with(&s, "127.0.0.1", 80, &connecting),
                  -EINVAL);
        ASSERT_NULL(s);
        ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &listening),
                  -EINVAL);
        ASSERT_NULL(listener);
    }
}

/* ---- where from ----------------------------------------------------------- */

static struct coil_address resolved(const char *host, uint16_t port)
{
    struct coil_address *addresses;
    struct coil_address first;
    size_t count;

    ASSERT_EQ(coil_resolve(host, port, &addresses, &count), 0);
    first = addresses[0];
    coil_addresses_free(addresses);
    return first;
}

SOCKET_TEST(tcp_options_name_the_local_address)
{
    struct coil_address local = resolved("127.0.0.7", 0);
    struct coil_tcp_connect_options options = { .local = &local };
    struct coil_listener *listener;
    struct coil_address address;
    char text[COIL_ADDRESS_STRING];
    uint16_t port;
    struct pair p;

    listener = listening(&address);
    port = coil_address_port(&address);
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "127.0.0.1", port, &options), 0);
    ASSERT_EQ(coil_listener_accept(listener, &p.b), 0);
    coil_stream_peer_address(p.b, &address);
    ASSERT_STR_CONTAINS(coil_address_string(&address, text), "127.0.0.7:");
    ASSERT_NE(coil_address_port(&address), 0);
    hang_up(&p);

    local = resolved("::1", 0);
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "127.0.0.1", port, &options),
              -EADDRNOTAVAIL);
    ASSERT_NULL(p.a);
    local = resolved("127.0.0.1", port); /* somebody listens there */
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "127.0.0.2", port, &options),
              -EADDRINUSE);
    ASSERT_NULL(p.a);
    coil_listener_close(listener);
}

SOCKET_TEST(tcp_options_name_the_family)
{
    struct coil_tcp_connect_options connecting = { .family = AF_INET };
    struct coil_tcp_listen_options listening = { .family = AF_INET };
    struct coil_address addresses[3];
    struct coil_listener *listener;
    char text[COIL_ADDRESS_STRING];
    struct pair p;

    ASSERT_EQ(coil_tcp_listen_with(&listener, NULL, 0, &listening), 0);
    ASSERT_EQ(coil_listener_addresses(listener, addresses, 3), 1);
    ASSERT_STR_CONTAINS(coil_address_string(&addresses[0], text), "0.0.0.0:");
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "localhost",
                                    coil_address_port(&addresses[0]),
                                    &connecting),
              0);
    ASSERT_EQ(coil_listener_accept(listener, &p.b), 0);
    coil_stream_peer_address(p.a, &addresses[0]);
    ASSERT_STR_CONTAINS(coil_address_string(&addresses[0], text), "127.0.0.1:");
    hang_up(&p);
    coil_listener_close(listener);
    connecting.family = AF_UNIX;
    ASSERT_EQ(coil_tcp_connect_with(&p.a, "localhost", 80, &connecting),
              -EINVAL);
}

/* ---- a port for several --------------------------------------------------- */

struct served {
    struct coil_listener *listener;
    int count;
};

static int serve(void *arg)
{
    struct served *served = arg;
    struct coil_stream *s;
    int rc;

    while ((rc = coil_listener_accept(served->listener, &s)) == 0) {
        served->count++;
        coil_stream_abort(s);
    }
    return rc;
}

SOCKET_TEST(tcp_options_share_a_port_among_listeners)
{
    const struct coil_tcp_listen_options shared = { .reuse_port = true };
    struct served served[3] = { { NULL, 0 } };
    struct coil_task *tasks[3];
    struct coil_listener *other;
    struct coil_address address;
    struct coil_stream *s;
    uint16_t port = 0;

    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_tcp_listen_with(&served[i].listener, "127.0.0.1", port,
                                       &shared),
                  0);
        coil_listener_address(served[i].listener, &address);
        port = coil_address_port(&address);
        tasks[i] = start(serve, &served[i]);
    }
    ASSERT_EQ(coil_tcp_listen(&other, "127.0.0.1", port), -EADDRINUSE);
    for (int i = 0; i < 60; i++) {
        ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", port), 0);
        coil_stream_abort(s);
    }
    settle();
    ASSERT_EQ(served[0].count + served[1].count + served[2].count, 60);
    ASSERT_LT(served[0].count, 60);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(end_by_cancelling(tasks[i]), -ECANCELED);
        coil_listener_close(served[i].listener);
    }
}
