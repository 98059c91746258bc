/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo accept4 */
/*
 * Listening on several addresses at once: on which, at what port, in whose turn,
 * and that no connection is lost.  getaddrinfo() is this file's own, and so is
 * accept4(), which can be made to fail.
 */
#include "listen_test.h"

const answer_fn answer_names = answer_listeners;

/* ---- who listens ---------------------------------------------------------- */

/* Whether the kernel lets one listen there; the simulator always does. */
static bool has_address(const char *text)
{
    struct addrinfo *info = make_info(text, NULL);
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, info->ai_addr, info->ai_addrlen) == 0;

    if (fd >= 0)
        close(fd);
    freeaddrinfo(info);
    return has || simulated;
}

/* ---- on which addresses --------------------------------------------------- */

STREAM_TEST(listen_on_no_host_is_on_all_addresses_of_both_families)
{
    struct coil_listener *listener = listen_at(NULL, 0);
    struct coil_address addresses[3] = { { .length = 0 } };
    size_t n = coil_listener_addresses(listener, addresses, 3);
    struct coil_address first;
    char text[COIL_ADDRESS_STRING], other[COIL_ADDRESS_STRING];

    serves(listener, "127.0.0.1");
    serves(listener, "127.0.0.2");
    if (has_address("::1")) {
        ASSERT_EQ(n, 2);
        ASSERT_EQ(addresses[1].storage.ss_family, AF_INET6);
        ASSERT_EQ(coil_address_port(&addresses[1]), port_of(listener));
        serves(listener, "::1");
    } else {
        /* All addresses of IPv6 may be taken where there is none. */
        ASSERT_LE(n, 2);
        ASSERT_GE(n, 1);
    }
    ASSERT_NE(port_of(listener), 0);
    ASSERT_EQ(addresses[2].length, 0);
    coil_listener_address(listener, &first);
    ASSERT_STR_EQ(coil_address_string(&first, text),
                  coil_address_string(&addresses[0], other));
    /* There may be more than there is room for. */
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), n);
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

STREAM_TEST(listen_on_a_name_is_on_all_that_it_resolves_to)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 2);
    serves(listener, "127.0.0.2");
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);

    listener = listen_at("twice.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);

    listener = listen_at("thrice.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 2);
    coil_listener_close(listener);
}

/* IPV6_V6ONLY */
STREAM_TEST(listen_on_ipv6_leaves_the_port_of_ipv4_free)
{
    struct coil_listener *six;
    struct coil_listener *four;
    struct coil_stream *s;

    if (!has_address("::1"))
        SKIP("this machine has no IPv6");
    six = listen_at("::", 0);
    ASSERT_EQ(coil_tcp_connect(&s, "127.0.0.1", port_of(six)), -ECONNREFUSED);
    four = listen_at("0.0.0.0", port_of(six));
    serves(four, "127.0.0.1");
    serves(six, "::1");
    coil_listener_close(four);
    coil_listener_close(six);
}

KERNEL_TEST(listen_leaves_out_what_this_machine_does_not_have)
{
    struct coil_listener *listener;

    if (has_address(NOBODYS) || has_address(NOBODYS_TOO))
        SKIP("this kernel lets one listen on every address");
    listener = listen_at("partly.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);
    ASSERT_EQ(coil_tcp_listen(&listener, "nowhere.test", 0), -EADDRNOTAVAIL);
    ASSERT_NULL(listener);
    ASSERT_EQ(coil_tcp_listen(&listener, NOBODYS, 0), -EADDRNOTAVAIL);
    ASSERT_EQ(sockets(), 0);
}

/* Where a family or all of IPv6 is switched off; the calls are the simulator's:
   socket, bind, socket, bind. */
static void leave_one_out(int n, int error)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_test_fail_call((size_t)n, error), 0);
    listener = listen_at("two.test", 0);
    ASSERT_EQ(coil_listener_addresses(listener, NULL, 0), 1);
    serves(listener, n <= 2 ? "127.0.0.2" : "127.0.0.1");
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

static void leave_the_only_one_out(int n, int error)
{
    struct coil_listener *listener;

    ASSERT_EQ(coil_test_fail_call((size_t)n, error), 0);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), error);
    ASSERT_NULL(listener);
    ASSERT_EQ(sockets(), 0);
}

STREAM_TEST(listen_needs_one_address_that_there_is)
{
    if (!simulated)
        return;
    for (int first = 1; first <= 3; first += 2) {
        leave_one_out(first, -EAFNOSUPPORT);
        leave_one_out(first + 1, -EADDRNOTAVAIL);
    }
    leave_the_only_one_out(1, -EAFNOSUPPORT);
    leave_the_only_one_out(2, -EADDRNOTAVAIL);
}

/* ---- whose turn it is ----------------------------------------------------- */

enum { QUEUED = 8 };

