/* SPDX-License-Identifier: MIT */
/* poll_scenarios_end.c - what every backend must do alike in the end */
#include <string.h>

#include "poll_test.h"

/* ---- closing ---- */

static void close_ends_what_pends(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read[2] = { 0 };
    struct probe write = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &read[0], pair.client, data, 1));
    ASSERT(!probe_read(backend, &read[1], pair.client, data, 1));
    write_until_full(backend, pair.client, &write);
    backend->ops->close_socket(backend, pair.client);
    ASSERT(read[0].done && read[1].done && write.done);
    ASSERT_EQ(read[0].op.result, -EBADF);
    ASSERT_EQ(read[1].op.result, -EBADF);
    ASSERT_EQ(write.op.result, -EBADF);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_EQ(backend->pending, 0);
    poll_settle(backend);
    backend->ops->close_socket(backend, pair.server);
}

static void close_of_a_listener_ends_what_pends(struct coil__backend *backend)
{
    struct coil_address address;
    struct probe connect = { 0 };
    struct probe accept[2] = { 0 };
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    char data[1];

    ASSERT(!probe_accept(backend, &accept[0], listener));
    ASSERT(!probe_accept(backend, &accept[1], listener));
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(accept[0].op.result, -EBADF);
    ASSERT_EQ(accept[1].op.result, -EBADF);
    ASSERT(accept[0].done && accept[1].done);

    /* A connection that nobody took is reset. */
    listener = open_listener(backend, &address);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    poll_settle(backend);
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(do_read(backend, client, data, 1), -ECONNRESET);
    backend->ops->close_socket(backend, client);
}

static void stale_means_readable_or_ended(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    char data[1];

    ASSERT(!backend->ops->is_stale(backend, pair.client));
    send_all(backend, pair.server, "x", 1);
    poll_settle(backend);
    ASSERT(backend->ops->is_stale(backend, pair.client));
    recv_all(backend, pair.client, data, 1);
    ASSERT(!backend->ops->is_stale(backend, pair.client));
    backend->ops->close_socket(backend, pair.server);
    poll_settle(backend);
    ASSERT(backend->ops->is_stale(backend, pair.client));
    backend->ops->close_socket(backend, pair.client);
}

static void
a_reset_socket_is_stale_and_has_no_peer(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct coil_address address;

    ASSERT_EQ(backend->ops->peer_address(backend, pair.client, &address), 0);
    send_all(backend, pair.client, "x", 1);
    poll_settle(backend);
    backend->ops->close_socket(backend, pair.server);
    poll_settle(backend);
    ASSERT_EQ(backend->ops->peer_address(backend, pair.client, &address),
              -ENOTCONN);
    ASSERT(backend->ops->is_stale(backend, pair.client));
    backend->ops->close_socket(backend, pair.client);
}

/* With data there, and where there is no room. */
static void nothing_is_read_and_written_at_once(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    char data[1];

    send_all(backend, pair.server, "x", 1);
    poll_settle(backend);
    ASSERT_EQ(do_read(backend, pair.client, data, 0), 0);
    recv_all(backend, pair.client, data, 1);
    ASSERT_EQ(data[0], 'x');
    write_until_full(backend, pair.client, &write);
    probe_cancel(backend, &write);
    ASSERT_EQ(do_write(backend, pair.client, data, 0), 0);
    close_pair(backend, pair);
}

static void misuse_is_an_error(struct coil__backend *backend)
{
    struct coil_address address;
    struct pair pair = open_pair(backend);
    int listener = open_listener(backend, &address);
    int fresh = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe probe = { 0 };
    char data[1];

    ASSERT_EQ(do_read(backend, fresh, data, 1), -ENOTCONN);
    ASSERT_EQ(do_write(backend, fresh, data, 1), -EPIPE);
    ASSERT_EQ(do_read(backend, listener, data, 1), -ENOTCONN);
    probe_accept(backend, &probe, fresh);
    ASSERT_EQ(probe_wait(backend, &probe), -EINVAL);
    probe_connect(backend, &probe, pair.client, &address);
    ASSERT_EQ(probe_wait(backend, &probe), -EISCONN);
    ASSERT_EQ(backend->ops->shutdown(backend, fresh), -ENOTCONN);
    ASSERT(backend->ops->is_stale(backend, fresh));
    ASSERT_EQ(backend->ops->bind(backend, listener, &address), -EINVAL);
    backend->ops->close_socket(backend, fresh);
    ASSERT_EQ(do_read(backend, fresh, data, 1), -EBADF);
    ASSERT_EQ(do_read(backend, -1, data, 1), -EBADF);
    ASSERT_EQ(backend->ops->shutdown(backend, fresh), -EBADF);
    ASSERT_EQ(backend->ops->local_address(backend, fresh, &address), -EBADF);
    ASSERT_EQ(backend->ops->peer_address(backend, fresh, &address), -EBADF);
    ASSERT_LT(backend->ops->socket(backend, 12345, SOCK_STREAM), 0);
    backend->ops->close_socket(backend, listener);
    close_pair(backend, pair);
}

