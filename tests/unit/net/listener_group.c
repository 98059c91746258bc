/* SPDX-License-Identifier: MIT */
/*
 * Listeners of a group, on one loop: connections go to the one that has the fewest,
 * none is lost when a listener is closed, and the last one closes the port.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "stream_test.h"

enum { MANY = 10 };

static struct coil_listener_group group;
static struct coil_address where;

static struct coil_listener *in_group(void)
{
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_listener *listener;

    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options), 0);
    coil_listener_address(listener, &where);
    return listener;
}

static struct coil_stream *client(void)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect_address(&s, &where), 0);
    return s;
}

static struct coil_stream *accepted(struct coil_listener *listener)
{
    struct coil_timeout timeout;
    struct coil_stream *s;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&timeout, 10 * COIL_SECOND), 0);
    rc = coil_listener_accept(listener, &s);
    ASSERT_EQ(coil_timeout_end(&timeout, rc), 0);
    return s;
}

/* ---- one listener ---- */

SOCKET_TEST(listener_of_a_group_can_be_alone)
{
    struct coil_listener *l = in_group();
    struct coil_stream *a = client();
    struct coil_stream *b = accepted(l);

    send_text(a, "hello\n");
    expect_line(b, "hello\n");
    ASSERT_EQ(coil_listener_connections(l), 1);
    coil_stream_abort(b);
    ASSERT_EQ(coil_listener_connections(l), 0);
    coil_stream_abort(a);
    a = client();
    settle();
    coil_listener_close(l); /* with a connection that nobody took */
    coil_stream_abort(a);
    ASSERT_NULL(group.members.head);
}

SOCKET_TEST(listener_of_a_group_takes_more_than_it_keeps)
{
    struct coil_stream *clients[40];
    struct coil_listener *l = in_group();

    for (int i = 0; i < 40; i++)
        clients[i] = client();
    settle();
    ASSERT_LE(coil_listener_connections(l), 17);
    for (int i = 0; i < 40; i++)
        coil_stream_abort(accepted(l));
    for (int i = 0; i < 40; i++)
        coil_stream_abort(clients[i]);
    ASSERT_EQ(coil_listener_connections(l), 0);
    coil_listener_close(l);
}

static struct coil_stream *got;

static int accept_one(void *listener)
{
    return coil_listener_accept(listener, &got);
}

SOCKET_TEST(
    listener_of_a_group_keeps_its_order_and_loses_nothing_to_a_cancellation)
{
    struct coil_listener *l = in_group();
    struct coil_task *first;
    struct coil_task *second;
    struct coil_stream *a;

    ASSERT_EQ(coil_task_create(&first, accept_one, l), 0);
    settle();
    ASSERT_EQ(coil_task_create(&second, accept_one, l), 0);
    settle();
    coil_task_cancel(first);
    ASSERT_EQ(coil_task_await(first), -ECANCELED);
    a = client();
    ASSERT_EQ(coil_task_await(second), 0);
    coil_stream_abort(got);
    coil_task_release(first);
    coil_task_release(second);
    coil_stream_abort(a);

    ASSERT_EQ(coil_task_create(&first, accept_one, l), 0);
    settle();
    coil_listener_close(l);
    ASSERT_EQ(coil_task_await(first), -EBADF);
    coil_task_release(first);
}

SOCKET_TEST(stream_that_leaves_its_loop_leaves_the_count)
{
    struct coil_listener *l = in_group();
    struct coil_stream *a = client();
    struct coil_stream *b = accepted(l);

    ASSERT_EQ(coil_stream_detach(b), 0);
    ASSERT_EQ(coil_listener_connections(l), 0);
    ASSERT_EQ(coil_stream_adopt(b), 0);
    coil_listener_close(l);
    send_text(a, "hello\n");
    expect_line(b, "hello\n");
    coil_stream_abort(a);
    coil_stream_abort(b);

    l = in_group();
    a = client();
    b = accepted(l);
    coil_listener_close(l); /* before its connection */
    coil_stream_abort(b);
    coil_stream_abort(a);
}

static void try_second(void)
{
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_listener *l = in_group();
    struct coil_listener *second;

    ASSERT_EQ(coil_tcp_listen_with(&second, "127.0.0.1", 0, &options),
              -ENOTSUP);
    ASSERT_NULL(second);
    coil_listener_close(l);
}

TEST(simulator_has_one_listener_of_a_group)
{
    run_simulated(try_second);
}

/* ---- several ---- */

/* Kept in sight: it is never closed. */
static struct coil_listener *volatile left_open;

static int leave_open(void *arg)
{
    (void)arg;
    left_open = in_group();
    return coil_sleep(COIL_MILLISECOND);
}

