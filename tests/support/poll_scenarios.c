/* SPDX-License-Identifier: MIT */
/* poll_scenarios.c - what every backend must do alike */
#include <string.h>

#include "poll_test.h"

/* ---- connecting ---- */

void scenario_connects_and_accepts(struct coil_poll *poll)
{
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct coil_address address;
    struct coil_address from = { 0 };
    struct coil_address local;
    struct coil_address remote;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    int server;

    ASSERT_EQ(poll->ops->peer_address(poll, client, &remote), -ENOTCONN);
    accept.op = (struct coil_op){
        .kind = COIL_OP_ACCEPT,
        .fd = listener,
        .address = &from,
    };
    ASSERT(!probe_begin(poll, &accept));
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    server = (int)probe_wait(poll, &accept);
    ASSERT_OK(server);
    ASSERT_EQ(poll->sockets, 3);

    ASSERT_OK(poll->ops->local_address(poll, client, &local));
    ASSERT_OK(poll->ops->peer_address(poll, server, &remote));
    ASSERT_EQ(local.length, remote.length);
    ASSERT_MEM_EQ(&local.storage, &remote.storage, local.length);
    ASSERT_EQ(from.length, local.length);
    ASSERT_MEM_EQ(&from.storage, &local.storage, local.length);
    ASSERT_OK(poll->ops->peer_address(poll, client, &remote));
    ASSERT_MEM_EQ(&remote.storage, &address.storage, address.length);

    close_pair(poll, (struct pair){ client, server });
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(poll->sockets, 0);
}

void scenario_accepts_what_connected_before(struct coil_poll *poll)
{
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client[3];
    struct probe connect[3] = { 0 };
    int i;

    for (i = 0; i < 3; i++) {
        client[i] = poll->ops->socket(poll, AF_INET);
        probe_connect(poll, &connect[i], client[i], &address);
        ASSERT_EQ(probe_wait(poll, &connect[i]), 0);
    }
    for (i = 0; i < 3; i++) {
        struct coil_address local;
        struct coil_address remote;
        struct probe accept = { 0 };
        int fd;

        probe_accept(poll, &accept, listener);
        fd = (int)probe_wait(poll, &accept);
        ASSERT_OK(fd);
        ASSERT_OK(poll->ops->local_address(poll, client[i], &local));
        ASSERT_OK(poll->ops->peer_address(poll, fd, &remote));
        ASSERT_MEM_EQ(&local.storage, &remote.storage, local.length);
        close_pair(poll, (struct pair){ client[i], fd });
    }
    poll->ops->close_socket(poll, listener);
}

void scenario_refuses_where_nobody_listens(struct coil_poll *poll)
{
    struct coil_address address;
    struct probe connect = { 0 };
    int client = poll->ops->socket(poll, AF_INET);
    int listener = open_listener(poll, &address);

    poll->ops->close_socket(poll, listener);
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), -ECONNREFUSED);
    poll->ops->close_socket(poll, client);
}

void scenario_bind_finds_an_address_in_use(struct coil_poll *poll)
{
    struct coil_address address;
    int first = open_listener(poll, &address);
    int second = poll->ops->socket(poll, AF_INET);

    ASSERT_EQ(poll->ops->bind(poll, second, &address), -EADDRINUSE);
    poll->ops->close_socket(poll, second);
    poll->ops->close_socket(poll, first);

    second = poll->ops->socket(poll, AF_INET);
    ASSERT_OK(poll->ops->bind(poll, second, &address));
    poll->ops->close_socket(poll, second);
}

/* ---- order ---- */

void scenario_read_waits_for_data(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[8];

    ASSERT(!probe_read(poll, &read, pair.server, data, sizeof(data)));
    poll_settle(poll);
    ASSERT(!read.done);
    send_all(poll, pair.client, "x", 1);
    ASSERT_EQ(probe_wait(poll, &read), 1);
    ASSERT_EQ(data[0], 'x');

    send_all(poll, pair.client, "hello", 5);
    recv_all(poll, pair.server, data, 5);
    ASSERT_MEM_EQ(data, "hello", 5);
    close_pair(poll, pair);
}