/* ---- from within over() ---- */

struct echo {
    struct coil__backend *backend;
    struct pair pair;
    struct probe *next;
    struct probe *victim;
    char *data;
    int fd;
};

static void begin_next(struct probe *probe)
{
    struct echo *echo = probe->arg;

    probe_read(echo->backend, echo->next, echo->pair.server, echo->data, 1);
}

static void over_may_begin_the_next(struct coil__backend *backend)
{
    char data[2];
    struct probe second = { 0 };
    struct echo echo = {
        .backend = backend,
        .pair = open_pair(backend),
        .next = &second,
        .data = &data[1],
    };
    struct probe first = { .then = begin_next, .arg = &echo };

    ASSERT(!probe_read(backend, &first, echo.pair.server, &data[0], 1));
    send_all(backend, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    ASSERT_EQ(probe_wait(backend, &second), 1);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(backend, echo.pair);
}

static void close_and_open(struct probe *probe)
{
    struct echo *echo = probe->arg;

    echo->backend->ops->close_socket(echo->backend, echo->pair.server);
    echo->fd = echo->backend->ops->socket(echo->backend, AF_INET, SOCK_STREAM);
    ASSERT_EQ(echo->fd, echo->pair.server);
}

/* Who is told of input reads all there is, and waits for more. */
struct watcher {
    struct coil__backend *backend;
    struct coil_op op;
    int told;
};

static void over_and_out(struct coil_op *op)
{
    ASSERT_EQ(op->result, -ECANCELED);
}

static void read_and_watch_on(struct coil_op *op)
{
    struct watcher *w = op->owner;
    char data[16];

    w->told++;
    ASSERT_LE(w->told, 2);
    while (w->backend->ops->read_now(w->backend, op->fd, data, sizeof data) > 0)
        ;
    ASSERT(!w->backend->ops->begin(w->backend, op));
}

static void over_may_watch_on(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct watcher w = { .backend = backend,
                         .op = { .kind = COIL_OP_PEEK,
                                 .fd = pair.server,
                                 .over = read_and_watch_on } };

    w.op.owner = &w;
    ASSERT(!backend->ops->begin(backend, &w.op));
    for (int i = 1; i <= 2; i++) {
        send_all(backend, pair.client, "x", 1);
        poll_settle(backend);
        ASSERT_EQ(w.told, i);
    }
    w.op.over = over_and_out;
    backend->ops->cancel(backend, &w.op);
    poll_settle(backend);
    close_pair(backend, pair);
}

/* The rest of the event is about a socket that is gone. */
static void over_may_close_and_open(struct coil__backend *backend)
{
    struct echo echo = { .backend = backend, .pair = open_pair(backend) };
    struct probe first = { .then = close_and_open, .arg = &echo };
    struct probe second = { 0 };
    struct probe write = { 0 };
    int filler = backend->ops->socket(backend, AF_INET,
                                      SOCK_STREAM); /* the lowest number */
    char data[2];

    write_until_full(backend, echo.pair.server, &write);
    ASSERT(!probe_read(backend, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(backend, &second, echo.pair.server, &data[1], 1));
    send_all(backend, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    ASSERT(second.done && write.done);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(write.op.result, -EBADF);
    backend->ops->close_socket(backend, filler);
    backend->ops->close_socket(backend, echo.fd);
    backend->ops->close_socket(backend, echo.pair.client);
    ASSERT_EQ(backend->sockets, 0);
}

static void cancel_victim(struct probe *probe)
{
    struct echo *echo = probe->arg;

    echo->backend->ops->cancel(echo->backend, &echo->victim->op);
}

static void over_may_cancel_others(struct coil__backend *backend)
{
    struct probe second = { 0 };
    struct echo echo = {
        .backend = backend,
        .pair = open_pair(backend),
        .victim = &second,
    };
    struct probe first = { .then = cancel_victim, .arg = &echo };
    char data[2];
    int left = 2;

    ASSERT(!probe_read(backend, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(backend, &second, echo.pair.server, &data[1], 1));
    send_all(backend, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    probe_wait(backend, &second);
    left = second.op.result == 1 ? 0 : 1;
    ASSERT(second.op.result == 1 || second.op.result == -ECANCELED);
    if (left > 0)
        recv_all(backend, echo.pair.server, &data[1], 1);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(backend, echo.pair);
}

static void read_and_write_again(struct probe *probe)
{
    struct echo *echo = probe->arg;
    char data[1] = "";

    ASSERT_EQ(do_read(echo->backend, echo->pair.server, data, 1), -EBADF);
    ASSERT_EQ(do_write(echo->backend, echo->pair.server, data, 1), -EBADF);
}

/* Who is told that a socket is being closed cannot use it any more. */
static void
nothing_begins_on_a_socket_that_is_being_closed(struct coil__backend *backend)
{
    struct echo echo = { .backend = backend, .pair = open_pair(backend) };
    struct probe first = { .then = read_and_write_again, .arg = &echo };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(backend, &second, echo.pair.server, &data[1], 1));
    backend->ops->close_socket(backend, echo.pair.server);
    ASSERT(first.done && second.done);
    ASSERT_EQ(first.op.result, -EBADF);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(backend->pending, 0);

    /* The number is used again. */
    backend->ops->close_socket(backend, echo.pair.client);
    echo.pair = open_pair(backend);
    send_all(backend, echo.pair.client, "ab", 2);
    recv_all(backend, echo.pair.server, data, 2);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(backend, echo.pair);
}

/* ---- many ---- */

static void a_reused_number_is_a_new_socket(struct coil__backend *backend)
{
    struct pair old = open_pair(backend);
    struct pair pair;
    struct probe read = { 0 };
    char data[4];

    ASSERT(!probe_read(backend, &read, old.server, data, sizeof(data)));
    probe_cancel(backend, &read);
    send_all(backend, old.client, "old", 3);
    close_pair(backend, old);
    pair = open_pair(backend);
    ASSERT(pair.client == old.client || pair.server == old.client ||
           pair.client == old.server || pair.server == old.server);
    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    poll_settle(backend);
    ASSERT(!read.done);
    send_all(backend, pair.client, "new", 3);
    ASSERT_GT(probe_wait(backend, &read), 0);
    ASSERT_EQ(data[0], 'n');
    close_pair(backend, pair);
}

#define MANY 300

static void many_sockets(struct coil__backend *backend)
{
    static struct pair pair[MANY];
    static struct probe read[MANY];
    static char data[MANY];
    int i;

    for (i = 0; i < MANY; i++) {
        pair[i] = open_pair(backend);
        ASSERT(!probe_read(backend, &read[i], pair[i].server, &data[i], 1));
    }
    ASSERT_EQ(backend->sockets, 2 * MANY);
    for (i = 0; i < MANY; i++)
        send_all(backend, pair[i].client, i % 2 ? "x" : "y", 1);
    for (i = 0; i < MANY; i++) {
        ASSERT_EQ(probe_wait(backend, &read[i]), 1);
        ASSERT_EQ(data[i], i % 2 ? 'x' : 'y');
    }
    for (i = 0; i < MANY; i++)
        close_pair(backend, pair[i]);
    ASSERT_EQ(backend->sockets, 0);
}

/* ---- waiting ---- */

static void nothing_to_wait_for_is_a_deadlock(struct coil__backend *backend)
{
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    backend->ops->wake(backend);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    ASSERT_EQ(backend->ops->wait(backend, backend->ops->now(backend)), 0);

    backend->holds = 1;
    backend->ops->wake(backend);
    backend->ops->wake(backend);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    backend->holds = 0;
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
}

static void a_past_deadline_only_looks(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    coil_time start = backend->ops->now(backend);
    char data[1];

    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    ASSERT_EQ(backend->ops->wait(backend, INT64_MIN), 0);
    ASSERT_EQ(backend->ops->wait(backend, -1), 0);
    ASSERT_EQ(backend->ops->wait(backend, 0), 0);
    ASSERT_EQ(backend->ops->wait(backend, start), 0);
    ASSERT_LE(backend->ops->now(backend), start + COIL_SECOND);
    ASSERT(!read.done);
    send_all(backend, pair.client, "x", 1);
    poll_settle(backend);
    ASSERT(read.done);
    close_pair(backend, pair);
}

/* ---- all of them ---- */

const struct poll_scenario poll_scenarios_end[] = {
    { "close_ends_what_pends", close_ends_what_pends },
    { "close_of_a_listener_ends_what_pends",
      close_of_a_listener_ends_what_pends },
    { "stale_means_readable_or_ended", stale_means_readable_or_ended },
    { "a_reset_socket_is_stale_and_has_no_peer",
      a_reset_socket_is_stale_and_has_no_peer },
    { "nothing_is_read_and_written_at_once",
      nothing_is_read_and_written_at_once },
    { "misuse_is_an_error", misuse_is_an_error },
    { "over_may_begin_the_next", over_may_begin_the_next },
    { "over_may_watch_on", over_may_watch_on },
    { "over_may_close_and_open", over_may_close_and_open },
    { "over_may_cancel_others", over_may_cancel_others },
    { "nothing_begins_on_a_socket_that_is_being_closed",
      nothing_begins_on_a_socket_that_is_being_closed },
    { "a_reused_number_is_a_new_socket", a_reused_number_is_a_new_socket },
    { "many_sockets", many_sockets },
    { "nothing_to_wait_for_is_a_deadlock", nothing_to_wait_for_is_a_deadlock },
    { "a_past_deadline_only_looks", a_past_deadline_only_looks },
    { NULL, NULL },
};
