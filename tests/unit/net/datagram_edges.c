/* SPDX-License-Identifier: MIT */
/*
 * Messages and Unix sockets at the edges: of addresses, of options, of what a
 * socket can be asked for; and outside of a loop of coil's.
 */
#include <coil/unix.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include "net/address.h"
#include "datagram_test.h"
#include "simulated.h"
#include "unix_test.h"

/* ---- outside of a loop of coil's ------------------------------------------ */

static int everything(void *arg)
{
    struct coil_datagram_socket *s;
    struct coil_listener *l;
    struct coil_stream *stream;

    (void)arg;
    ASSERT_EQ(coil_udp_open(&s, AF_INET, NULL), -ENOTSUP);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_unix_connect(&stream, "x", NULL), -ENOTSUP);
    ASSERT_NULL(stream);
    ASSERT_EQ(coil_unix_listen(&l, "x", NULL), -ENOTSUP);
    ASSERT_NULL(l);
    return 7;
}

TEST(datagram_edges_need_a_loop_with_io)
{
    ASSERT_EQ(run_without_clock(everything, NULL), 7);
}

/* ---- UDP ------------------------------------------------------------------ */

SOCKET_TEST(datagram_edges_interface_is_chosen)
{
    static const char *const hosts[] = { "127.0.0.1", "::1" };

    for (size_t i = 0; i < 2; i++) {
        struct coil_datagram d = { .data = "x", .size = 1, .interface = 1 };
        struct coil_datagram_socket *s;

        if (coil_udp_bind(&s, hosts[i], 0, NULL) < 0)
            continue; /* there is no IPv6 */
        coil_datagram_local_address(s, &d.peer);
        ASSERT_EQ(coil_datagram_send_many(s, &d, 1), 1);
        expect_word(s, "x");
        coil_datagram_close(s);
    }
}