void scenario_reads_are_served_in_order(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read[3] = { 0 };
    char data[3];
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(poll, &read[i], pair.server, &data[i], 1));
    send_all(poll, pair.client, "abc", 3);
    for (i = 0; i < 3; i++)
        ASSERT_EQ(probe_wait(poll, &read[i]), 1);
    ASSERT_MEM_EQ(data, "abc", 3);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_LT(read[1].order, read[2].order);
    close_pair(poll, pair);
}

/* Data is there for the one that waits, but it has not been told yet. */
void scenario_newcomers_do_not_overtake(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe first = { 0 };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &first, pair.server, &data[0], 1));
    if (probe_write(poll, &second, pair.client, "ab", 2))
        ASSERT(!first.done);
    probe_wait(poll, &second);
    if (second.op.result == 1)
        send_all(poll, pair.client, "b", 1);
    if (!first.done)
        ASSERT(!probe_read(poll, &second, pair.server, &data[1], 1));
    else
        probe_read(poll, &second, pair.server, &data[1], 1);
    ASSERT_EQ(probe_wait(poll, &second), 1);
    ASSERT(first.done);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(poll, pair);
}

void scenario_cancelled_reads_do_not_overtake(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe first = { 0 };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &first, pair.server, &data[0], 1));
    ASSERT(!probe_read(poll, &second, pair.server, &data[1], 1));
    send_all(poll, pair.client, "a", 1);
    if (!second.done)
        probe_cancel(poll, &second);
    ASSERT_EQ(second.op.result, -ECANCELED);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    ASSERT_EQ(data[0], 'a');
    close_pair(poll, pair);
}

/* Two more writes behind one that waits must not overtake it. */
void scenario_writes_are_sent_in_order(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write[3] = { 0 };
    static char data[65536];
    char last[2] = "";

    write_until_full(poll, pair.client, &write[0]);
    ASSERT(!probe_write(poll, &write[1], pair.client, "1", 1));
    ASSERT(!probe_write(poll, &write[2], pair.client, "2", 1));
    while (last[1] != '2') {
        ptrdiff_t n = do_read(poll, pair.server, data, sizeof(data));

        ASSERT_GT(n, 0);
        last[0] = n > 1 ? data[n - 2] : last[1];
        last[1] = data[n - 1];
    }
    ASSERT_EQ(last[0], '1');
    ASSERT_EQ(probe_wait(poll, &write[1]), 1);
    ASSERT_EQ(probe_wait(poll, &write[2]), 1);
    ASSERT_LT(write[0].order, write[1].order);
    ASSERT_LT(write[1].order, write[2].order);
    close_pair(poll, pair);
}

void scenario_accepts_are_served_in_order(struct coil_poll *poll)
{
    struct coil_address address;
    int listener = open_listener(poll, &address);
    struct probe accept[3] = { 0 };
    struct probe connect[3] = { 0 };
    int client[3];
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_accept(poll, &accept[i], listener));
    for (i = 0; i < 3; i++) {
        client[i] = poll->ops->socket(poll, AF_INET);
        probe_connect(poll, &connect[i], client[i], &address);
        ASSERT_EQ(probe_wait(poll, &connect[i]), 0);
    }
    for (i = 0; i < 3; i++) {
        ASSERT_OK(probe_wait(poll, &accept[i]));
        close_pair(poll, (struct pair){ client[i], (int)accept[i].op.result });
    }
    ASSERT_LT(accept[0].order, accept[1].order);
    ASSERT_LT(accept[1].order, accept[2].order);
    poll->ops->close_socket(poll, listener);
}

void scenario_a_full_pipe_holds_the_writer_back(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };
    static char data[65536];
    size_t sent = write_until_full(poll, pair.client, &write);
    size_t got = 0;

    while (!write.done || got < sent + (size_t)write.op.result) {
        ptrdiff_t n = do_read(poll, pair.server, data, sizeof(data));

        ASSERT_GT(n, 0);
        got += (size_t)n;
        if (write.done)
            ASSERT_GT(write.op.result, 0);
    }
    ASSERT_EQ(got, sent + (size_t)write.op.result);
    close_pair(poll, pair);
}

/* ---- the end ---- */

