/* SPDX-License-Identifier: MIT */
/* poll_scenarios.c - what every backend must do alike */
#include <string.h>

#include "poll_test.h"

/* ---- connecting ---- */

void scenario_connects_and_accepts(struct coil__backend *backend)
{
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct coil_address address;
    struct coil_address from = { 0 };
    struct coil_address local;
    struct coil_address remote;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
    int server;

    ASSERT_EQ(backend->ops->peer_address(backend, client, &remote), -ENOTCONN);
    accept.op = (struct coil_op){
        .kind = COIL_OP_ACCEPT,
        .fd = listener,
        .address = &from,
    };
    ASSERT(!probe_begin(backend, &accept));
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    server = (int)probe_wait(backend, &accept);
    ASSERT_OK(server);
    ASSERT_EQ(backend->sockets, 3);

    ASSERT_OK(backend->ops->local_address(backend, client, &local));
    ASSERT_OK(backend->ops->peer_address(backend, server, &remote));
    ASSERT_EQ(local.length, remote.length);
    ASSERT_MEM_EQ(&local.storage, &remote.storage, local.length);
    ASSERT_EQ(from.length, local.length);
    ASSERT_MEM_EQ(&from.storage, &local.storage, local.length);
    ASSERT_OK(backend->ops->peer_address(backend, client, &remote));
    ASSERT_MEM_EQ(&remote.storage, &address.storage, address.length);

    close_pair(backend, (struct pair){ client, server });
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(backend->sockets, 0);
}

void scenario_accepts_what_connected_before(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client[3];
    struct probe connect[3] = { 0 };
    int i;

    for (i = 0; i < 3; i++) {
        client[i] = backend->ops->socket(backend, AF_INET);
        probe_connect(backend, &connect[i], client[i], &address);
        ASSERT_EQ(probe_wait(backend, &connect[i]), 0);
    }
    for (i = 0; i < 3; i++) {
        struct coil_address local;
        struct coil_address remote;
        struct probe accept = { 0 };
        int fd;

        probe_accept(backend, &accept, listener);
        fd = (int)probe_wait(backend, &accept);
        ASSERT_OK(fd);
        ASSERT_OK(backend->ops->local_address(backend, client[i], &local));
        ASSERT_OK(backend->ops->peer_address(backend, fd, &remote));
        ASSERT_MEM_EQ(&local.storage, &remote.storage, local.length);
        close_pair(backend, (struct pair){ client[i], fd });
    }
    backend->ops->close_socket(backend, listener);
}

void scenario_refuses_where_nobody_listens(struct coil__backend *backend)
{
    struct coil_address address;
    struct probe connect = { 0 };
    int client = backend->ops->socket(backend, AF_INET);
    int listener = open_listener(backend, &address);

    backend->ops->close_socket(backend, listener);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), -ECONNREFUSED);
    backend->ops->close_socket(backend, client);
}

void scenario_bind_finds_an_address_in_use(struct coil__backend *backend)
{
    struct coil_address address;
    int first = open_listener(backend, &address);
    int second = backend->ops->socket(backend, AF_INET);

    ASSERT_EQ(backend->ops->bind(backend, second, &address), -EADDRINUSE);
    backend->ops->close_socket(backend, second);
    backend->ops->close_socket(backend, first);

    second = backend->ops->socket(backend, AF_INET);
    ASSERT_OK(backend->ops->bind(backend, second, &address));
    backend->ops->close_socket(backend, second);
}

/* ---- order ---- */

void scenario_read_waits_for_data(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[8];

    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    poll_settle(backend);
    ASSERT(!read.done);
    send_all(backend, pair.client, "x", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(data[0], 'x');

    send_all(backend, pair.client, "hello", 5);
    recv_all(backend, pair.server, data, 5);
    ASSERT_MEM_EQ(data, "hello", 5);
    close_pair(backend, pair);
}

void scenario_reads_are_served_in_order(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read[3] = { 0 };
    char data[3];
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(backend, &read[i], pair.server, &data[i], 1));
    send_all(backend, pair.client, "abc", 3);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(probe_wait(backend, &read[i]), 1);
    ASSERT_MEM_EQ(data, "abc", 3);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_LT(read[1].order, read[2].order);
    close_pair(backend, pair);
}

