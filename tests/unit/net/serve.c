/* SPDX-License-Identifier: MIT */
/*
 * A server of streams: who is served, how many, and how it stops.
 */
#include <signal.h>

#include <coil/connect.h>
#include <coil/event.h>
#include <coil/serve.h>
#include <coil/sleep.h>

#include "reports.h"
#include "stream_test.h"

static struct coil_listener *listener;
static struct coil_address address;
static struct coil_future stop;
static struct coil_serve_options options;
static int served, at_once, most_at_once;

static void prepare(void)
{
    listener = listening(&address);
    coil_future_init(&stop);
    options = (struct coil_serve_options){ .stop = &stop };
    served = at_once = most_at_once = 0;
}

static struct coil_stream *client(void)
{
    struct coil_stream *stream;

    ASSERT_EQ(coil_tcp_connect_address(&stream, &address), 0);
    return stream;
}

/* ---- what it serves ---- */

/* Send each line back until the client has gone. */
static int echo(struct coil_stream *stream, void *arg)
{
    char line[64];
    size_t size;
    int rc = 0;

    ASSERT_PTR_EQ(arg, &address);
    at_once++;
    if (at_once > most_at_once)
        most_at_once = at_once;
    while (rc == 0) {
        rc = coil_stream_read_until(stream, "\n", 1, line, sizeof line, &size);
        if (rc == 0)
            rc = coil_stream_write(stream, line, size);
        if (rc == 0)
            rc = coil_stream_drain(stream);
    }
    at_once--;
    served++;
    return coil_stream_has_ended(stream) ? 0 : rc;
}

static int serve(void *arg)
{
    return coil_serve(listener, arg ? (coil_serve_fn)(uintptr_t)arg : echo,
                      &address, &options);
}

static void ask(struct coil_stream *stream)
{
    send_text(stream, "hello\n");
    expect_line(stream, "hello\n");
}

static void expect_end(struct coil_stream *stream)
{
    char byte;

    ASSERT_LE(coil_stream_read(stream, &byte, 1), 0);
    coil_stream_abort(stream);
}

SOCKET_TEST(serve_gives_each_connection_a_task)
{
    struct coil_stream *a, *b;
    struct coil_task *server;

    prepare();
    server = start(serve, NULL);
    a = client();
    b = client();
    ask(b);
    ask(a);
    ASSERT_EQ(at_once, 2);
    coil_stream_abort(a);
    coil_stream_abort(b);
    while (served < 2)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_future_set_result(&stop, NULL), 0);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

SOCKET_TEST(serve_keeps_its_limit)
{
    struct coil_stream *clients[5];
    struct coil_task *server;

    prepare();
    options.max_connections = 2;
    server = start(serve, NULL);
    for (int i = 0; i < 5; i++)
        clients[i] = client();
    for (int i = 0; i < 5; i++) {
        ask(clients[i]);
        coil_stream_abort(clients[i]);
    }
    while (served < 5)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(most_at_once, 2);
    ASSERT_EQ(coil_future_set_result(&stop, NULL), 0);
    ASSERT_EQ(end_of(server), 0);
}

/* What was written is sent before it is closed. */
static int say_good_bye(struct coil_stream *stream, void *arg)
{
    (void)arg;
    return coil_stream_write(stream, "bye\n", 4);
}

SOCKET_TEST(serve_flushes_when_the_function_returns)
{
    struct coil_task *server;
    struct coil_stream *a;

    prepare();
    server = start(serve, (void *)(uintptr_t)say_good_bye);
    a = client();
    expect_line(a, "bye\n");
    expect_end(a);
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
}

static int fail(struct coil_stream *stream, void *arg)
{
    (void)stream;
    (void)arg;
    return served++ == 0 ? -EBADMSG : -ECONNRESET;
}

/* One that broke is not worth a word. */
SOCKET_TEST(serve_goes_on_after_a_connection_has_failed)
{
    struct coil_task *server;

    prepare();
    watch_reports();
    server = start(serve, (void *)(uintptr_t)fail);
    for (int i = 0; i < 3; i++)
        expect_end(client());
    ASSERT_EQ(served, 3);
    ASSERT_EQ(report_count, 1);
    ASSERT_EQ(reported.error, -EBADMSG);
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
}