void scenario_half_closed_still_reads(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    char data[4];

    send_all(poll, pair.client, "ask", 3);
    ASSERT_OK(poll->ops->shutdown(poll, pair.client));
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), -EPIPE);
    recv_all(poll, pair.server, data, 3);
    ASSERT_EQ(do_read(poll, pair.server, data, 1), 0);
    send_all(poll, pair.server, "tell", 4);
    recv_all(poll, pair.client, data, 4);
    ASSERT_MEM_EQ(data, "tell", 4);
    close_pair(poll, pair);
}

void scenario_peer_close_is_the_end(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[4];

    ASSERT(!probe_read(poll, &read, pair.client, data, sizeof(data)));
    poll->ops->close_socket(poll, pair.server);
    ASSERT_EQ(probe_wait(poll, &read), 0);
    ASSERT_EQ(do_read(poll, pair.client, data, sizeof(data)), 0);
    poll->ops->close_socket(poll, pair.client);
}

/* Reads larger than what is there, so that each is short; then comes the end. */
void scenario_data_before_the_end_is_read(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[64];
    size_t got;

    ASSERT(!probe_read(poll, &read, pair.client, data, sizeof(data)));
    send_all(poll, pair.server, "one", 3);
    got = (size_t)probe_wait(poll, &read);
    if (got < 3)
        recv_all(poll, pair.client, data + got, 3 - got);

    ASSERT(!probe_read(poll, &read, pair.client, data, sizeof(data)));
    send_all(poll, pair.server, "two", 3);
    poll->ops->close_socket(poll, pair.server);
    got = (size_t)probe_wait(poll, &read);
    if (got < 3)
        recv_all(poll, pair.client, data + got, 3 - got);
    ASSERT_MEM_EQ(data, "two", 3);
    ASSERT_EQ(do_read(poll, pair.client, data, sizeof(data)), 0);
    poll->ops->close_socket(poll, pair.client);
}

void scenario_close_with_unread_data_resets(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    char data[8];

    send_all(poll, pair.server, "kept", 4);
    send_all(poll, pair.client, "lost", 4);
    poll_settle(poll);
    poll->ops->close_socket(poll, pair.server);
    poll_settle(poll);
    ASSERT(poll->ops->is_stale(poll, pair.client));
    recv_all(poll, pair.client, data, 4);
    ASSERT_MEM_EQ(data, "kept", 4);
    ASSERT_EQ(do_read(poll, pair.client, data, 4), -ECONNRESET);
    ASSERT_EQ(do_read(poll, pair.client, data, 4), 0);
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), -EPIPE);
    ASSERT_EQ(poll->ops->shutdown(poll, pair.client), -ENOTCONN);
    poll->ops->close_socket(poll, pair.client);
}

void scenario_reset_ends_a_pending_write(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };

    write_until_full(poll, pair.client, &write);
    poll->ops->close_socket(poll, pair.server);
    ASSERT_EQ(probe_wait(poll, &write), -ECONNRESET);
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), -EPIPE);
    poll->ops->close_socket(poll, pair.client);
}

/* The reader must be told; the writer's error is what is left. */
void scenario_reset_ends_a_pending_read(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };
    struct probe read = { 0 };
    char data[8];
    ptrdiff_t result;

    ASSERT(!probe_read(poll, &read, pair.client, data, sizeof(data)));
    write_until_full(poll, pair.client, &write);
    poll->ops->close_socket(poll, pair.server);
    result = probe_wait(poll, &read);
    ASSERT(result == -ECONNRESET || (result == 0 && write.done));
    ASSERT_LT(probe_wait(poll, &write), 0);
    poll->ops->close_socket(poll, pair.client);
}

void scenario_writing_to_a_closed_peer_fails(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);

    poll->ops->close_socket(poll, pair.server);
    poll_settle(poll);
    ASSERT_EQ(do_write(poll, pair.client, "lost", 4), 4);
    poll_settle(poll);
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), -EPIPE);
    ASSERT_EQ(do_write(poll, pair.client, "x", 1), -EPIPE);
    poll->ops->close_socket(poll, pair.client);
}

void scenario_shutdown_ends_a_pending_write(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };

    write_until_full(poll, pair.client, &write);
    ASSERT_OK(poll->ops->shutdown(poll, pair.client));
    ASSERT_EQ(probe_wait(poll, &write), -EPIPE);
    close_pair(poll, pair);
}

/* ---- cancelling ---- */