/* With a seed the simulator delivers in its own order. */
STREAM_TEST(listen_lets_the_addresses_take_turns)
{
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[2 * QUEUED];
    unsigned second = 0;

    for (int i = 0; i < 2 * QUEUED; i++)
        clients[i] = connect_to(i < QUEUED ? "127.0.0.1" : "127.0.0.2",
                                port_of(listener));
    for (int i = 0; i < 2 * QUEUED; i++) {
        struct coil_address address;
        char text[COIL_ADDRESS_STRING];
        struct coil_stream *s;

        ASSERT_EQ(coil_listener_accept(listener, &s), 0);
        coil_stream_local_address(s, &address);
        coil_address_string(&address, text);
        second += strncmp(text, "127.0.0.2:", 10) == 0;
        if (seed == 0)
            ASSERT_LE(second, (unsigned)(i + 2) / 2);
        if (seed == 0)
            ASSERT_GE(second, (unsigned)(i + 1) / 2);
        coil_stream_abort(s);
    }
    ASSERT_EQ(second, QUEUED);
    for (int i = 0; i < 2 * QUEUED; i++)
        coil_stream_abort(clients[i]);
    coil_listener_close(listener);
}

/* Whatever comes where: who has waited longest is served first. */
STREAM_TEST(listen_serves_those_who_wait_in_turn)
{
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[6];
    struct coil_task *tasks[6];
    struct accepting a[6];
    int served = 0;

    for (int i = 0; i < 6; i++) {
        a[i] = (struct accepting){ .listener = listener, .served = &served };
        tasks[i] = start(accept_one, &a[i]);
    }
    settle();
    for (int i = 0; i < 6; i++)
        clients[i] =
            connect_to(i % 3 ? "127.0.0.2" : "127.0.0.1", port_of(listener));
    for (int i = 0; i < 6; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        if (seed == 0)
            ASSERT_EQ(a[i].place, i + 1);
        coil_stream_abort(a[i].stream);
        coil_stream_abort(clients[i]);
    }
    ASSERT_EQ(served, 6);
    coil_listener_close(listener);
    ASSERT_EQ(sockets(), 0);
}

static int count_steps(void *arg)
{
    int rc = 0;

    while (rc == 0) {
        ++*(int *)arg;
        rc = coil_yield();
    }
    return rc;
}

/* What is accepted at once is part of the budget: docs/architecture.md. */
STREAM_TEST(listen_accepting_without_a_wait_lets_others_run)
{
    enum { EACH = 120 };
    struct coil_listener *listener = listen_at("two.test", 0);
    struct coil_stream *clients[2 * EACH];
    struct coil_task *other;
    int steps = 0;

    for (int i = 0; i < 2 * EACH; i++)
        clients[i] =
            connect_to(i % 2 ? "127.0.0.1" : "127.0.0.2", port_of(listener));
    other = start(count_steps, &steps);
    for (int i = 0; i < 2 * EACH; i++) {
        struct coil_stream *s;

        ASSERT_EQ(coil_listener_accept(listener, &s), 0);
        coil_stream_abort(s);
    }
    ASSERT_GT(steps, 0);
    ASSERT_EQ(end_by_cancelling(other), -ECANCELED);
    for (int i = 0; i < 2 * EACH; i++)
        coil_stream_abort(clients[i]);
    coil_listener_close(listener);
}

/* ---- cancelling and closing ----------------------------------------------- */

/* Before, as, and after a connection comes, at one address or at both. */
STREAM_TEST(listen_cancelled_accept_loses_no_connection)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 72; i++) {
        struct accepting a = { .listener = listener };
        struct coil_stream *clients[2];
        struct coil_stream *servers[2];
        struct coil_task *task = start(accept_one, &a);
        int taken = 0;

        for (int n = 0; n < i % 4; n++)
            ASSERT_EQ(coil_yield(), 0);
        clients[0] = connect_to(hosts[i % 2], port_of(listener));
        clients[1] = connect_to(hosts[i / 2 % 2], port_of(listener));
        for (int n = 0; n < i / 4 % 3; n++)
            ASSERT_EQ(coil_yield(), 0);
        (void)coil_task_cancel(task);
        if (end_of(task) == 0)
            servers[taken++] = a.stream;
        else
            ASSERT_NULL(a.stream);
        while (taken < 2)
            ASSERT_EQ(coil_listener_accept(listener, &servers[taken++]), 0);
        for (int n = 0; n < 2; n++) {
            coil_stream_abort(clients[n]);
            coil_stream_abort(servers[n]);
        }
        /* Nothing waits when nobody does: a loop that stands still says so. */
        if (!simulated)
            ASSERT_EQ(coil__backend_current()->pending, 0);
        ASSERT_EQ(sockets(), 2);
    }
    coil_listener_close(listener);
}

