/* SPDX-License-Identifier: MIT */
/* WRAPS: getaddrinfo freeaddrinfo accept4 */
/*
 * A listener that cannot be opened, and calls of the kernel that fail.
 */
#include "listen_test.h"

const answer_fn answer_names = answer_listeners;

/* ---- what goes wrong ------------------------------------------------------ */

STREAM_TEST(listen_that_fails_at_one_address_leaves_none_open)
{
    static const int errors[] = { -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM,
                                  -EACCES };
    struct coil_listener *listener;

    if (!simulated)
        return;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        for (size_t n = 1; n <= 4; n++) {
            ASSERT_EQ(coil_test_fail_call(n, errors[i]), 0);
            ASSERT_EQ(coil_tcp_listen(&listener, "two.test", 0), errors[i]);
            ASSERT_NULL(listener);
            ASSERT_EQ(sockets(), 0);
        }
    listener = listen_at("two.test", 0);
    serves(listener, "127.0.0.2");
    coil_listener_close(listener);
}

STREAM_TEST(listen_at_a_port_that_is_taken_at_one_address_fails)
{
    struct coil_listener *taken = listen_at("127.0.0.2", 0);
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen(&listener, "two.test", port_of(taken)),
              -EADDRINUSE);
    ASSERT_NULL(listener);
    ASSERT_EQ(sockets(), 1);
    listener = listen_at("127.0.0.1", port_of(taken));
    coil_listener_close(listener);
    serves(taken, "127.0.0.2");
    coil_listener_close(taken);
}

/* Port 0: the one that the first address got is taken at the second. */
STREAM_TEST(listen_tries_other_ports_until_one_is_free_everywhere)
{
    struct coil_listener *taken[64];
    struct coil_listener *listener;
    uint16_t port;

    if (!simulated)
        return; /* whose ports are numbered in turn */
    listener = listen_at("127.0.0.1", 0);
    port = port_of(listener);
    coil_listener_close(listener);
    for (int i = 0; i < 64; i++)
        taken[i] = listen_at("127.0.0.2", (uint16_t)(port + 1 + i));

    ASSERT_EQ(coil_tcp_listen(&listener, "two.test", 0), -EADDRINUSE);
    ASSERT_EQ(sockets(), 64);
    listener = listen_at("two.test", 0);
    ASSERT_EQ(port_of(listener), port + 65);
    serves(listener, "127.0.0.1");
    serves(listener, "127.0.0.2");
    coil_listener_close(listener);
    for (int i = 0; i < 64; i++)
        coil_listener_close(taken[i]);
}

/* ---- an accept4() that fails ---------------------------------------------- */

static int reports;
static int reported;

static void note_report(struct coil_loop *loop,
                        const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    reported = exception->error;
    reports++;
}

static void watch_reports(void)
{
    reports = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_report, NULL);
}

static const int transient[] = { EPERM,        ECONNABORTED, EPROTO,
                                 ENETDOWN,     ENETUNREACH,  EHOSTDOWN,
                                 EHOSTUNREACH, ENONET,       ENOPROTOOPT,
                                 ETIMEDOUT,    EINTR };

/* A firewall forbids one connection, or the network has lost it. */
KERNEL_TEST(listen_passes_over_connections_that_fail)
{
    struct coil_listener *listener = listen_at("two.test", 0);

    watch_reports();
    for (size_t i = 0; i < sizeof transient / sizeof *transient; i++)
        for (int waits = 0; waits < 2; waits++) {
            struct accepting a = { .listener = listener };
            struct coil_stream *client;
            struct coil_task *task;

            accept_failure = transient[i];
            accept_failures = waits ? 0 : 5;
            task = start(accept_one, &a);
            if (waits)
                settle();
            accept_failures = 5;
            client = connect_to(hosts[i % 2], port_of(listener));
            ASSERT_EQ(end_of(task), 0);
            coil_stream_abort(a.stream);
            coil_stream_abort(client);
        }
    ASSERT_EQ(reports, 0);
    coil_listener_close(listener);
}

/* It does not spin on what never ends, and can be cancelled and closed. */
KERNEL_TEST(listen_pauses_when_all_connections_fail)
{
    struct coil_listener *listener = listen_at("127.0.0.1", 0);

    watch_reports();
    for (int i = 0; i < 2; i++) {
        struct accepting a = { .listener = listener };
        struct coil_task *task;

        accept_failure = EPERM;
        accept_failures = 1000000;
        task = start(accept_one, &a);
        while (reports == i)
            ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(reported, -EPERM);
        ASSERT_GT(accept_failures, 1000000 - 100);
        if (i == 0) {
            ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
        } else {
            coil_listener_close(listener);
            ASSERT_EQ(end_of(task), -EBADF);
        }
    }
    accept_failures = 0;
}

/* On the simulator too, where such a failure is ordered. */
STREAM_TEST(listen_goes_on_after_each_failure_of_one_connection)
{
    struct coil_listener *listener;

    if (!simulated)
        return;
    listener = listen_at("two.test", 0);
    watch_reports();
    for (size_t i = 0; i + 1 < sizeof transient / sizeof *transient; i++) {
        struct coil_stream *client =
            connect_to(hosts[i % 2], port_of(listener));
        struct coil_stream *server;

        ASSERT_EQ(coil_test_fail_call(1, -transient[i]), 0);
        ASSERT_EQ(coil_listener_accept(listener, &server), 0);
        ASSERT_EQ(coil_test_fail_call(0, 0), 0);
        coil_stream_abort(server);
        coil_stream_abort(client);
    }
    ASSERT_EQ(reports, 0);
    coil_loop_set_exception_handler(coil_loop_current(), NULL, NULL);
    coil_listener_close(listener);
}

/* What is wrong with the listener itself is the caller's to know. */
STREAM_TEST(listen_tells_other_failures)
{
    struct coil_listener *listener;
    struct coil_stream *s;

    if (!simulated)
        return;
    listener = listen_at("127.0.0.1", 0);
    ASSERT_EQ(coil_test_fail_call(1, -EIO), 0);
    ASSERT_EQ(coil_listener_accept(listener, &s), -EIO);
    ASSERT_NULL(s);
    serves(listener, "127.0.0.1");
    coil_listener_close(listener);
}
