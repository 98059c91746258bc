/* SPDX-License-Identifier: MIT */
/*
 * Messages: each is whole, an error is told once and is not the end, and a
 * socket that is closed ends the calls on it.
 */
#include <netinet/in.h>

#include "datagram_test.h"

static struct coil_datagram_socket *connected_to(const struct coil_address *to)
{
    struct coil_datagram_socket *s;

    ASSERT_EQ(coil_udp_connect_address(&s, to, NULL), 0);
    return s;
}

static void send_word(struct coil_datagram_socket *s, const char *word)
{
    ASSERT_EQ(coil_datagram_send(s, word, strlen(word)),
              (ptrdiff_t)strlen(word));
}

static void check_same(const struct coil_address *a,
                       const struct coil_address *b)
{
    char x[COIL_ADDRESS_STRING], y[COIL_ADDRESS_STRING];

    ASSERT_STR_EQ(coil_address_string(a, x), coil_address_string(b, y));
}

SOCKET_TEST(datagram_goes_there_and_back)
{
    struct coil_address there, here, from;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &there, NULL);
    struct coil_datagram_socket *b = bound_to("127.0.0.1", &here, NULL);
    char text[16];

    ASSERT_EQ(coil_datagram_send_to(b, "ping", 4, &there), 4);
    ASSERT_EQ(coil_datagram_receive_from(a, text, sizeof text, &from), 4);
    check_same(&from, &here);
    ASSERT_EQ(coil_datagram_send_to(a, text, 4, &from), 4);
    ASSERT_EQ(coil_datagram_receive_from(b, text, sizeof text, &from), 4);
    ASSERT_MEM_EQ(text, "ping", 4);
    check_same(&from, &there);
    coil_datagram_close(a);
    coil_datagram_close(b);
    coil_datagram_close(NULL);
}

SOCKET_TEST(datagram_may_be_empty)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);

    ASSERT_EQ(coil_datagram_send(b, NULL, 0), 0);
    send_word(b, "next");
    expect_word(a, "");
    expect_word(a, "next");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_of_a_stranger_does_not_come_to_a_connected_socket)
{
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    struct coil_datagram_socket *stranger = bound_to("127.0.0.1", &own, NULL);
    struct coil_address peer;

    coil_datagram_local_address(b, &own);
    ASSERT_EQ(coil_datagram_send_to(stranger, "no", 2, &own), 2);
    ASSERT_EQ(coil_datagram_send_to(a, "yes", 3, &own), 3);
    expect_word(b, "yes");
    coil_datagram_peer_address(b, &peer);
    check_same(&peer, &address);
    coil_datagram_peer_address(a, &peer);
    ASSERT_EQ(peer.length, 0);
    coil_datagram_close(a);
    coil_datagram_close(b);
    coil_datagram_close(stranger);
}

SOCKET_TEST(datagram_that_is_cut_is_told)
{
    struct coil_address address, from, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    char text[4] = "____";

    send_word(b, "longer");
    ASSERT_EQ(coil_datagram_receive_from(a, text, 3, &from), -EMSGSIZE);
    ASSERT_MEM_EQ(text, "lon_", 4);
    coil_datagram_local_address(b, &own);
    check_same(&from, &own);
    send_word(b, "fit");
    expect_word(a, "fit");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_that_is_too_long_is_refused)
{
    static char much[70000];
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);

    ASSERT_EQ(coil_datagram_send(b, much, sizeof much), -EMSGSIZE);
    send_word(b, "after");
    expect_word(a, "after");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_without_an_address_is_refused)
{
    struct coil_address address;
    struct coil_address other = { .length = sizeof(struct sockaddr_in6) };
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);

    other.storage.ss_family = AF_INET6;
    ASSERT_EQ(coil_datagram_send(a, "x", 1), -EDESTADDRREQ);
    ASSERT_EQ(coil_datagram_send_to(a, "x", 1, &other), -EAFNOSUPPORT);
    ASSERT_EQ(coil_datagram_send_to(a, "x", 1, &address), 1);
    expect_word(a, "x");
    coil_datagram_close(a);
}

/* asyncio: error_received(). */
SOCKET_TEST(datagram_error_is_told_once_and_the_socket_is_used_on)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    struct coil_udp_options same = { .reuse_address = true };
    char text[8];

    coil_datagram_close(a);
    for (int i = 0; i < 2; i++) {
        send_word(b, "lost");
        ASSERT_EQ(coil_datagram_receive(b, text, sizeof text), -ECONNREFUSED);
    }
    send_word(b, "lost");
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_datagram_send(b, "x", 1), -ECONNREFUSED);

    ASSERT_EQ(coil_udp_bind_address(&a, &address, &same), 0);
    send_word(b, "found");
    expect_word(a, "found");
    coil_datagram_close(a);
    coil_datagram_close(b);
}