/* Data is there for the one that waits, but it has not been told yet. */
void scenario_newcomers_do_not_overtake(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe first = { 0 };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &first, pair.server, &data[0], 1));
    if (probe_write(backend, &second, pair.client, "ab", 2))
        ASSERT(!first.done);
    probe_wait(backend, &second);
    if (second.op.result == 1)
        send_all(backend, pair.client, "b", 1);
    if (!first.done)
        ASSERT(!probe_read(backend, &second, pair.server, &data[1], 1));
    else
        probe_read(backend, &second, pair.server, &data[1], 1);
    ASSERT_EQ(probe_wait(backend, &second), 1);
    ASSERT(first.done);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(backend, pair);
}

void scenario_cancelled_reads_do_not_overtake(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe first = { 0 };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(backend, &first, pair.server, &data[0], 1));
    ASSERT(!probe_read(backend, &second, pair.server, &data[1], 1));
    send_all(backend, pair.client, "a", 1);
    if (!second.done)
        probe_cancel(backend, &second);
    ASSERT_EQ(second.op.result, -ECANCELED);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    ASSERT_EQ(data[0], 'a');
    close_pair(backend, pair);
}

/* Two more writes behind one that waits must not overtake it. */
void scenario_writes_are_sent_in_order(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write[3] = { 0 };
    static char data[65536];
    char last[2] = "";

    write_until_full(backend, pair.client, &write[0]);
    ASSERT(!probe_write(backend, &write[1], pair.client, "1", 1));
    ASSERT(!probe_write(backend, &write[2], pair.client, "2", 1));
    while (last[1] != '2') {
        ptrdiff_t n = do_read(backend, pair.server, data, sizeof(data));

        ASSERT_GT(n, 0);
        last[0] = n > 1 ? data[n - 2] : last[1];
        last[1] = data[n - 1];
    }
    ASSERT_EQ(last[0], '1');
    ASSERT_EQ(probe_wait(backend, &write[1]), 1);
    ASSERT_EQ(probe_wait(backend, &write[2]), 1);
    ASSERT_LT(write[0].order, write[1].order);
    ASSERT_LT(write[1].order, write[2].order);
    close_pair(backend, pair);
}

void scenario_accepts_are_served_in_order(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct probe accept[3] = { 0 };
    struct probe connect[3] = { 0 };
    int client[3];
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_accept(backend, &accept[i], listener));
    for (i = 0; i < 3; i++) {
        client[i] = backend->ops->socket(backend, AF_INET);
        probe_connect(backend, &connect[i], client[i], &address);
        ASSERT_EQ(probe_wait(backend, &connect[i]), 0);
    }
    for (i = 0; i < 3; i++) {
        ASSERT_OK(probe_wait(backend, &accept[i]));
        close_pair(backend,
                   (struct pair){ client[i], (int)accept[i].op.result });
    }
    ASSERT_LT(accept[0].order, accept[1].order);
    ASSERT_LT(accept[1].order, accept[2].order);
    backend->ops->close_socket(backend, listener);
}

void scenario_a_full_pipe_holds_the_writer_back(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    static char data[65536];
    size_t sent = write_until_full(backend, pair.client, &write);
    size_t got = 0;

    while (!write.done || got < sent + (size_t)write.op.result) {
        ptrdiff_t n = do_read(backend, pair.server, data, sizeof(data));

        ASSERT_GT(n, 0);
        got += (size_t)n;
        if (write.done)
            ASSERT_GT(write.op.result, 0);
    }
    ASSERT_EQ(got, sent + (size_t)write.op.result);
    close_pair(backend, pair);
}

/* ---- the end ---- */

void scenario_half_closed_still_reads(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    char data[4];

    send_all(backend, pair.client, "ask", 3);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    recv_all(backend, pair.server, data, 3);
    ASSERT_EQ(do_read(backend, pair.server, data, 1), 0);
    send_all(backend, pair.server, "tell", 4);
    recv_all(backend, pair.client, data, 4);
    ASSERT_MEM_EQ(data, "tell", 4);
    close_pair(backend, pair);
}

void scenario_peer_close_is_the_end(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[4];

    ASSERT(!probe_read(backend, &read, pair.client, data, sizeof(data)));
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(probe_wait(backend, &read), 0);
    ASSERT_EQ(do_read(backend, pair.client, data, sizeof(data)), 0);
    backend->ops->close_socket(backend, pair.client);
}

