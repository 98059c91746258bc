/* SPDX-License-Identifier: MIT */
/*
 * Sockets of UDP: where they are bound, what is asked of them, groups, and a
 * network that loses, doubles and reorders.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <unistd.h>

#include "net/address.h"
#include "datagram_test.h"

static bool has_ipv6(void)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&in6, sizeof in6) == 0;

    if (fd >= 0)
        close(fd);
    return simulated || has;
}

SOCKET_TEST(udp_takes_an_address_once)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b;

    ASSERT_EQ(coil_udp_bind(&b, "127.0.0.1", coil_address_port(&address), NULL),
              -EADDRINUSE);
    ASSERT_NULL(b);
    coil_datagram_close(a);
    ASSERT_EQ(coil_udp_bind(&b, "127.0.0.1", coil_address_port(&address), NULL),
              0);
    coil_datagram_close(b);
}

SOCKET_TEST(udp_shares_an_address_if_all_agree)
{
    const struct coil_udp_options share = { .reuse_port = true };
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, &share);
    struct coil_datagram_socket *b;

    ASSERT_EQ(coil_udp_bind_address(&b, &address, &share), 0);
    coil_datagram_close(b);
    ASSERT_EQ(coil_udp_bind_address(&b, &address, NULL), -EADDRINUSE);
    ASSERT_NULL(b);
    coil_datagram_close(a);
}

SOCKET_TEST(udp_connects_by_name_and_from_an_address)
{
    struct coil_address address, local, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *free_one = bound_to("127.0.0.1", &local, NULL);
    struct coil_udp_options options = { .local = &local };
    struct coil_datagram_socket *b;

    coil_datagram_close(free_one);
    ASSERT_EQ(coil_udp_connect(&b, "127.0.0.1", coil_address_port(&address),
                               &options),
              0);
    coil_datagram_local_address(b, &own);
    ASSERT_EQ(coil_address_port(&own), coil_address_port(&local));
    ASSERT_EQ(coil_datagram_send(b, "hello", 5), 5);
    expect_word(a, "hello");
    coil_datagram_close(b);
    local.storage.ss_family = AF_INET6;
    ASSERT_EQ(coil_udp_connect_address(&b, &address, &options), -EADDRNOTAVAIL);
    ASSERT_NULL(b);
    coil_datagram_close(a);
}

SOCKET_TEST(udp_refuses_what_cannot_be)
{
    const struct coil_udp_options negative = { .receive_buffer = -1 };
    const struct coil_udp_options other = { .send_buffer = -1 };
    struct coil_address address = { .length = sizeof(struct sockaddr_in) };
    struct coil_datagram_socket *s;

    ASSERT_EQ(coil_udp_bind(&s, "127.0.0.1", 0, &negative), -EINVAL);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_udp_open(&s, AF_INET, &other), -EINVAL);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_udp_open(&s, AF_UNIX, NULL), -EAFNOSUPPORT);
    ASSERT_NULL(s);
    ASSERT_EQ(coil_udp_open(&s, AF_INET, NULL), 0);
    ASSERT_EQ(coil_udp_set_multicast_hops(s, 256), -EINVAL);
    ASSERT_EQ(coil_udp_set_multicast_hops(s, -1), -EINVAL);
    address.storage.ss_family = AF_INET;
    ASSERT_EQ(coil_udp_join(s, &address, 0), -EINVAL);
    ASSERT_EQ(coil_udp_leave(s, &address, 0), -EADDRNOTAVAIL);
    coil_datagram_close(s);
}

SOCKET_TEST(udp_open_socket_gets_a_port_when_it_sends)
{
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_udp_options sizes = { .receive_buffer = 65536,
                                      .send_buffer = 65536 };
    struct coil_datagram_socket *b;

    ASSERT_EQ(coil_udp_open(&b, AF_INET, &sizes), 0);
    ASSERT_EQ(coil_datagram_send_to(b, "x", 1, &address), 1);
    coil_datagram_local_address(b, &own);
    ASSERT_NE(coil_address_port(&own), 0);
    expect_word(a, "x");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

/* ---- which address it came to --------------------------------------------- */