/* ---- several tasks -------------------------------------------------------- */

static int receive_one(void *arg)
{
    char text[8];

    return (int)coil_datagram_receive(arg, text, sizeof text);
}

SOCKET_TEST(datagram_goes_to_the_longest_waiter)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    struct coil_task *tasks[3];

    for (int i = 0; i < 3; i++) {
        tasks[i] = start(receive_one, a);
        settle();
    }
    ASSERT_EQ(coil_datagram_send(b, "1", 1), 1);
    ASSERT_EQ(end_of(tasks[0]), 1);
    ASSERT_EQ(end_by_cancelling(tasks[1]), -ECANCELED);
    ASSERT_EQ(coil_datagram_send(b, "22", 2), 2);
    ASSERT_EQ(end_of(tasks[2]), 2);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_socket_that_is_closed_ends_its_calls)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_task *tasks[2];

    for (int i = 0; i < 2; i++)
        tasks[i] = start(receive_one, a);
    settle();
    coil_datagram_close(a);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(end_of(tasks[i]), -EBADF);
}

/* ---- many at a time ------------------------------------------------------- */

enum { MANY = 100 };

static void send_numbers(struct coil_datagram_socket *s, uint32_t *numbers)
{
    struct coil_datagram d[MANY];
    size_t sent = 0;

    for (uint32_t i = 0; i < MANY; i++) {
        numbers[i] = i;
        d[i] = (struct coil_datagram){ .data = &numbers[i],
                                       .size = sizeof numbers[i] };
    }
    while (sent < MANY) {
        ptrdiff_t n = coil_datagram_send_many(s, d + sent, MANY - sent);

        ASSERT_GT(n, 0);
        ASSERT_LE(n, 32);
        sent += (size_t)n;
    }
}

SOCKET_TEST(datagram_many_go_by_few_calls)
{
    struct coil_address address, own;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    uint32_t sent[MANY], got[MANY] = { 0 };
    struct coil_datagram d[MANY];
    size_t count = 0;

    coil_datagram_local_address(b, &own);
    send_numbers(b, sent);
    while (count < MANY) {
        ptrdiff_t n;

        for (size_t i = count; i < MANY; i++)
            d[i] = (struct coil_datagram){ .data = &got[i],
                                           .size = sizeof got[i] };
        n = coil_datagram_receive_many(a, d + count, MANY - count);
        ASSERT_GT(n, 0);
        ASSERT_LE(n, 32);
        for (; n > 0; n--, count++) {
            ASSERT_EQ(d[count].length, sizeof got[0]);
            ASSERT_EQ(d[count].local.length, 0);
            check_same(&d[count].peer, &own);
        }
    }
    ASSERT_MEM_EQ(got, sent, sizeof got);
    ASSERT_EQ(coil_datagram_receive_many(a, d, 0), 0);
    ASSERT_EQ(coil_datagram_send_many(b, d, 0), 0);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_many_say_which_was_cut)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram_socket *b = connected_to(&address);
    char text[4];
    struct coil_datagram d = { .data = text, .size = sizeof text };

    send_word(b, "longer");
    ASSERT_EQ(coil_datagram_receive_many(a, &d, 1), 1);
    ASSERT_EQ(d.length, 6);
    coil_datagram_close(a);
    coil_datagram_close(b);
}

SOCKET_TEST(datagram_many_refuse_what_cannot_be)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    struct coil_datagram long_segment = { .data = "", .segment = 65536 };
    struct coil_datagram many_fds = { .data = "", .fd_count = 254 };
    struct coil_datagram other = { .data = "" };

    other.local.storage.ss_family = AF_INET6;
    other.local.length = sizeof(struct sockaddr_in6);
    ASSERT_EQ(coil_datagram_send_many(a, &long_segment, 1), -EINVAL);
    ASSERT_EQ(coil_datagram_send_many(a, &many_fds, 1), -EINVAL);
    ASSERT_EQ(coil_datagram_send_many(a, &other, 1), -EINVAL);
    coil_datagram_close(a);
}

/* A reader of many gives way to others: it burns the budget. */
static int count_turns(void *arg)
{
    int *turns = arg;

    for (;;) {
        if (coil_yield() < 0)
            return 0;
        ++*turns;
    }
}

SOCKET_TEST(datagram_calls_burn_the_budget)
{
    struct coil_address address;
    struct coil_datagram_socket *a = bound_to("127.0.0.1", &address, NULL);
    int turns = 0;
    struct coil_task *other = start(count_turns, &turns);

    for (int i = 0; i < 1000; i++) {
        ASSERT_EQ(coil_datagram_send_to(a, "x", 1, &address), 1);
        expect_word(a, "x");
    }
    ASSERT_GT(turns, 5);
    ASSERT_EQ(end_by_cancelling(other), 0);
    coil_datagram_close(a);
}