/* Reads larger than what is there, so that each is short; then comes the end. */
void scenario_data_before_the_end_is_read(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[64];
    size_t got;

    ASSERT(!probe_read(backend, &read, pair.client, data, sizeof(data)));
    send_all(backend, pair.server, "one", 3);
    got = (size_t)probe_wait(backend, &read);
    if (got < 3)
        recv_all(backend, pair.client, data + got, 3 - got);

    ASSERT(!probe_read(backend, &read, pair.client, data, sizeof(data)));
    send_all(backend, pair.server, "two", 3);
    backend->ops->close_socket(backend, pair.server);
    got = (size_t)probe_wait(backend, &read);
    if (got < 3)
        recv_all(backend, pair.client, data + got, 3 - got);
    ASSERT_MEM_EQ(data, "two", 3);
    ASSERT_EQ(do_read(backend, pair.client, data, sizeof(data)), 0);
    backend->ops->close_socket(backend, pair.client);
}

void scenario_close_with_unread_data_resets(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    char data[8];

    send_all(backend, pair.server, "kept", 4);
    send_all(backend, pair.client, "lost", 4);
    poll_settle(backend);
    backend->ops->close_socket(backend, pair.server);
    poll_settle(backend);
    ASSERT(backend->ops->is_stale(backend, pair.client));
    recv_all(backend, pair.client, data, 4);
    ASSERT_MEM_EQ(data, "kept", 4);
    ASSERT_EQ(do_read(backend, pair.client, data, 4), -ECONNRESET);
    ASSERT_EQ(do_read(backend, pair.client, data, 4), 0);
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    ASSERT_EQ(backend->ops->shutdown(backend, pair.client), -ENOTCONN);
    backend->ops->close_socket(backend, pair.client);
}

void scenario_reset_ends_a_pending_write(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };

    write_until_full(backend, pair.client, &write);
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(probe_wait(backend, &write), -ECONNRESET);
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    backend->ops->close_socket(backend, pair.client);
}

/* The reader must be told; the writer's error is what is left. */
void scenario_reset_ends_a_pending_read(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    struct probe read = { 0 };
    char data[8];
    ptrdiff_t result;

    ASSERT(!probe_read(backend, &read, pair.client, data, sizeof(data)));
    write_until_full(backend, pair.client, &write);
    backend->ops->close_socket(backend, pair.server);
    result = probe_wait(backend, &read);
    ASSERT(result == -ECONNRESET || (result == 0 && write.done));
    ASSERT_LT(probe_wait(backend, &write), 0);
    backend->ops->close_socket(backend, pair.client);
}

void scenario_writing_to_a_closed_peer_fails(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);

    backend->ops->close_socket(backend, pair.server);
    poll_settle(backend);
    ASSERT_EQ(do_write(backend, pair.client, "lost", 4), 4);
    poll_settle(backend);
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    backend->ops->close_socket(backend, pair.client);
}

void scenario_shutdown_ends_a_pending_write(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };

    write_until_full(backend, pair.client, &write);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    ASSERT_EQ(probe_wait(backend, &write), -EPIPE);
    close_pair(backend, pair);
}

/* ---- cancelling ---- */

void scenario_cancelled_read_loses_nothing(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[4] = "";

    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    ASSERT_EQ(probe_cancel(backend, &read), -ECANCELED);
    send_all(backend, pair.client, "abcd", 4);
    poll_settle(backend);
    ASSERT_EQ(data[0], '\0');
    recv_all(backend, pair.server, data, 4);
    ASSERT_MEM_EQ(data, "abcd", 4);

    /* Now data comes before the cancellation, and may win. */
    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    send_all(backend, pair.client, "xy", 2);
    if (!read.done)
        probe_cancel(backend, &read);
    if (read.op.result == -ECANCELED)
        recv_all(backend, pair.server, data, 1);
    ASSERT_EQ(data[0], 'x');
    recv_all(backend, pair.server, data, 1);
    ASSERT_EQ(data[0], 'y');
    close_pair(backend, pair);
}

void scenario_cancelled_write_sends_nothing(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    static char data[65536];
    size_t sent = write_until_full(backend, pair.client, &write);
    size_t got = 0;

    ASSERT_EQ(probe_cancel(backend, &write), -ECANCELED);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    for (;;) {
        size_t n = (size_t)do_read(backend, pair.server, data, sizeof(data));

        if (n == 0)
            break;
        got += n;
    }
    ASSERT_EQ(got, sent);
    close_pair(backend, pair);
}