static void tell_target(const char *any, const char *loopback)
{
    const struct coil_udp_options tell = { .packet_info = true };
    struct coil_address address, from;
    struct coil_datagram_socket *a = bound_to(any, &address, &tell);
    struct coil_datagram_socket *b;
    char words[COIL_ADDRESS_STRING], text[8];
    struct coil_datagram d = { .data = text, .size = sizeof text };

    ASSERT_EQ(coil_udp_connect(&b, loopback, coil_address_port(&address), NULL),
              0);
    ASSERT_EQ(coil_datagram_send(b, "q", 1), 1);
    ASSERT_EQ(coil_datagram_receive_many(a, &d, 1), 1);
    ASSERT_STR_CONTAINS(coil_address_string(&d.local, words), loopback);
    ASSERT_NE(d.interface, 0);
    /* The answer comes from there: the connected socket takes it. */
    d.size = d.length;
    ASSERT_EQ(coil_datagram_send_many(a, &d, 1), 1);
    ASSERT_EQ(coil_datagram_receive_from(b, text, sizeof text, &from), 1);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(udp_packet_info_says_where_a_datagram_came_to)
{
    tell_target("0.0.0.0", "127.0.0.1");
}

SOCKET_TEST(udp_packet_info_of_ipv6)
{
    if (has_ipv6())
        tell_target("::", "::1");
}

SOCKET_TEST(udp_source_is_chosen)
{
    struct coil_address address, other, from;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = bound_to("0.0.0.0", &other, NULL);
    char text[8], words[COIL_ADDRESS_STRING];
    struct coil_datagram d = { .data = "x", .size = 1, .peer = address };

    if (simulated) {
        coil_datagram_close(a);
        coil_datagram_close(b);
        return;
    }
    d.local = address;
    ((struct sockaddr_in *)&d.local.storage)->sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + 1);
    ASSERT_EQ(coil_datagram_send_many(b, &d, 1), 1);
    ASSERT_EQ(coil_datagram_receive_from(a, text, sizeof text, &from), 1);
    ASSERT_STR_CONTAINS(coil_address_string(&from, words), "127.0.0.2:");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

/* ---- segments ------------------------------------------------------------- */

SOCKET_TEST(udp_segments_are_cut_and_put_together)
{
    const struct coil_udp_options coalesce = { .coalesce = true };
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, &coalesce);
    struct coil_datagram_socket *b =
        bound_to("127.0.0.1", &(struct coil_address){ 0 }, NULL);
    char sent[2500], got[sizeof sent];
    struct coil_datagram d = {
        .data = sent, .size = sizeof sent, .segment = 1000, .peer = address
    };
    size_t count = 0;

    fill_bytes((unsigned char *)sent, 0, sizeof sent);
    ASSERT_EQ(coil_datagram_send_many(b, &d, 1), 1);
    while (count < sizeof sent) {
        struct coil_datagram r = { .data = got + count,
                                   .size = sizeof got - count };

        ASSERT_EQ(coil_datagram_receive_many(a, &r, 1), 1);
        ASSERT_LE(r.length, r.size);
        if (r.length > 1000)
            ASSERT_EQ(r.segment, 1000);
        count += r.length;
    }
    ASSERT_MEM_EQ(got, sent, sizeof sent);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

/* ---- groups --------------------------------------------------------------- */

static struct coil_address group_of(const char *text, uint16_t port)
{
    struct coil_address address = { .length = sizeof(struct sockaddr_in) };
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

    ASSERT_EQ(inet_pton(AF_INET, text, &in.sin_addr), 1);
    memcpy(&address.storage, &in, sizeof in);
    return address;
}

SOCKET_TEST(udp_group_is_joined_and_left)
{
    const struct coil_udp_options share = { .reuse_address = true };
    struct coil_address any, group;
    struct coil_datagram_socket *a = bound_to("0.0.0.0", &any, &share);
    struct coil_datagram_socket *b;

    group = group_of("239.255.77.77", coil_address_port(&any));
    ASSERT_EQ(coil_udp_bind_address(&b, &any, &share), 0);
    ASSERT_EQ(coil_udp_join(a, &group, 1), 0);
    ASSERT_EQ(coil_udp_join(a, &group, 1), -EADDRINUSE);
    ASSERT_EQ(coil_udp_join(b, &group, 1), 0);
    ASSERT_EQ(coil_udp_set_multicast_loop(a, true), 0);
    ASSERT_EQ(coil_udp_set_multicast_hops(a, 0), 0);
    if (simulated) {
        ASSERT_EQ(coil_datagram_send_to(a, "all", 3, &group), 3);
        expect_word(a, "all");
        expect_word(b, "all");
    }
    ASSERT_EQ(coil_udp_leave(b, &group, 1), 0);
    ASSERT_EQ(coil_udp_leave(b, &group, 1), -EADDRNOTAVAIL);
    if (simulated) {
        ASSERT_EQ(coil_datagram_send_to(b, "one", 3, &group), 3);
        expect_word(a, "one");
    }
    coil_datagram_close(a);
    coil_datagram_close(b);
}

static int receive_one(void *socket)
{
    char byte;

    return (int)coil_datagram_receive(socket, &byte, 1);
}

/*
 * Datagrams to a group go out by the interface of the address that their sender
 * is bound to.
 */
KERNEL_TEST(udp_group_on_the_loopback_gets_what_is_sent)
{
    const struct coil_udp_options share = { .reuse_address = true };
    unsigned lo = if_nametoindex("lo");
    struct coil_address any, own, group;
    struct coil_datagram_socket *a = bound_to("0.0.0.0", &any, &share);
    struct coil_datagram_socket *sender = bound_to("127.0.0.1", &own, NULL);
    struct coil_datagram_socket *b;
    struct coil_task *waiter;

    group = group_of("239.255.77.78", coil_address_port(&any));
    ASSERT_EQ(coil_udp_bind_address(&b, &any, &share), 0);
    if (lo == 0 || coil_udp_join(a, &group, lo) < 0 ||
        coil_datagram_send_to(sender, "all", 3, &group) < 0)
        SKIP("no multicast on the loopback interface here");
    expect_word(a, "all");
    ASSERT_EQ(coil_udp_join(b, &group, lo), 0);
    ASSERT_EQ(coil_datagram_send_to(sender, "two", 3, &group), 3);
    expect_word(a, "two");
    expect_word(b, "two");

    ASSERT_EQ(coil_udp_leave(a, &group, lo), 0);
    ASSERT_EQ(coil_datagram_send_to(sender, "one", 3, &group), 3);
    expect_word(b, "one");
    waiter = start(receive_one, a);
    settle();
    ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
    coil_datagram_close(a);
    coil_datagram_close(b);
    coil_datagram_close(sender);
}

SOCKET_TEST(udp_broadcast_needs_leave)
{
    const struct coil_udp_options allow = { .broadcast = true };
    struct coil_address any, own, all;
    struct coil_datagram_socket *a = bound_to("0.0.0.0", &any, NULL);
    struct coil_datagram_socket *b = bound_to("0.0.0.0", &own, &allow);

    all = group_of("255.255.255.255", coil_address_port(&any));
    ASSERT_EQ(coil_datagram_send_to(a, "x", 1, &all), -EACCES);
    if (simulated) {
        ASSERT_EQ(coil_datagram_send_to(b, "x", 1, &all), 1);
        expect_word(a, "x");
    }
    coil_datagram_close(a);
    coil_datagram_close(b);
}

/* ---- the weather of the simulator ----------------------------------------- */

static bool drop_all(const struct coil_address *from,
                     const struct coil_address *to, void *arg)
{
    ASSERT_NE(coil_address_port(from), 0);
    ASSERT_EQ(coil_address_port(to), *(const uint16_t *)arg);
    return true;
}

SOCKET_TEST(udp_partition_is_what_the_test_says)
{
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = bound_to("127.0.0.1", &own, NULL);
    uint16_t port = coil_address_port(&address);
    struct coil_test_datagrams cut = { .drop = drop_all, .arg = &port };

    ASSERT_EQ(coil_test_set_datagrams(&cut), simulated ? 0 : -ENOTSUP);
    if (simulated)
        ASSERT_EQ(coil_datagram_send_to(b, "lost", 4, &address), 4);
    ASSERT_EQ(coil_test_set_datagrams(&(struct coil_test_datagrams){ 0 }),
              simulated ? 0 : -ENOTSUP);
    ASSERT_EQ(coil_datagram_send_to(b, "found", 5, &address), 5);
    expect_word(a, "found");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

enum { SENT = 200 };

static unsigned lost, doubled, overtaken;

static void receive_all(struct coil_datagram_socket *s)
{
    unsigned seen[SENT] = { 0 };
    unsigned last = 0;
    struct coil_timeout timeout;
    ptrdiff_t n = 0;

    while (n >= 0) {
        unsigned number;

        ASSERT_EQ(coil_timeout_begin(&timeout, COIL_SECOND), 0);
        n = coil_datagram_receive(s, &number, sizeof number);
        n = coil_timeout_end(&timeout, n < 0 ? (int)n : 0);
        if (n < 0)
            break;
        overtaken += number < last;
        last = number;
        doubled += seen[number]++ > 0;
    }
    ASSERT_EQ(n, -ETIMEDOUT);
    for (size_t i = 0; i < SENT; i++)
        lost += seen[i] == 0;
}

static int send_in_bad_weather(void *arg)
{
    const struct coil_test_datagrams bad = { .lose = 10,
                                             .duplicate = 10,
                                             .reorder = 10 };
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = bound_to("127.0.0.1", &own, NULL);

    (void)arg;
    lost = doubled = overtaken = 0;
    ASSERT_EQ(coil_test_set_datagrams(&bad), 0);
    for (unsigned i = 0; i < SENT; i++)
        ASSERT_EQ(coil_datagram_send_to(b, &i, sizeof i, &address), sizeof i);
    receive_all(a);
    coil_datagram_close(a);
    coil_datagram_close(b);
    return 0;
}

TEST(udp_weather_is_a_matter_of_the_seed)
{
    unsigned first[3];

    simulated = true;
    ASSERT_EQ(coil_test_run(send_in_bad_weather, NULL, 7), 0);
    first[0] = lost, first[1] = doubled, first[2] = overtaken;
    ASSERT_GT(lost, 0);
    ASSERT_GT(doubled, 0);
    ASSERT_GT(overtaken, 0);
    ASSERT_EQ(coil_test_run(send_in_bad_weather, NULL, 7), 0);
    ASSERT_EQ(lost, first[0]);
    ASSERT_EQ(doubled, first[1]);
    ASSERT_EQ(overtaken, first[2]);
    ASSERT_EQ(coil_test_run(send_in_bad_weather, NULL, 0), 0);
    ASSERT_EQ(lost + doubled + overtaken, 0);
}

/* As on Linux, what does not fit is lost, and nobody is told. */
static int overflow(void *arg)
{
    static char much[60000];
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = bound_to("127.0.0.1", &own, NULL);

    (void)arg;
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(coil_datagram_send_to(b, much, sizeof much, &address),
                  (ptrdiff_t)sizeof much);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_datagram_receive(a, much, sizeof much),
                  (ptrdiff_t)sizeof much);
    ASSERT_EQ(coil_datagram_send_to(b, "next", 4, &address), 4);
    expect_word(a, "next");
    coil_datagram_close(a);
    coil_datagram_close(b);
    return 0;
}

TEST(udp_simulated_socket_is_full_at_some_time)
{
    ASSERT_EQ(coil_test_run(overflow, NULL, 0), 0);
}