/* ---- how it stops ---- */

SOCKET_TEST(serve_stopped_accepts_nobody_and_lets_others_finish)
{
    struct coil_task *server;
    struct coil_stream *a;
    struct coil_stream *late;

    prepare();
    options.grace = COIL_NEVER;
    server = start(serve, NULL);
    a = client();
    ask(a);
    ASSERT_EQ(coil_future_set_result(&stop, NULL), 0);
    do {
        ASSERT_EQ(coil_yield(), 0);
    } while (coil_tcp_connect_address(&late, &address) == 0 &&
             (coil_stream_abort(late), true));
    ask(a);
    ASSERT(!coil_task_is_done(server));
    coil_stream_abort(a);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(at_once, 0);
}

static int end_slowly(struct coil_stream *stream, void *arg)
{
    int rc = echo(stream, arg);

    return rc == -ECANCELED ? coil_sleep(COIL_MILLISECOND) : rc;
}

SOCKET_TEST(serve_cancels_those_who_take_too_long)
{
    struct coil_task *server;
    struct coil_stream *a;

    prepare();
    options.grace = COIL_MILLISECOND;
    server = start(serve, (void *)(uintptr_t)end_slowly);
    a = client();
    ask(a);
    ASSERT_EQ(coil_future_set_result(&stop, NULL), 0);
    expect_end(a);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(served, 1);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

SOCKET_TEST(serve_cancelled_ends_all_at_once)
{
    struct coil_task *server;
    struct coil_stream *a;

    prepare();
    options.grace = COIL_NEVER;
    server = start(serve, NULL);
    a = client();
    ask(a);
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
    ASSERT_EQ(served, 1);
    ASSERT(coil_future_is_done(&stop));
    expect_end(a);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

SOCKET_TEST(serve_cancelled_at_its_limit)
{
    struct coil_task *server;
    struct coil_stream *a, *b;

    prepare();
    options.max_connections = 1;
    server = start(serve, NULL);
    a = client();
    ask(a);
    b = client();
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
    expect_end(a);
    expect_end(b);
    ASSERT_EQ(served, 1);
}

static void stop_by(int number)
{
    struct coil_task *server;
    struct coil_stream *a;

    prepare();
    options.grace = COIL_NEVER;
    server = start(serve, NULL);
    a = client();
    ask(a);
    ASSERT_EQ(raise(number), 0);
    while (!coil_future_is_done(&stop))
        ASSERT_EQ(coil_yield(), 0);
    ask(a);
    ASSERT_EQ(raise(number), 0); /* the next one is in a hurry */
    expect_end(a);
    ASSERT_EQ(end_of(server), 0);
    ASSERT_EQ(coil_checkpoint(), 0);
}

KERNEL_TEST(serve_is_stopped_by_signals)
{
    stop_by(SIGTERM);
    stop_by(SIGINT);
}

KERNEL_TEST(serve_leaves_signals_alone_if_it_is_told_to)
{
    struct coil_task *server;

    prepare();
    options.keep_signals = true;
    server = start(serve, NULL);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(raise(SIGTERM), 0); /* coil_run() cancels the main task */
    while (coil_yield() == 0)
        continue;
    ASSERT(!coil_future_is_done(&stop));
    coil_task_uncancel(coil_current_task());
    ASSERT_EQ(end_by_cancelling(server), -ECANCELED);
}

/* ---- want ---- */

SOCKET_TEST(serve_without_memory_closes_the_listener)
{
    struct coil_stream *a;

    prepare();
    coil_test_fail_allocation(1, true);
    ASSERT_EQ(serve(NULL), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), -ECONNREFUSED);
}

SOCKET_TEST(serve_cancelled_on_entry_closes_the_listener)
{
    struct coil_stream *a;

    prepare();
    cancel_self();
    ASSERT_EQ(serve(NULL), -ECANCELED);
    coil_task_uncancel(coil_current_task());
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), -ECONNREFUSED);
}