void scenario_cancelled_read_loses_nothing(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[4] = "";

    ASSERT(!probe_read(poll, &read, pair.server, data, sizeof(data)));
    ASSERT_EQ(probe_cancel(poll, &read), -ECANCELED);
    send_all(poll, pair.client, "abcd", 4);
    poll_settle(poll);
    ASSERT_EQ(data[0], '\0');
    recv_all(poll, pair.server, data, 4);
    ASSERT_MEM_EQ(data, "abcd", 4);

    /* Now data comes before the cancellation, and may win. */
    ASSERT(!probe_read(poll, &read, pair.server, data, 1));
    send_all(poll, pair.client, "xy", 2);
    if (!read.done)
        probe_cancel(poll, &read);
    if (read.op.result == -ECANCELED)
        recv_all(poll, pair.server, data, 1);
    ASSERT_EQ(data[0], 'x');
    recv_all(poll, pair.server, data, 1);
    ASSERT_EQ(data[0], 'y');
    close_pair(poll, pair);
}

void scenario_cancelled_write_sends_nothing(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };
    static char data[65536];
    size_t sent = write_until_full(poll, pair.client, &write);
    size_t got = 0;

    ASSERT_EQ(probe_cancel(poll, &write), -ECANCELED);
    ASSERT_OK(poll->ops->shutdown(poll, pair.client));
    for (;;) {
        size_t n = (size_t)do_read(poll, pair.server, data, sizeof(data));

        if (n == 0)
            break;
        got += n;
    }
    ASSERT_EQ(got, sent);
    close_pair(poll, pair);
}

void scenario_cancelled_accept_loses_nothing(struct coil_poll *poll)
{
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };

    ASSERT(!probe_accept(poll, &accept, listener));
    ASSERT_EQ(probe_cancel(poll, &accept), -ECANCELED);

    ASSERT(!probe_accept(poll, &accept, listener));
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    if (!accept.done)
        probe_cancel(poll, &accept);
    if (accept.op.result == -ECANCELED)
        probe_accept(poll, &accept, listener);
    ASSERT_OK(probe_wait(poll, &accept));
    close_pair(poll, (struct pair){ client, (int)accept.op.result });
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(poll->sockets, 0);
}

void scenario_cancelled_connect_can_be_closed(struct coil_poll *poll)
{
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };

    if (!probe_connect(poll, &connect, client, &address))
        probe_cancel(poll, &connect);
    ASSERT(connect.op.result == 0 || connect.op.result == -ECANCELED);
    poll->ops->close_socket(poll, client);

    /* A socket with that number is not disturbed. */
    client = poll->ops->socket(poll, AF_INET);
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    poll_settle(poll);
    do {
        char data[1];

        probe_accept(poll, &accept, listener);
        ASSERT_OK(probe_wait(poll, &accept));
        if (poll->sockets == 3 &&
            !poll->ops->is_stale(poll, (int)accept.op.result))
            break;
        ASSERT_LE(do_read(poll, (int)accept.op.result, data, 1), 0);
        poll->ops->close_socket(poll, (int)accept.op.result);
    } while (true);
    close_pair(poll, (struct pair){ client, (int)accept.op.result });
    poll->ops->close_socket(poll, listener);
}

void scenario_cancel_in_the_middle_of_a_queue(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read[3] = { 0 };
    char data[3] = "";
    int i;

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(poll, &read[i], pair.server, &data[i], 1));
    ASSERT_EQ(probe_cancel(poll, &read[1]), -ECANCELED);
    send_all(poll, pair.client, "ac", 2);
    ASSERT_EQ(probe_wait(poll, &read[0]), 1);
    ASSERT_EQ(probe_wait(poll, &read[2]), 1);
    ASSERT_MEM_EQ(data, "a\0c", 3);

    for (i = 0; i < 3; i++)
        ASSERT(!probe_read(poll, &read[i], pair.server, &data[i], 1));
    ASSERT_EQ(probe_cancel(poll, &read[0]), -ECANCELED);
    ASSERT_EQ(probe_cancel(poll, &read[2]), -ECANCELED);
    send_all(poll, pair.client, "b", 1);
    ASSERT_EQ(probe_wait(poll, &read[1]), 1);
    ASSERT_EQ(data[1], 'b');
    close_pair(poll, pair);
}