static int go_on(void *arg)
{
    struct coil_listener *l = in_group();
    struct coil_stream *s;

    (void)arg;
    s = client();
    coil_stream_abort(accepted(l));
    coil_stream_abort(s);
    coil_listener_close(l);
    return 0;
}

/* It has no owner any more. */
static void close_what_listens(void)
{
    for (int fd = 3; fd < 100; fd++) {
        int listens = 0;
        socklen_t size = sizeof listens;

        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
            listens)
            close(fd);
    }
}

TEST(loop_that_ends_with_its_listener_open_leaves_the_group)
{
    struct coil_loop_report report;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_open, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.descriptors_open, 1);
    ASSERT_NULL(group.members.head);
    close_what_listens();
    ASSERT_EQ(coil_run(go_on, NULL), 0);
}

KERNEL_TEST(listeners_of_a_group_have_one_address)
{
    const struct coil_tcp_listen_options alone = { .family = AF_INET };
    struct coil_listener *a = in_group();
    uint16_t port = coil_address_port(&where);
    struct coil_listener *b = in_group();
    struct coil_listener *other;

    ASSERT_EQ(coil_address_port(&where), port);
    coil_listener_close(a);
    ASSERT_EQ(coil_tcp_listen_with(&other, "127.0.0.1", port, &alone),
              -EADDRINUSE);
    coil_listener_close(b);
    ASSERT_EQ(coil_tcp_listen_with(&other, "127.0.0.1", port, &alone), 0);
    coil_listener_close(other);
}

KERNEL_TEST(listener_with_the_fewest_connections_gets_the_next)
{
    struct coil_listener *l[2] = { in_group(), in_group() };
    struct coil_stream *clients[MANY];
    struct coil_stream *served[MANY];
    struct coil_stream *more;

    for (int i = 0; i < MANY; i++) {
        clients[i] = client();
        settle();
    }
    ASSERT_EQ(coil_listener_connections(l[0]), MANY / 2);
    ASSERT_EQ(coil_listener_connections(l[1]), MANY / 2);
    for (int i = 0; i < MANY; i++)
        served[i] = accepted(l[i % 2]);
    for (int i = 1; i < MANY; i += 2)
        coil_stream_abort(served[i]);
    more = client();
    coil_stream_abort(accepted(l[1]));
    coil_stream_abort(more);
    for (int i = 0; i < MANY; i++)
        coil_stream_abort(clients[i]);
    for (int i = 0; i < MANY; i += 2)
        coil_stream_abort(served[i]);
    coil_listener_close(l[0]);
    coil_listener_close(l[1]);
}

/* Whichever is closed, the leader or not. */
static void close_one_of_two(int gone)
{
    struct coil_listener *l[2] = { in_group(), in_group() };
    struct coil_stream *clients[MANY];

    for (int i = 0; i < MANY; i++)
        clients[i] = client();
    settle();
    ASSERT_GT(coil_listener_connections(l[gone]), 0);
    coil_listener_close(l[gone]);
    for (int i = 0; i < MANY; i++)
        coil_stream_abort(accepted(l[1 - gone]));
    for (int i = 0; i < MANY; i++)
        coil_stream_abort(clients[i]);
    clients[0] = client();
    coil_stream_abort(accepted(l[1 - gone]));
    coil_stream_abort(clients[0]);
    coil_listener_close(l[1 - gone]);
}

KERNEL_TEST(connections_of_a_listener_that_is_closed_go_to_others)
{
    close_one_of_two(0);
    close_one_of_two(1);
}

KERNEL_TEST(listener_that_is_left_goes_on_accepting)
{
    struct coil_listener *l[3] = { in_group(), in_group(), in_group() };

    for (int i = 0; i < 2; i++) {
        struct coil_stream *s;

        settle();
        coil_listener_close(l[i]);
        s = client();
        coil_stream_abort(accepted(l[i + 1]));
        coil_stream_abort(s);
    }
    coil_listener_close(l[2]);
}

KERNEL_TEST(listener_that_does_not_accept_is_passed_over)
{
    struct coil_listener *l[2] = { in_group(), in_group() };
    struct coil_stream *clients[60];

    for (int i = 0; i < 60; i++)
        clients[i] = client();
    for (int i = 0; i < 44; i++)
        coil_stream_abort(accepted(l[0]));
    ASSERT_EQ(coil_listener_connections(l[1]), 16);
    coil_listener_close(l[1]);
    for (int i = 0; i < 16; i++)
        coil_stream_abort(accepted(l[0]));
    for (int i = 0; i < 60; i++)
        coil_stream_abort(clients[i]);
    coil_listener_close(l[0]);
}