SOCKET_TEST(datagram_edges_multicast_of_ipv6)
{
    struct coil_address group = { .length = sizeof(struct sockaddr_in6) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    struct coil_datagram_socket *s;

    if (coil_udp_open(&s, AF_INET6, NULL) < 0)
        return; /* there is no IPv6 */
    in6.sin6_addr.s6_addr[0] = 0xff;
    in6.sin6_addr.s6_addr[1] = 0x02;
    in6.sin6_addr.s6_addr[15] = 0x77;
    memcpy(&group.storage, &in6, sizeof in6);
    ASSERT_EQ(coil_udp_set_multicast_loop(s, false), 0);
    ASSERT_EQ(coil_udp_set_multicast_hops(s, 3), 0);
    (void)!coil_udp_join(s, &group, 1);
    (void)!coil_udp_leave(s, &group, 1);
    coil_datagram_close(s);
}

SOCKET_TEST(datagram_edges_too_many_segments)
{
    struct coil_address address;
    struct coil_datagram_socket *s = bound_to("127.0.0.1", &address, NULL);
    char much[200];
    struct coil_datagram d = {
        .data = much, .size = sizeof much, .segment = 1, .peer = address
    };

    ASSERT_EQ(coil_datagram_send_many(s, &d, 1), -EINVAL);
    ASSERT_EQ(coil_datagram_send_to(s, "x", 1, &address), 1);
    expect_word(s, "x");
    coil_datagram_close(s);
}

SOCKET_TEST(datagram_edges_any_address_is_that_of_ipv4)
{
    struct coil_address address;
    struct coil_datagram_socket *s = bound_to(NULL, &address, NULL);

    const struct coil_udp_options six = { .family = AF_INET6 };

    ASSERT_EQ(address.storage.ss_family, AF_INET);
    coil_datagram_close(s);
    if (coil_udp_bind(&s, NULL, 0, &six) < 0)
        return; /* there is no IPv6 */
    coil_datagram_local_address(s, &address);
    ASSERT_EQ(address.storage.ss_family, AF_INET6);
    coil_datagram_close(s);
}

SOCKET_TEST(datagram_edges_first_error_of_a_name_is_told)
{
    struct coil_address address, six;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    uint16_t port = coil_address_port(&address);
    struct coil_datagram_socket *b = NULL;
    struct coil_datagram_socket *s;

    six = (struct coil_address){ .length = sizeof(struct sockaddr_in6) };
    memcpy(&six.storage,
           &(struct sockaddr_in6){ .sin6_family = AF_INET6,
                                   .sin6_port = htons(port),
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT },
           sizeof(struct sockaddr_in6));
    (void)!coil_udp_bind_address(&b, &six, NULL);
    ASSERT_LT(coil_udp_bind(&s, "localhost", port, NULL), 0);
    ASSERT_NULL(s);
    coil_datagram_close(a);
    coil_datagram_close(b);
    ASSERT_EQ(coil_udp_bind(&s, "localhost", port, NULL), 0);
    coil_datagram_close(s);
}

SOCKET_TEST(datagram_edges_one_of_those_who_share_gets_it)
{
    const struct coil_udp_options share = { .reuse_port = true };
    struct coil_address address;
    struct coil_datagram_socket *s[2];
    struct coil_datagram_socket *from;
    size_t count = 0;

    s[0] = bound_to("127.0.0.1", &address, &share);
    ASSERT_EQ(coil_udp_bind_address(&s[1], &address, &share), 0);
    ASSERT_EQ(coil_udp_connect_address(&from, &address, NULL), 0);
    ASSERT_EQ(coil_datagram_send(from, "x", 1), 1);
    for (int i = 0; i < 2; i++) {
        struct coil_timeout limit;
        char byte;
        ptrdiff_t n;

        ASSERT_EQ(coil_timeout_begin(&limit, 100 * COIL_MILLISECOND), 0);
        n = coil_datagram_receive(s[i], &byte, 1);
        count += n == 1;
        (void)!coil_timeout_end(&limit, n < 0 ? (int)n : 0);
        coil_datagram_close(s[i]);
    }
    ASSERT_EQ(count, 1);
    coil_datagram_close(from);
}

/* ---- Unix sockets --------------------------------------------------------- */

SOCKET_TEST(datagram_edges_name_is_taken_over_or_not)
{
    const struct coil_unix_options exclusive = { .exclusive = true,
                                                 .descriptors = SIZE_MAX };
    const char *name = unix_name("over");
    const char *longer = unix_name("over-and-over");
    struct coil_listener *first, *second, *others;
    struct coil_stream *a, *b;

    ASSERT_EQ(coil_unix_listen(&others, longer, NULL), 0);
    ASSERT_EQ(coil_unix_listen(&first, name, &exclusive), 0);
    ASSERT_EQ(coil_unix_listen(&second, name, &exclusive), -EADDRINUSE);
    ASSERT_NULL(second);
    ASSERT_EQ(coil_unix_seqpacket_listen(&second, name, &exclusive),
              -EADDRINUSE);
    ASSERT_NULL(second);
    ASSERT_EQ(coil_unix_listen(&second, name, &exclusive), -EADDRINUSE);
    ASSERT_EQ(coil_unix_listen(&second, name, NULL), 0);
    ASSERT_EQ(coil_unix_connect(&a, name, &exclusive), 0);
    ASSERT_EQ(coil_listener_accept(second, &b), 0);
    ASSERT_EQ(coil_unix_take_descriptor(a), -EAGAIN);
    coil_stream_abort(a);
    coil_stream_abort(b);
    coil_listener_close(first);
    coil_listener_close(second);
    coil_listener_close(others);
}

/* The names are equally long. */
SOCKET_TEST(datagram_edges_names_are_compared_whole)
{
    const char *one = unix_name("name-1");
    const char *two = unix_name("name-2");
    struct coil_datagram_socket *a, *b, *c;

    ASSERT_EQ(coil_unix_datagram_bind(&a, one, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, two, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&c, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(c, one), 0);
    ASSERT_EQ(coil_datagram_send(c, "1", 1), 1);
    ASSERT_EQ(coil_unix_datagram_connect(c, two), 0);
    ASSERT_EQ(coil_datagram_send(c, "2", 1), 1);
    expect_word(a, "1");
    expect_word(b, "2");
    ASSERT_EQ(coil_unix_datagram_connect(c, "@nobody-has-this-name"),
              -ECONNREFUSED);
    coil_datagram_close(a);
    coil_datagram_close(b);
    coil_datagram_close(c);
}

SOCKET_TEST(datagram_edges_what_was_not_read_is_a_reset)
{
    const char *name = unix_name("reset");
    struct coil_datagram_socket *a, *b;
    struct coil_listener *l;
    char byte;

    ASSERT_EQ(coil_unix_seqpacket_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_unix_seqpacket_connect(&a, name), 0);
    ASSERT_EQ(coil_unix_seqpacket_accept(l, &b), 0);
    ASSERT_EQ(coil_datagram_send(a, "x", 1), 1);
    coil_datagram_close(b);
    ASSERT_EQ(coil_datagram_receive(a, &byte, 1), -ECONNRESET);
    ASSERT_EQ(coil_datagram_receive(a, &byte, 1), 0);
    coil_datagram_close(a);
    coil_listener_close(l);
}

/* Who does not ask for descriptors gets none, and none stays open. */
SOCKET_TEST(datagram_edges_descriptors_nobody_asked_for)
{
    const char *name = unix_name("unasked");
    struct coil_datagram_socket *a, *b;
    int ends[2];
    char byte;
    struct coil_datagram d = {
        .data = "x", .size = 1, .fds = &ends[1], .fd_count = 1
    };

    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&a, name, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(b, name), 0);
    ASSERT_EQ(coil_datagram_send_many(b, &d, 1), 1);
    close(ends[1]);
    expect_word(a, "x");
    ASSERT_EQ(read(ends[0], &byte, 1), 0); /* nobody can write any more */
    close(ends[0]);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

static int accept_cancelled(void *arg)
{
    struct coil_stream *s;

    ASSERT(coil_task_cancel(coil_current_task()));
    return coil_listener_accept(arg, &s);
}

SOCKET_TEST(datagram_edges_cancellation_comes_first)
{
    struct coil_listener *l;

    ASSERT_EQ(coil_unix_seqpacket_listen(&l, unix_name("first"), NULL), 0);
    ASSERT_EQ(end_of(start(accept_cancelled, l)), -ECANCELED);
    coil_listener_close(l);
}

/* ---- waiting for room, on the simulator ----------------------------------- */

static bool is_over;

static int fail_connects(void *arg)
{
    size_t next = 2; /* the first call makes the socket */

    (void)arg;
    while (!is_over && coil_now() < COIL_SECOND) {
        int rc;

        ASSERT_EQ(coil_test_fail_call(next, -ENOBUFS), 0);
        next = 1;
        rc = coil_sleep(COIL_MILLISECOND / 2);
        if (rc < 0)
            return rc;
    }
    return coil_test_fail_call(0, 0);
}

static int connect_at_last(void *arg)
{
    struct coil_listener *l;
    struct coil_stream *s;
    struct coil_task *task;
    int rc;

    (void)arg;
    is_over = false;
    ASSERT_EQ(coil_unix_listen(&l, "/socket", NULL), 0);
    task = start(fail_connects, NULL);
    ASSERT_EQ(coil_yield(), 0);
    rc = coil_unix_connect(&s, "/socket", NULL);
    is_over = true;
    ASSERT_EQ(rc, 0);
    ASSERT_GE(coil_now(), COIL_SECOND / 2);
    ASSERT_LE(coil_now(), 2 * COIL_SECOND);
    ASSERT_EQ(end_of(task), 0);
    coil_stream_abort(s);
    coil_listener_close(l);
    return 0;
}

TEST(datagram_edges_full_queue_is_asked_less_and_less_often)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(connect_at_last, NULL, 0), 0);
}