/* ---- closing ---- */

void scenario_close_ends_what_pends(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read[2] = { 0 };
    struct probe write = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &read[0], pair.client, data, 1));
    ASSERT(!probe_read(poll, &read[1], pair.client, data, 1));
    write_until_full(poll, pair.client, &write);
    poll->ops->close_socket(poll, pair.client);
    ASSERT(read[0].done && read[1].done && write.done);
    ASSERT_EQ(read[0].op.result, -EBADF);
    ASSERT_EQ(read[1].op.result, -EBADF);
    ASSERT_EQ(write.op.result, -EBADF);
    ASSERT_LT(read[0].order, read[1].order);
    ASSERT_EQ(poll->pending, 0);
    poll_settle(poll);
    poll->ops->close_socket(poll, pair.server);
}

void scenario_close_of_a_listener_ends_what_pends(struct coil_poll *poll)
{
    struct coil_address address;
    struct probe connect = { 0 };
    struct probe accept[2] = { 0 };
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    char data[1];

    ASSERT(!probe_accept(poll, &accept[0], listener));
    ASSERT(!probe_accept(poll, &accept[1], listener));
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(accept[0].op.result, -EBADF);
    ASSERT_EQ(accept[1].op.result, -EBADF);
    ASSERT(accept[0].done && accept[1].done);

    /* A connection that nobody took is reset. */
    listener = open_listener(poll, &address);
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    poll_settle(poll);
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(do_read(poll, client, data, 1), -ECONNRESET);
    poll->ops->close_socket(poll, client);
}

void scenario_stale_means_readable_or_ended(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    char data[1];

    ASSERT(!poll->ops->is_stale(poll, pair.client));
    send_all(poll, pair.server, "x", 1);
    poll_settle(poll);
    ASSERT(poll->ops->is_stale(poll, pair.client));
    recv_all(poll, pair.client, data, 1);
    ASSERT(!poll->ops->is_stale(poll, pair.client));
    poll->ops->close_socket(poll, pair.server);
    poll_settle(poll);
    ASSERT(poll->ops->is_stale(poll, pair.client));
    poll->ops->close_socket(poll, pair.client);
}

void scenario_a_reset_socket_is_stale_and_has_no_peer(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct coil_address address;

    ASSERT_EQ(poll->ops->peer_address(poll, pair.client, &address), 0);
    send_all(poll, pair.client, "x", 1);
    poll_settle(poll);
    poll->ops->close_socket(poll, pair.server);
    poll_settle(poll);
    ASSERT_EQ(poll->ops->peer_address(poll, pair.client, &address), -ENOTCONN);
    ASSERT(poll->ops->is_stale(poll, pair.client));
    poll->ops->close_socket(poll, pair.client);
}

/* With data there, and where there is no room. */
void scenario_nothing_is_read_and_written_at_once(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };
    char data[1];

    send_all(poll, pair.server, "x", 1);
    poll_settle(poll);
    ASSERT_EQ(do_read(poll, pair.client, data, 0), 0);
    recv_all(poll, pair.client, data, 1);
    ASSERT_EQ(data[0], 'x');
    write_until_full(poll, pair.client, &write);
    probe_cancel(poll, &write);
    ASSERT_EQ(do_write(poll, pair.client, data, 0), 0);
    close_pair(poll, pair);
}

void scenario_misuse_is_an_error(struct coil_poll *poll)
{
    struct coil_address address;
    struct pair pair = open_pair(poll);
    int listener = open_listener(poll, &address);
    int fresh = poll->ops->socket(poll, AF_INET);
    struct probe probe = { 0 };
    char data[1];

    ASSERT_EQ(do_read(poll, fresh, data, 1), -ENOTCONN);
    ASSERT_EQ(do_write(poll, fresh, data, 1), -EPIPE);
    ASSERT_EQ(do_read(poll, listener, data, 1), -ENOTCONN);
    probe_accept(poll, &probe, fresh);
    ASSERT_EQ(probe_wait(poll, &probe), -EINVAL);
    probe_connect(poll, &probe, pair.client, &address);
    ASSERT_EQ(probe_wait(poll, &probe), -EISCONN);
    ASSERT_EQ(poll->ops->shutdown(poll, fresh), -ENOTCONN);
    ASSERT(poll->ops->is_stale(poll, fresh));
    ASSERT_EQ(poll->ops->bind(poll, listener, &address), -EINVAL);
    poll->ops->close_socket(poll, fresh);
    ASSERT_EQ(do_read(poll, fresh, data, 1), -EBADF);
    ASSERT_EQ(do_read(poll, -1, data, 1), -EBADF);
    ASSERT_EQ(poll->ops->shutdown(poll, fresh), -EBADF);
    ASSERT_EQ(poll->ops->local_address(poll, fresh, &address), -EBADF);
    ASSERT_EQ(poll->ops->peer_address(poll, fresh, &address), -EBADF);
    ASSERT_LT(poll->ops->socket(poll, 12345), 0);
    poll->ops->close_socket(poll, listener);
    close_pair(poll, pair);
}

