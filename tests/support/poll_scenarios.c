/* SPDX-License-Identifier: MIT */
/* poll_scenarios.c - what every backend must do in the same way */
#include <string.h>

#include "poll_test.h"

/* ---- connecting ---- */

static void connects_and_accepts(struct coil__backend *backend)
{
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct coil_address address;
    struct coil_address from = { 0 };
    struct coil_address local;
    struct coil_address remote;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
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

static void accepts_what_connected_before(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client[3];
    struct probe connect[3] = { 0 };
    int i;

    for (i = 0; i < 3; i++) {
        client[i] = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
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

static void refuses_where_nobody_listens(struct coil__backend *backend)
{
    struct coil_address address;
    struct probe connect = { 0 };
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    int listener = open_listener(backend, &address);

    backend->ops->close_socket(backend, listener);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), -ECONNREFUSED);
    backend->ops->close_socket(backend, client);
}

static void bind_finds_an_address_in_use(struct coil__backend *backend)
{
    struct coil_address address;
    int first = open_listener(backend, &address);
    int second = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    ASSERT_EQ(backend->ops->bind(backend, second, &address), -EADDRINUSE);
    backend->ops->close_socket(backend, second);
    backend->ops->close_socket(backend, first);

    second = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    ASSERT_OK(backend->ops->bind(backend, second, &address));
    backend->ops->close_socket(backend, second);
}

/* ---- order ---- */

static void read_waits_for_data(struct coil__backend *backend)
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

static void reads_are_served_in_order(struct coil__backend *backend)
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

/* There is data for the operation that waits, but it has not been told yet. */
static void newcomers_do_not_overtake(struct coil__backend *backend)
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

static void cancelled_reads_do_not_overtake(struct coil__backend *backend)
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

/* Two more writes must not overtake one that waits. */
static void writes_are_sent_in_order(struct coil__backend *backend)
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

static void accepts_are_served_in_order(struct coil__backend *backend)
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
        client[i] = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
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

static void a_full_pipe_holds_the_writer_back(struct coil__backend *backend)
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

static void half_closed_still_reads(struct coil__backend *backend)
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

static void peer_close_is_the_end(struct coil__backend *backend)
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

/* Each read asks for more than there is, so it is short; then comes the end. */
static void data_before_the_end_is_read(struct coil__backend *backend)
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

static void close_with_unread_data_resets(struct coil__backend *backend)
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

static void reset_ends_a_pending_write(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };

    write_until_full(backend, pair.client, &write);
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(probe_wait(backend, &write), -ECONNRESET);
    ASSERT_EQ(do_write(backend, pair.client, "x", 1), -EPIPE);
    backend->ops->close_socket(backend, pair.client);
}

/* The reader must be told; the writer gets the error. */
static void reset_ends_a_pending_read(struct coil__backend *backend)
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

static void writing_to_a_closed_peer_fails(struct coil__backend *backend)
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

static void shutdown_ends_a_pending_write(struct coil__backend *backend)
{
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };

    write_until_full(backend, pair.client, &write);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    ASSERT_EQ(probe_wait(backend, &write), -EPIPE);
    close_pair(backend, pair);
}

/* ---- cancelling ---- */

static void cancelled_read_loses_nothing(struct coil__backend *backend)
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

    /* Now data comes before the cancellation, and the read may succeed. */
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

static void cancelled_write_sends_nothing(struct coil__backend *backend)
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

static void cancelled_accept_loses_nothing(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
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

static void cancelled_connect_can_be_closed(struct coil__backend *backend)
{
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe accept = { 0 };
    struct probe connect = { 0 };

    if (!probe_connect(backend, &connect, client, &address))
        probe_cancel(backend, &connect);
    ASSERT(connect.op.result == 0 || connect.op.result == -ECANCELED);
    backend->ops->close_socket(backend, client);

    /* A socket with that number is not disturbed. */
    client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
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

static void cancel_in_the_middle_of_a_queue(struct coil__backend *backend)
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

/* ---- all of them ---- */

const struct poll_scenario poll_scenarios[] = {
    { "connects_and_accepts", connects_and_accepts },
    { "accepts_what_connected_before", accepts_what_connected_before },
    { "refuses_where_nobody_listens", refuses_where_nobody_listens },
    { "bind_finds_an_address_in_use", bind_finds_an_address_in_use },
    { "read_waits_for_data", read_waits_for_data },
    { "reads_are_served_in_order", reads_are_served_in_order },
    { "newcomers_do_not_overtake", newcomers_do_not_overtake },
    { "cancelled_reads_do_not_overtake", cancelled_reads_do_not_overtake },
    { "writes_are_sent_in_order", writes_are_sent_in_order },
    { "accepts_are_served_in_order", accepts_are_served_in_order },
    { "a_full_pipe_holds_the_writer_back", a_full_pipe_holds_the_writer_back },
    { "half_closed_still_reads", half_closed_still_reads },
    { "peer_close_is_the_end", peer_close_is_the_end },
    { "data_before_the_end_is_read", data_before_the_end_is_read },
    { "close_with_unread_data_resets", close_with_unread_data_resets },
    { "reset_ends_a_pending_write", reset_ends_a_pending_write },
    { "reset_ends_a_pending_read", reset_ends_a_pending_read },
    { "writing_to_a_closed_peer_fails", writing_to_a_closed_peer_fails },
    { "shutdown_ends_a_pending_write", shutdown_ends_a_pending_write },
    { "cancelled_read_loses_nothing", cancelled_read_loses_nothing },
    { "cancelled_write_sends_nothing", cancelled_write_sends_nothing },
    { "cancelled_accept_loses_nothing", cancelled_accept_loses_nothing },
    { "cancelled_connect_can_be_closed", cancelled_connect_can_be_closed },
    { "cancel_in_the_middle_of_a_queue", cancel_in_the_middle_of_a_queue },
    { NULL, NULL },
};
