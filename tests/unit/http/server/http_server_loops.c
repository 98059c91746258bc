/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A server on each of several loops, over listeners of a group: connections that
 * are kept alive are spread over the loops, and all servers stop.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/http_server.h>
#include <coil/listener.h>
#include <coil/loops.h>
#include <coil/shared_event.h>
#include <coil/shared_semaphore.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "test.h"

enum { LOOPS = 3, CONNECTIONS = 12, REQUESTS = 5 };

static struct coil_listener_group group;
static struct coil_shared_semaphore listening;
static struct coil_shared_event is_over;
static struct coil_address where;
static atomic_int served_by[LOOPS];

static int tell_loop(struct coil_http_exchange *exchange, void *arg)
{
    (void)arg;
    atomic_fetch_add(&served_by[coil_loops_index()], 1);
    return coil_http_respond(exchange, 200, "text/plain", "hello\n", 6);
}

/* ---- the clients ---- */

static void request(struct coil_stream *s)
{
    static const char text[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[512];
    size_t length;

    ASSERT_EQ(coil_stream_write(s, text, sizeof text - 1), 0);
    ASSERT_EQ(coil_stream_read_until(s, "\r\n\r\n", 4, answer, sizeof answer,
                                     &length),
              0);
    ASSERT_EQ(memcmp(answer, "HTTP/1.1 200 ", 13), 0);
    ASSERT_EQ(coil_stream_read_exactly(s, answer, 6, NULL), 0);
    ASSERT_EQ(memcmp(answer, "hello\n", 6), 0);
}

static int ask(void *arg)
{
    struct coil_stream *streams[CONNECTIONS];

    (void)arg;
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_shared_semaphore_acquire(&listening), 0);
    for (int i = 0; i < CONNECTIONS; i++)
        ASSERT_EQ(coil_tcp_connect_address(&streams[i], &where), 0);
    for (int n = 0; n < REQUESTS; n++)
        for (int i = 0; i < CONNECTIONS; i++)
            request(streams[i]);
    for (int i = 0; i < CONNECTIONS; i++)
        coil_stream_abort(streams[i]);
    coil_shared_event_set(&is_over);
    return 0;
}

/* ---- a loop ---- */

static int stop_when_over(void *server)
{
    int rc = coil_shared_event_wait(&is_over);

    coil_http_server_stop(server, COIL_NEVER);
    return rc;
}

static struct coil_task *started(coil_fn fn, void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(&task, fn, arg), 0);
    return task;
}

static void must_end(struct coil_task *task)
{
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
}

static int serve(void *arg)
{
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_http_server *server;
    struct coil_listener *listener;
    struct coil_task *stopper;
    struct coil_task *client = NULL;

    (void)arg;
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/hello", tell_loop, NULL),
              0);
    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options), 0);
    ASSERT_EQ(coil_http_server_listen_on(server, listener), 0);
    if (coil_loops_index() == 0) {
        coil_listener_address(listener, &where);
        client = started(ask, NULL);
    }
    stopper = started(stop_when_over, server);
    coil_shared_semaphore_release(&listening);
    ASSERT_EQ(coil_http_server_serve(server), 0);
    must_end(stopper);
    if (client)
        must_end(client);
    coil_http_server_free(server);
    return 0;
}

TEST(http_servers_of_several_loops_share_a_port)
{
    ASSERT_EQ(coil_loops_run(LOOPS, serve, NULL), 0);
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(atomic_load(&served_by[i]), REQUESTS * CONNECTIONS / LOOPS);
    ASSERT_NULL(group.members.head);
}