/* ---- from within over() ---- */

struct echo {
    struct coil_poll *poll;
    struct pair pair;
    struct probe *next;
    struct probe *victim;
    char *data;
    int fd;
};

static void begin_next(struct probe *probe)
{
    struct echo *echo = probe->arg;

    probe_read(echo->poll, echo->next, echo->pair.server, echo->data, 1);
}

void scenario_over_may_begin_the_next(struct coil_poll *poll)
{
    char data[2];
    struct probe second = { 0 };
    struct echo echo = {
        .poll = poll,
        .pair = open_pair(poll),
        .next = &second,
        .data = &data[1],
    };
    struct probe first = { .then = begin_next, .arg = &echo };

    ASSERT(!probe_read(poll, &first, echo.pair.server, &data[0], 1));
    send_all(poll, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    ASSERT_EQ(probe_wait(poll, &second), 1);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(poll, echo.pair);
}

static void close_and_open(struct probe *probe)
{
    struct echo *echo = probe->arg;

    echo->poll->ops->close_socket(echo->poll, echo->pair.server);
    echo->fd = echo->poll->ops->socket(echo->poll, AF_INET);
    ASSERT_EQ(echo->fd, echo->pair.server);
}

/* The rest of the event is about a socket that is gone. */
void scenario_over_may_close_and_open(struct coil_poll *poll)
{
    struct echo echo = { .poll = poll, .pair = open_pair(poll) };
    struct probe first = { .then = close_and_open, .arg = &echo };
    struct probe second = { 0 };
    struct probe write = { 0 };
    int filler = poll->ops->socket(poll, AF_INET); /* the lowest number */
    char data[2];

    write_until_full(poll, echo.pair.server, &write);
    ASSERT(!probe_read(poll, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(poll, &second, echo.pair.server, &data[1], 1));
    send_all(poll, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    ASSERT(second.done && write.done);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(write.op.result, -EBADF);
    poll->ops->close_socket(poll, filler);
    poll->ops->close_socket(poll, echo.fd);
    poll->ops->close_socket(poll, echo.pair.client);
    ASSERT_EQ(poll->sockets, 0);
}

static void cancel_victim(struct probe *probe)
{
    struct echo *echo = probe->arg;

    echo->poll->ops->cancel(echo->poll, &echo->victim->op);
}

void scenario_over_may_cancel_others(struct coil_poll *poll)
{
    struct probe second = { 0 };
    struct echo echo = {
        .poll = poll,
        .pair = open_pair(poll),
        .victim = &second,
    };
    struct probe first = { .then = cancel_victim, .arg = &echo };
    char data[2];
    int left = 2;

    ASSERT(!probe_read(poll, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(poll, &second, echo.pair.server, &data[1], 1));
    send_all(poll, echo.pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    probe_wait(poll, &second);
    left = second.op.result == 1 ? 0 : 1;
    ASSERT(second.op.result == 1 || second.op.result == -ECANCELED);
    if (left > 0)
        recv_all(poll, echo.pair.server, &data[1], 1);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(poll, echo.pair);
}

static void read_and_write_again(struct probe *probe)
{
    struct echo *echo = probe->arg;
    char data[1] = "";

    ASSERT_EQ(do_read(echo->poll, echo->pair.server, data, 1), -EBADF);
    ASSERT_EQ(do_write(echo->poll, echo->pair.server, data, 1), -EBADF);
}

/* Who is told that a socket is being closed cannot use it any more. */
void scenario_nothing_begins_on_a_socket_that_is_being_closed(
    struct coil_poll *poll)
{
    struct echo echo = { .poll = poll, .pair = open_pair(poll) };
    struct probe first = { .then = read_and_write_again, .arg = &echo };
    struct probe second = { 0 };
    char data[2];

    ASSERT(!probe_read(poll, &first, echo.pair.server, &data[0], 1));
    ASSERT(!probe_read(poll, &second, echo.pair.server, &data[1], 1));
    poll->ops->close_socket(poll, echo.pair.server);
    ASSERT(first.done && second.done);
    ASSERT_EQ(first.op.result, -EBADF);
    ASSERT_EQ(second.op.result, -EBADF);
    ASSERT_EQ(poll->pending, 0);

    /* The number is used again. */
    poll->ops->close_socket(poll, echo.pair.client);
    echo.pair = open_pair(poll);
    send_all(poll, echo.pair.client, "ab", 2);
    recv_all(poll, echo.pair.server, data, 2);
    ASSERT_MEM_EQ(data, "ab", 2);
    close_pair(poll, echo.pair);
}

/* ---- many ---- */

void scenario_a_reused_number_is_a_new_socket(struct coil_poll *poll)
{
    struct pair old = open_pair(poll);
    struct pair pair;
    struct probe read = { 0 };
    char data[4];

    ASSERT(!probe_read(poll, &read, old.server, data, sizeof(data)));
    probe_cancel(poll, &read);
    send_all(poll, old.client, "old", 3);
    close_pair(poll, old);
    pair = open_pair(poll);
    ASSERT(pair.client == old.client || pair.server == old.client ||
           pair.client == old.server || pair.server == old.server);
    ASSERT(!probe_read(poll, &read, pair.server, data, sizeof(data)));
    poll_settle(poll);
    ASSERT(!read.done);
    send_all(poll, pair.client, "new", 3);
    ASSERT_GT(probe_wait(poll, &read), 0);
    ASSERT_EQ(data[0], 'n');
    close_pair(poll, pair);
}

#define MANY 300

void scenario_many_sockets(struct coil_poll *poll)
{
    static struct pair pair[MANY];
    static struct probe read[MANY];
    static char data[MANY];
    int i;

    for (i = 0; i < MANY; i++) {
        pair[i] = open_pair(poll);
        ASSERT(!probe_read(poll, &read[i], pair[i].server, &data[i], 1));
    }
    ASSERT_EQ(poll->sockets, 2 * MANY);
    for (i = 0; i < MANY; i++)
        send_all(poll, pair[i].client, i % 2 ? "x" : "y", 1);
    for (i = 0; i < MANY; i++) {
        ASSERT_EQ(probe_wait(poll, &read[i]), 1);
        ASSERT_EQ(data[i], i % 2 ? 'x' : 'y');
    }
    for (i = 0; i < MANY; i++)
        close_pair(poll, pair[i]);
    ASSERT_EQ(poll->sockets, 0);
}

/* ---- waiting ---- */

void scenario_nothing_to_wait_for_is_a_deadlock(struct coil_poll *poll)
{
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    poll->ops->wake(poll);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    ASSERT_EQ(poll->ops->wait(poll, poll->ops->now(poll)), 0);

    poll->holds = 1;
    poll->ops->wake(poll);
    poll->ops->wake(poll);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    poll->holds = 0;
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
}

void scenario_a_past_deadline_only_looks(struct coil_poll *poll)
{
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    coil_time start = poll->ops->now(poll);
    char data[1];

    ASSERT(!probe_read(poll, &read, pair.server, data, 1));
    ASSERT_EQ(poll->ops->wait(poll, INT64_MIN), 0);
    ASSERT_EQ(poll->ops->wait(poll, -1), 0);
    ASSERT_EQ(poll->ops->wait(poll, 0), 0);
    ASSERT_EQ(poll->ops->wait(poll, start), 0);
    ASSERT_LE(poll->ops->now(poll), start + COIL_SECOND);
    ASSERT(!read.done);
    send_all(poll, pair.client, "x", 1);
    poll_settle(poll);
    ASSERT(read.done);
    close_pair(poll, pair);
}