/* ---- a stream that is closed while its sender lets others run ------------- */

static bool has_begun;

static int send_for_ever(void *arg)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int rc;

    has_begun = true;
    do
        rc = coil_unix_send_descriptors(arg, &fd, 1, "x", 1);
    while (rc == 0);
    close(fd);
    return rc;
}

SOCKET_TEST(datagram_edges_sender_of_descriptors_hears_of_the_close)
{
    const char *name = unix_name("closed");

    for (int i = 0; i < 20; i++) {
        struct coil_listener *l;
        struct coil_stream *a, *b;
        struct coil_task *task;

        ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
        ASSERT_EQ(coil_unix_connect(&a, name, NULL), 0);
        ASSERT_EQ(coil_listener_accept(l, &b), 0);
        has_begun = false;
        task = start(send_for_ever, a);
        for (int n = 0; n <= i || !has_begun; n++)
            ASSERT_EQ(coil_yield(), 0);
        coil_stream_abort(a);
        ASSERT_EQ(end_of(task), -EBADF);
        coil_stream_abort(b);
        coil_listener_close(l);
    }
}

SOCKET_TEST(datagram_edges_descriptors_to_one_who_is_gone)
{
    const char *name = unix_name("gone");
    struct coil_listener *l;
    struct coil_stream *a, *b;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int rc = 0;

    ASSERT_EQ(coil_unix_listen(&l, name, NULL), 0);
    ASSERT_EQ(coil_unix_connect(&a, name, NULL), 0);
    ASSERT_EQ(coil_listener_accept(l, &b), 0);
    coil_stream_abort(b);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_unix_send_descriptors(a, &fd, 1, "x", 1);
    ASSERT_EQ(rc, -EPIPE);
    close(fd);
    coil_stream_abort(a);
    coil_listener_close(l);
}

/* ---- many that wait for room ---------------------------------------------- */

static int send_pairs(void *arg)
{
    static char much[50000];
    struct coil_datagram d[2] = { { .data = much, .size = sizeof much },
                                  { .data = much, .size = sizeof much } };
    ptrdiff_t sent = 0;

    while (sent < 100) {
        ptrdiff_t n = coil_datagram_send_many(arg, d, sent < 99 ? 2 : 1);

        if (n < 0)
            return (int)n;
        sent += n;
    }
    return 0;
}

SOCKET_TEST(datagram_edges_many_wait_for_room)
{
    static char much[50000];
    const char *name = unix_name("many");
    struct coil_datagram_socket *a, *b;
    struct coil_task *sender;

    ASSERT_EQ(coil_unix_datagram_bind(&a, name, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_bind(&b, NULL, NULL), 0);
    ASSERT_EQ(coil_unix_datagram_connect(b, name), 0);
    sender = start(send_pairs, b);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_datagram_receive(a, much, sizeof much), sizeof much);
    ASSERT_EQ(end_of(sender), 0);
    coil_datagram_close(a);
    coil_datagram_close(b);
}