void scenario_cancelled_accept_loses_nothing(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };

    ASSERT(!probe_accept(backend, &accept, listener));
    ASSERT_EQ(probe_cancel(backend, &accept), -ECANCELED);

    ASSERT(!probe_accept(backend, &accept, listener));
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    if (!accept.done)
        probe_cancel(backend, &accept);
    if (accept.op.result == -ECANCELED)
        probe_accept(backend, &accept, listener);
    ASSERT_OK(probe_wait(backend, &accept));
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(backend->sockets, 0);
}

void scenario_cancelled_connect_can_be_closed(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };

    if (!probe_connect(backend, &connect, client, &address))
        probe_cancel(backend, &connect);
    ASSERT(connect.op.result == 0 || connect.op.result == -ECANCELED);
    backend->ops->close_socket(backend, client);

    /* A socket with that number is not disturbed. */
    client = backend->ops->socket(backend, AF_INET);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    poll_settle(backend);
    do {
        char data[1];

        probe_accept(backend, &accept, listener);
        ASSERT_OK(probe_wait(backend, &accept));
        if (backend->sockets == 3 &&
            !backend->ops->is_stale(backend, (int)accept.op.result))
            break;
        ASSERT_LE(do_read(backend, (int)accept.op.result, data, 1), 0);
        backend->ops->close_socket(backend, (int)accept.op.result);
    } while (true);
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
}

void scenario_cancel_in_the_middle_of_a_queue(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe read[3] = { 0 };
    char data[3] = "";
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(backend, &read[i], pair.server, &data[i], 1));
    ASSERT_EQ(probe_cancel(backend, &read[1]), -ECANCELED);
    send_all(backend, pair.client, "ac", 2);
    ASSERT_EQ(probe_wait(backend, &read[0]), 1);
    ASSERT_EQ(probe_wait(backend, &read[2]), 1);
    ASSERT_MEM_EQ(data, "a\0c", 3);

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(backend, &read[i], pair.server, &data[i], 1));
    ASSERT_EQ(probe_cancel(backend, &read[0]), -ECANCELED);
    ASSERT_EQ(probe_cancel(backend, &read[2]), -ECANCELED);
    send_all(backend, pair.client, "b", 1);
    ASSERT_EQ(probe_wait(backend, &read[1]), 1);
    ASSERT_EQ(data[1], 'b');
    close_pair(backend, pair);
}

/* ---- closing ---- */

void scenario_close_ends_what_pends(struct coil__backend *backend)
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

void scenario_close_of_a_listener_ends_what_pends(struct coil__backend *backend)
{
    struct coil_address address;
    struct probe connect = { 0 };
    struct probe accept[2] = { 0 };
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
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

void scenario_stale_means_readable_or_ended(struct coil__backend *backend)
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

void scenario_a_reset_socket_is_stale_and_has_no_peer(
    struct coil__backend *backend)
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
void scenario_nothing_is_read_and_written_at_once(struct coil__backend *backend)
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

void scenario_misuse_is_an_error(struct coil__backend *backend)
{
    struct coil_address address;
    struct pair pair = open_pair(backend);
    int listener = open_listener(backend, &address);
    int fresh = backend->ops->socket(backend, AF_INET);
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
    ASSERT_LT(backend->ops->socket(backend, 12345), 0);
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

void scenario_over_may_begin_the_next(struct coil__backend *backend)
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
    echo->fd = echo->backend->ops->socket(echo->backend, AF_INET);
    ASSERT_EQ(echo->fd, echo->pair.server);
}

/* The rest of the event is about a socket that is gone. */
void scenario_over_may_close_and_open(struct coil__backend *backend)
{
    struct echo echo = { .backend = backend, .pair = open_pair(backend) };
    struct probe first = { .then = close_and_open, .arg = &echo };
    struct probe second = { 0 };
    struct probe write = { 0 };
    int filler = backend->ops->socket(backend, AF_INET); /* the lowest number */
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

void scenario_over_may_cancel_others(struct coil__backend *backend)
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
void scenario_nothing_begins_on_a_socket_that_is_being_closed(
    struct coil__backend *backend)
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

void scenario_a_reused_number_is_a_new_socket(struct coil__backend *backend)
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

void scenario_many_sockets(struct coil__backend *backend)
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

void scenario_nothing_to_wait_for_is_a_deadlock(struct coil__backend *backend)
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

void scenario_a_past_deadline_only_looks(struct coil__backend *backend)
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
