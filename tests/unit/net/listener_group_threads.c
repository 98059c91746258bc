/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Connections that last are spread evenly over the loops of several threads, and
 * those of a loop that ends go to the others.
 */
#include <stdatomic.h>

#include <coil/loops.h>
#include <coil/shared_event.h>
#include <coil/shared_semaphore.h>
#include <coil/task_group.h>

#include "stream_test.h"

enum { LOOPS = 4, CONNECTIONS = 64 };

static struct coil_listener_group group;
static struct coil_shared_event is_over;
static struct coil_shared_semaphore listening_loops;
static atomic_int served_by[LOOPS];
static unsigned client_loop;

/* ---- the server ---- */

static void end_connection(void *stream)
{
    coil_stream_abort(stream);
}

static int echo(void *arg)
{
    char line[64];
    size_t length;

    while (coil_stream_read_until(arg, "\n", 1, line, sizeof line, &length) ==
           0)
        if (coil_stream_write(arg, line, length) < 0)
            break;
    return 0;
}

static int accept_all(void *arg)
{
    const struct coil_task_options options = { .arg_destroy = end_connection };
    struct coil_task_group tasks;
    int rc = coil_task_group_begin(&tasks);

    while (rc == 0) {
        struct coil_stream *s;

        rc = coil_listener_accept(arg, &s);
        if (rc < 0)
            break;
        atomic_fetch_add(&served_by[coil_loops_index()], 1);
        ASSERT_EQ(coil_task_group_create_with(&tasks, NULL, echo, s, &options),
                  0);
    }
    return coil_task_group_end(&tasks, rc);
}

static int stop_when_over(void *arg)
{
    int rc = coil_shared_event_wait(&is_over);

    coil_task_cancel(arg);
    return rc;
}

static int serve_until_over(struct coil_listener *listener)
{
    struct coil_task *server;
    struct coil_task *watcher;

    ASSERT_EQ(coil_task_create(&server, accept_all, listener), 0);
    ASSERT_EQ(coil_task_create(&watcher, stop_when_over, server), 0);
    coil_shared_semaphore_release(&listening_loops);
    ASSERT_EQ(coil_task_await(server), -ECANCELED);
    ASSERT_EQ(coil_task_await(watcher), 0);
    coil_task_release(server);
    coil_task_release(watcher);
    return 0;
}

/* ---- the clients, of one of the loops ---- */

static struct coil_address where;

static void talk(struct coil_stream *s)
{
    send_text(s, "hello\n");
    expect_line(s, "hello\n");
}

static struct coil_stream *client(void)
{
    struct coil_stream *s;

    ASSERT_EQ(coil_tcp_connect_address(&s, &where), 0);
    return s;
}

static int connect_and_count(void *arg)
{
    struct coil_stream *clients[CONNECTIONS];
    int most = 0;

    (void)arg;
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_shared_semaphore_acquire(&listening_loops), 0);
    for (int i = 0; i < CONNECTIONS; i++)
        clients[i] = client();
    for (int i = 0; i < CONNECTIONS; i++)
        talk(clients[i]);
    for (int i = 0; i < LOOPS; i++)
        most = atomic_load(&served_by[i]) > most ? atomic_load(&served_by[i])
                                                 : most;
    /* At most 1.1 times what each would have. */
    ASSERT_LE(10 * most * LOOPS, 11 * CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        coil_stream_abort(clients[i]);
    coil_shared_event_set(&is_over);
    return 0;
}

static struct coil_shared_event may_go;

/* Before a loop ends, some connections wait for it. */
static int connect_and_talk(void *arg)
{
    struct coil_stream *clients[CONNECTIONS];

    (void)arg;
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_shared_semaphore_acquire(&listening_loops), 0);
    for (int i = 0; i < CONNECTIONS; i++)
        clients[i] = client();
    coil_shared_event_set(&may_go);
    for (int i = 0; i < CONNECTIONS; i++)
        talk(clients[i]);
    for (int i = 0; i < CONNECTIONS; i++)
        coil_stream_abort(clients[i]);
    coil_shared_event_set(&is_over);
    return 0;
}

static int run_loop(coil_fn clients)
{
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_task *task = NULL;
    struct coil_listener *listener;
    int rc;

    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options), 0);
    if (coil_loops_index() == client_loop) {
        coil_listener_address(listener, &where);
        ASSERT_EQ(coil_task_create(&task, clients, NULL), 0);
    }
    rc = serve_until_over(listener);
    coil_listener_close(listener);
    if (task)
        ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    return rc;
}

static int spread(void *arg)
{
    (void)arg;
    return run_loop(connect_and_count);
}

static void begin(void)
{
    is_over = (struct coil_shared_event){ 0 };
    coil_shared_semaphore_init(&listening_loops, 0);
    may_go = (struct coil_shared_event){ 0 };
    client_loop = 0;
    for (int i = 0; i < LOOPS; i++)
        atomic_store(&served_by[i], 0);
}

TEST(connections_that_last_are_spread_evenly_over_loops)
{
    begin();
    ASSERT_EQ(coil_loops_run(LOOPS, spread, NULL), 0);
    ASSERT_NULL(group.members.head);
}

/* ---- a loop that ends ---- */

/* Loop `*arg` accepts nothing, and ends; loop 1 has the clients if that is 0. */
static int leave(void *arg)
{
    const struct coil_tcp_listen_options options = { .group = &group };
    struct coil_listener *listener;

    if (coil_loops_index() != *(unsigned *)arg)
        return run_loop(connect_and_talk);
    ASSERT_EQ(coil_tcp_listen_with(&listener, "127.0.0.1", 0, &options), 0);
    coil_shared_semaphore_release(&listening_loops);
    ASSERT_EQ(coil_shared_event_wait(&may_go), 0);
    coil_listener_close(listener);
    return 0;
}

TEST(connections_of_a_loop_that_ends_go_to_others)
{
    for (unsigned who = 0; who < LOOPS; who++) {
        begin();
        client_loop = who == 0 ? 1 : 0;
        ASSERT_EQ(coil_loops_run(LOOPS, leave, &who), 0);
        ASSERT_EQ(atomic_load(&served_by[who]), 0);
        ASSERT_NULL(group.members.head);
    }
}