/* Two wait, one goes: what comes is the other's. */
STREAM_TEST(listen_cancelled_accept_leaves_it_to_the_other)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 8; i++) {
        struct accepting a[2] = { { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *tasks[2] = { start(accept_one, &a[0]),
                                       start(accept_one, &a[1]) };
        struct coil_stream *client;
        int gone = i % 2;

        settle();
        ASSERT_EQ(end_by_cancelling(tasks[gone]), -ECANCELED);
        client = connect_to(hosts[i / 2 % 2], port_of(listener));
        ASSERT_EQ(end_of(tasks[!gone]), 0);
        ASSERT_NULL(a[gone].stream);
        coil_stream_abort(a[!gone].stream);
        coil_stream_abort(client);
    }
    coil_listener_close(listener);
}

/* All cancel at once, and somebody comes in the same moment. */
STREAM_TEST(listen_newcomer_waits_on_when_all_others_are_cancelled)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    for (int i = 0; i < 8; i++) {
        struct accepting a[3] = { { .listener = listener },
                                  { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *tasks[3] = { start(accept_one, &a[0]),
                                       start(accept_one, &a[1]) };
        struct coil_stream *client;

        settle();
        for (int n = 0; n < 2; n++)
            ASSERT(coil_task_cancel(tasks[n]));
        tasks[2] = start(accept_one, &a[2]);
        for (int n = 0; n < 2; n++)
            ASSERT_EQ(end_of(tasks[n]), -ECANCELED);
        client = connect_to(hosts[i % 2], port_of(listener));
        ASSERT_EQ(end_of(tasks[2]), 0);
        coil_stream_abort(a[2].stream);
        coil_stream_abort(client);
    }
    coil_listener_close(listener);
}

STREAM_TEST(listen_closed_wakes_those_who_accept_and_hangs_up)
{
    for (int i = 0; i < 4; i++) {
        struct coil_listener *listener = listen_at("two.test", 0);
        struct accepting a[2] = { { .listener = listener },
                                  { .listener = listener } };
        struct coil_task *task = start(accept_one, &a[0]);
        struct coil_stream *clients[2];
        char byte;

        settle();
        clients[0] = connect_to(hosts[0], port_of(listener));
        clients[1] = connect_to(hosts[1], port_of(listener));
        ASSERT_EQ(end_of(task), 0);
        if (i % 2 == 0) {
            /* One has been accepted, the other waits, or is kept. */
            coil_listener_close(listener);
        } else {
            struct coil_task *others[2] = { start(accept_one, &a[1]) };
            struct accepting b = { .listener = listener };

            ASSERT_EQ(end_of(others[0]), 0);
            others[1] = start(accept_one, &b);
            settle();
            coil_listener_close(listener);
            ASSERT_EQ(end_of(others[1]), -EBADF);
            ASSERT_NULL(b.stream);
            coil_stream_abort(a[1].stream);
        }
        coil_stream_abort(a[0].stream);
        for (int n = 0; n < 2; n++) {
            ASSERT_LE(coil_stream_read(clients[n], &byte, 1), 0);
            coil_stream_abort(clients[n]);
        }
        ASSERT_EQ(sockets(), 0);
    }
}

static bool is_closed;

/* Success would say that the listener still is there. */
static int accept_from_what_is_open(void *arg)
{
    int rc = accept_one(arg);

    if (is_closed)
        ASSERT_EQ(rc, -EBADF);
    return rc;
}

/* The connection is there, and the task that waited for it has yet to run. */
STREAM_TEST(listen_closed_in_the_last_moment_accepts_nothing)
{
    for (int i = 0; i < 12; i++) {
        struct coil_listener *listener = listen_at("two.test", 0);
        struct accepting a = { .listener = listener };
        struct coil_task *task;
        struct coil_stream *client;
        char byte;

        is_closed = false;
        task = start(accept_from_what_is_open, &a);
        settle();
        client = connect_to(hosts[i % 2], port_of(listener));
        for (int n = 0; n < i / 2; n++)
            ASSERT_EQ(coil_yield(), 0);
        is_closed = true;
        coil_listener_close(listener);
        if (end_of(task) < 0)
            ASSERT_NULL(a.stream);
        coil_stream_abort(a.stream);
        ASSERT_LE(coil_stream_read(client, &byte, 1), 0);
        coil_stream_abort(client);
        ASSERT_EQ(sockets(), 0);
    }
}

/* A program that has closed its standard input. */
KERNEL_TEST(listen_accepts_a_connection_whose_descriptor_is_0)
{
    struct coil_listener *listener = listen_at("127.0.0.1", 0);
    struct coil_stream *client = connect_to("127.0.0.1", port_of(listener));
    struct coil_stream *server;
    int saved = dup(STDIN_FILENO);
    char byte;

    close(STDIN_FILENO);
    ASSERT_EQ(coil_listener_accept(listener, &server), 0);
    send_text(client, "x");
    ASSERT_EQ(coil_stream_read(server, &byte, 1), 1);
    coil_stream_abort(server);
    coil_listener_close(listener);
    /* And a listener, and a connection. */
    listener = listen_at("127.0.0.1", 0);
    coil_stream_abort(client);
    client = connect_to("127.0.0.1", port_of(listener));
    coil_stream_abort(client);
    coil_listener_close(listener);
    client = NULL;
    if (saved >= 0)
        ASSERT_EQ(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}
